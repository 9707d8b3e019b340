"""Files of residents: nothing but the picture or the sound goes on, nothing they hold harms us, links die."""

import asyncio
import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, JpegImagePlugin, PngImagePlugin
from starlette.applications import Starlette

from bot import media, scrub, wash
from bot.channels.web import Missing
from bot.media import FETCHES, TTL, Link, Links, Uploads, Washed, bring, routes
from bot.wash import LIGHT, LONGEST, MOST, Refused, sniff, washed
from storage.files import Files, TooLarge
from storage.keystore import Keystore
from storage.vault import Vault

FIXTURES = Path(__file__).parent / "fixtures" / "media"
ROOT = Path(__file__).parent.parent
FILE = "0123456789abcdef" * 2
CANARY = "CANARY"
ORIENTATION, ARTIST, GPS, COMMENT = 0x0112, 0x013B, 0x8825, 0x9286
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
CLIPS = ["clip.mp4", "clip.mov", "clip.webm", "voice.m4a", "voice.ogg", "voice.mp3"]


def exif(orientation: int = 1) -> Image.Exif:
    told = Image.Exif()
    told[ORIENTATION], told[ARTIST] = orientation, CANARY
    told.get_ifd(GPS).update({1: "N", 2: (17.0, 24.0, 36.0), 29: CANARY})
    return told


def picture(form: str, size: tuple[int, int] = (60, 40), orientation: int = 1) -> bytes:
    """Red, with a blue left edge, and a word in every place that the format has for words."""
    image = Image.new("RGB", size, "red")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 6, size[1]), "blue")
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", CANARY)
    text.add_itxt("XML:com.adobe.xmp", f"<x>{CANARY}</x>")
    xmp = f"<x>{CANARY}</x>".encode()
    more: dict[str, dict[str, Any]] = {"JPEG": {"comment": CANARY, "xmp": xmp}, "PNG": {"pnginfo": text}}
    profile = CANARY.encode() * 50
    out = BytesIO()
    image.save(out, form, exif=exif(orientation), icc_profile=profile, **more.get(form, {"xmp": xmp}))
    return out.getvalue()


def shown(content: bytes) -> JpegImagePlugin.JpegImageFile:
    image = Image.open(BytesIO(content), formats=("JPEG",))
    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    image.load()
    return image


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def bomb(side: int) -> bytes:
    """A black square of that many pixels a side, squeezed: every thousand lines are the same few bytes."""
    squeeze = zlib.compressobj(1)
    start = squeeze.compress(bytes(side * 3 + 1)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    lines = squeeze.compress(bytes((side * 3 + 1) * 1000)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    shape = side.to_bytes(4) * 2 + bytes((8, 2, 0, 0, 0))
    body = start + lines * (side // 1000) + squeeze.flush()
    chunks = ((b"IHDR", shape), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def why(kind: str, content: bytes, ffmpeg: str | None = None) -> str:
    with pytest.raises(Refused) as refused:
        washed(kind, content, ffmpeg)
    return str(refused.value)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_only_the_picture_is_left(form: str) -> None:
    dirty = picture(form)
    assert CANARY.encode() in dirty
    assert Image.open(BytesIO(dirty)).getexif()[ARTIST] == CANARY
    mime, clean = washed("photo", dirty, None)
    image = shown(clean)
    assert mime == "image/jpeg"
    assert image.size == (60, 40)
    assert CANARY.encode() not in clean
    assert dict(image.getexif()) == {}
    assert image.getexif().get_ifd(GPS) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not {marker for marker, _ in image.applist} - {"APP0"}, "no Exif, XMP, colour profile or comment"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_pictures_stand_upright_without_the_note_that_turned_them(form: str) -> None:
    image = shown(washed("photo", picture(form, orientation=6), None)[1])
    assert image.size == (40, 60)
    assert isinstance(top := image.getpixel((20, 2)), tuple)
    assert top[2] > 200 > top[0], "the left edge is now the top"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_way_to_store_colours_becomes_a_picture(mode: str) -> None:
    out = BytesIO()
    Image.new(mode, (9, 7)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert shown(washed("document", out.getvalue(), None)[1]).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (9, 7), (0, 0, 0, 0)).save(out, "PNG")
    assert shown(washed("photo", out.getvalue(), None)[1]).getpixel((3, 3)) == (255, 255, 255)


def test_large_pictures_become_smaller_and_light_enough_for_line() -> None:
    out = BytesIO()
    Image.effect_noise((4000, 3000), 90).save(out, "JPEG", quality=60)
    clean = washed("photo", out.getvalue(), None)[1]
    assert max(shown(clean).size) <= LONGEST
    assert len(clean) <= LIGHT
    assert max(shown(washed("photo", picture("PNG", (3000, 30)), None)[1]).size) == LONGEST


def test_what_hides_behind_a_picture_is_gone() -> None:
    tail = BytesIO()
    with ZipFile(tail, "w") as archive:
        archive.writestr("run.sh", f"<script>{CANARY}</script>")
    clean = washed("photo", picture("JPEG") + tail.getvalue(), None)[1]
    assert b"PK\x03\x04" not in clean
    assert CANARY.encode() not in clean
    assert clean.endswith(b"\xff\xd9")


def test_the_first_picture_of_an_animation_is_shown() -> None:
    out = BytesIO()
    frames = [Image.new("P", (20, 20), n) for n in (0, 1, 2)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=CANARY.encode(), duration=100)
    mime, clean = washed("photo", out.getvalue(), None)
    assert mime == "image/jpeg"
    assert getattr(shown(clean), "n_frames", 1) == 1
    assert CANARY.encode() not in clean


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("photo", b"", "empty"),
        ("photo", b"\xff\xd8\xff" + bytes(MOST - 2), "large"),
        ("photo", b"just words, whatever the name says", "type"),
        ("photo", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "type"),
        ("document", b"%PDF-1.7", "type"),
        ("document", b"PK\x03\x04", "type"),
        ("photo", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "type"),
        ("photo", (FIXTURES / "clip.mp4").read_bytes(), "kind"),
        ("video", picture("JPEG"), "kind"),
        ("video", (FIXTURES / "voice.ogg").read_bytes(), "kind"),
        ("nonsense", picture("JPEG"), "kind"),
        ("photo", picture("JPEG", (600, 400))[:-400], "broken"),
        ("photo", picture("PNG")[:-60], "broken"),
        ("photo", picture("WEBP")[:-60], "broken"),
        ("photo", b"\xff\xd8\xff\xe0 not a picture at all", "broken"),
        ("photo", bomb(7_100), "pixels"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_what_is_not_shown_says_why(kind: str, content: bytes, code: str) -> None:
    assert why(kind, content) == code


MEASURED = """
import json, resource, subprocess, sys, time
content, began = sys.stdin.buffer.read(), time.monotonic()
command = [sys.executable, "-E", "-s", "-m", "bot.wash", "photo"]
done = subprocess.run(command, input=content, capture_output=True, env={})
used = resource.getrusage(resource.RUSAGE_CHILDREN)
said = json.loads(done.stdout.partition(b"\\n")[0])
print(json.dumps([said, used.ru_maxrss, used.ru_utime + used.ru_stime, done.returncode]))
"""


@pytest.mark.parametrize("side", [12_800, 30_016])
def test_a_bomb_is_refused_before_it_takes_memory(side: int) -> None:
    content = bomb(side)
    assert len(content) < MOST
    done = subprocess.run([sys.executable, "-c", MEASURED], input=content, capture_output=True, cwd=ROOT, check=True)
    said, kibibytes, seconds, code = json.loads(done.stdout)
    assert said == {"state": "refused", "mime": "", "why": "pixels"}
    assert kibibytes < 64 * 1024
    assert seconds < 1.0
    assert code == 0


def test_the_child_is_confined() -> None:
    """A child that asks for too much dies of it, and hands on no core file."""
    source = "from bot import wash; wash.confine(); {}"
    hungry = [sys.executable, "-c", source.format("bytearray(600 * 1024 * 1024)")]
    done = subprocess.run(hungry, capture_output=True, cwd=ROOT, check=False)
    assert b"MemoryError" in done.stderr
    limits = "from resource import *; print(*map(getrlimit, (RLIMIT_CPU, RLIMIT_CORE, RLIMIT_NOFILE)))"
    told = subprocess.run([sys.executable, "-c", source.format(limits)], capture_output=True, cwd=ROOT, check=True)
    assert told.stdout == b"(10, 10) (0, 0) (32, 32)\n"


async def test_the_child_answers_and_a_slow_one_is_ended() -> None:
    done = await media.wash("photo", picture("JPEG"))
    assert (done.state, done.mime, done.why) == ("kept", "image/jpeg", "")
    assert shown(done.content).size == (60, 40)
    assert await media.wash("photo", b"words") == Washed("refused", "", b"", "type")
    assert await media.wash("photo", bytes(MOST + 1_000_000)) == Washed("refused", "", b"", "large")
    assert await media.wash("photo", picture("JPEG"), timeout=0.001) == Washed("refused", "", b"", "late")


async def test_a_child_that_is_given_up_leaves_nobody_behind() -> None:
    task = asyncio.create_task(media.wash("photo", bytes(MOST)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await media.wash("photo", picture("PNG"))).state == "kept"


def located(clip: bytes) -> bytes:
    """As a telephone writes the place: at the end of `moov`, here the last box; after it what a maker invented."""
    told = b"\0\x12\x15\xc7+18.7669+104.1234/"
    box = (len(told) + 16).to_bytes(4) + b"udta" + (len(told) + 8).to_bytes(4) + b"\xa9xyz" + told
    at = clip.index(b"moov") - 4
    size = int.from_bytes(clip[at : at + 4])
    assert at + size == len(clip)
    return clip[:at] + (size + len(box)).to_bytes(4) + clip[at + 4 :] + box + b"\0\0\0\x0emineCANARY" + b"tail"


def blank(mark: str) -> list[bytes]:
    """What else of a clip's maker must not be left: the place, and the moment in seconds since 1904."""
    made = int((datetime(2026, 11, 29, 12, 34, 56, tzinfo=UTC) - datetime(1904, 1, 1, tzinfo=UTC)).total_seconds())
    return [mark.encode(), b"+18.7669", made.to_bytes(4)]


@pytest.mark.parametrize("name", ["clip.mp4", "voice.m4a"])
def test_a_clip_is_blanked_in_place(name: str) -> None:
    dirty = located((FIXTURES / name).read_bytes())
    assert all(told in dirty for told in blank(CANARY))
    mime, clean = washed("voice" if name == "voice.m4a" else "video", dirty, None)
    assert mime == ("audio/mp4" if name == "voice.m4a" else "video/mp4")
    assert not any(told in clean for told in blank(CANARY))
    assert clean.endswith(b"\0\0\0\x0efree" + bytes(10))
    assert len(clean) == len(dirty), "every offset inside still holds"
    samples = dirty.index(b"mdat")
    length = int.from_bytes(dirty[samples - 4 : samples])
    assert clean[samples : samples + length - 4] == dirty[samples : samples + length - 4]
    for needed in (b"stsd", b"stco", b"stsz", b"stts", b"stsc", b"elst"):
        at = dirty.index(needed)
        assert clean[at - 4 : at + 40] == dirty[at - 4 : at + 40]


def ogg_checksum(page: bytes) -> int:
    """The remainder of a long division, as RFC 3533 words it; nothing of the tested code."""
    rest = int.from_bytes(page[:22] + bytes(4) + page[26:]) << 32
    for bit in range(rest.bit_length() - 1, 31, -1):
        if rest >> bit & 1:
            rest ^= 0x104C11DB7 << (bit - 32)
    return rest


def ogg_pages(content: bytes) -> list[bytes]:
    pages = []
    while content:
        end = 27 + content[26] + sum(content[27 : 27 + content[26]])
        pages.append(content[:end])
        content = content[end:]
    return pages


def ogg_page(number: int, packet: bytes, *, more: bool = False) -> bytes:
    table = bytes([255] * (len(packet) // 255)) + (b"" if more else bytes([len(packet) % 255]))
    head = b"OggS\0" + bytes([2 if number == 0 else 0]) + bytes(8) + b"\7\0\0\0" + number.to_bytes(4, "little")
    page = head + bytes(4) + bytes([len(table)]) + table + packet
    return page[:22] + ogg_checksum(page).to_bytes(4, "little") + page[26:]


def test_a_voice_keeps_its_sound_and_loses_its_words() -> None:
    dirty = (FIXTURES / "voice.ogg").read_bytes()
    mime, clean = washed("voice", dirty + b"PK tail", None)
    assert mime == "audio/ogg"
    assert CANARY.encode() in dirty
    assert CANARY.encode() not in clean
    before, after = ogg_pages(dirty), ogg_pages(clean)
    assert [page[:22] for page in before] == [page[:22] for page in after]
    assert [page for page in before if b"OpusTags" not in page] == [page for page in after if b"OpusTags" not in page]
    assert all(ogg_checksum(page) == int.from_bytes(page[22:26], "little") for page in before + after)
    assert after[1][28 + after[1][26] - 1 :].startswith(b"OpusTags" + bytes(8)), "no vendor, no comments"


def test_a_long_comment_is_emptied_on_all_its_pages() -> None:
    tags = b"OpusTags" + CANARY.encode() * 100
    split = 255 * 2
    sound = [ogg_page(0, b"OpusHead....."), ogg_page(3, b"sound OpusTags CANARY")]
    dirty = sound[0] + ogg_page(1, tags[:split], more=True) + ogg_page(2, tags[split:]) + sound[1]
    after = ogg_pages(scrub.opus(dirty))
    assert [after[0], after[3]] == sound
    assert CANARY.encode() not in after[1] + after[2]
    assert all(ogg_checksum(page) == int.from_bytes(page[22:26], "little") for page in after)


@pytest.mark.parametrize(
    "content",
    [
        (FIXTURES / "clip.mov").read_bytes(),
        (FIXTURES / "clip.webm").read_bytes(),
        (FIXTURES / "voice.mp3").read_bytes(),
        (FIXTURES / "clip.mp4").read_bytes()[:-1],
        (FIXTURES / "voice.ogg").read_bytes()[:-1],
        (FIXTURES / "voice.ogg").read_bytes() * 2,
        ogg_page(0, b"\x01vorbis"),
        ogg_page(0, b"OpusHead"),
    ],
    ids=["time track", "webm", "mp3", "cut mp4", "cut ogg", "two streams", "vorbis", "no tags"],
)
def test_without_ffmpeg_nothing_passes_that_we_do_not_understand(content: bytes) -> None:
    assert why("document", content) == "tool"


@given(st.binary(max_size=300), st.sampled_from([b"", b"\0\0\0\x10ftypmp42", ogg_page(0, b"OpusHead")]))
def test_no_bytes_break_the_scrubber(tail: bytes, start: bytes) -> None:
    for use in (scrub.mp4, scrub.opus):
        try:
            made = use(start + tail)
        except scrub.CannotScrub:
            continue
        assert len(made) <= len(start + tail)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
@pytest.mark.parametrize("name", CLIPS)
def test_ffmpeg_copies_the_sound_and_the_picture_alone(name: str) -> None:
    dirty = (FIXTURES / name).read_bytes()
    assert CANARY.encode() in dirty
    mime, clean = washed("voice" if name.startswith("voice") else "video", dirty, shutil.which("ffmpeg"))
    assert mime.startswith("audio/" if name.startswith("voice") else "video/")
    assert not any(told in clean for told in blank(CANARY))
    assert sniff(clean) in wash.CLIPS
    assert why("video", (FIXTURES / "clip.mp4").read_bytes()[:60], shutil.which("ffmpeg")) == "broken"


@given(st.binary(max_size=32))
def test_types_are_told_by_content(content: bytes) -> None:
    assert sniff(content) in {"", "heic", "avif", *wash.IMAGES, *wash.CLIPS}


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def files(tmp_path: Path, clock: Clock) -> Files:
    return Files(tmp_path / "media", Vault(Keystore.open(tmp_path / "keys", clock)))


@pytest.fixture
def links(clock: Clock) -> Links:
    return Links("https://watch.example/", bytes(32), clock)


def everything_in(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def stream(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]


async def test_a_file_is_brought_washed_and_its_original_kept_sealed(files: Files, tmp_path: Path) -> None:
    dirty = picture("JPEG")
    brought = await bring(stream(dirty), "photo", FILE, files, MOST)
    held = {"wrapped": brought["wrapped"], "digest": brought["digest"]}
    assert brought == {"file": FILE, "state": "kept", "mime": "image/jpeg", **held}
    clean = await files.get(FILE)
    assert clean is not None
    assert CANARY.encode() not in clean
    assert await files.get_original(FILE) == dirty
    assert not any(CANARY.encode() in sealed for sealed in everything_in(tmp_path))


async def test_a_refused_file_is_evidence_only_and_one_too_large_is_not_kept(files: Files) -> None:
    refused = {"file": FILE, "state": "refused", "mime": ""}
    brought = await bring(stream(b"words"), "photo", FILE, files, MOST)
    assert brought == {**refused, "wrapped": brought["wrapped"], "digest": brought["digest"]}
    assert await files.get(FILE) is None
    assert await files.get_original(FILE) == b"words"
    await files.drop(FILE)
    assert await bring(stream(bytes(MOST + 1)), "photo", FILE, files, MOST) == refused
    assert files.orphans([]) == []


async def test_the_page_uploads_and_the_dispatcher_fetches(files: Files) -> None:
    uploads = Uploads(files)
    ref = await uploads.put(stream(b"a photo"), 10)
    assert b"".join([chunk async for chunk in uploads.open(ref)]) == b"a photo"
    with pytest.raises(Missing):
        await anext(uploads.open(FILE))
    with pytest.raises(TooLarge):
        await uploads.put(stream(b"a photo"), 6)


def test_a_link_stands_for_a_file_until_it_dies(links: Links, clock: Clock) -> None:
    url = links.make(FILE, "image/jpeg")
    token = url.removeprefix("https://watch.example/media/")
    assert url != token
    assert FILE not in url
    assert links.make(FILE, "image/jpeg") != url
    assert links.read(token) == Link(FILE, "image/jpeg")
    assert Links("https://watch.example", b"\1" * 32, clock).read(token) is None
    clock.at += TTL - timedelta(seconds=1)
    assert links.read(token) == Link(FILE, "image/jpeg")
    clock.at += timedelta(seconds=1)
    assert links.read(token) is None


def test_a_changed_link_stands_for_nothing(links: Links) -> None:
    token = links.make(FILE, "image/jpeg").rpartition("/")[2]
    for at in range(len(token) - 1):
        assert links.read(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]) is None
        assert links.read(token[:at]) is None


@given(st.text(max_size=120))
def test_no_guess_is_a_link(token: str) -> None:
    assert Links("https://watch.example", bytes(32), lambda: NOW).take(token) is None


def test_a_link_is_fetched_a_few_times_however_it_is_spelled(links: Links, clock: Clock) -> None:
    token = links.make(FILE, "image/jpeg").rpartition("/")[2]
    spelled = [token, f"{token}=", token[:5] + "!" + token[5:], token, token]
    taken = [links.take(token) for token in (*spelled, *spelled)]
    assert sum(link is not None for link in taken) <= FETCHES
    assert links.take(token) is None
    other = links.make(FILE, "image/jpeg").rpartition("/")[2]
    assert links.take(other) == Link(FILE, "image/jpeg")


async def test_line_is_shown_a_file_and_nobody_else_is(files: Files, links: Links, clock: Clock) -> None:
    await files.put(FILE, b"\xff\xd8\xff clean")
    await files.put_original(FILE, b"dirty")
    app = ASGITransport(Starlette(routes=routes(links, files)))
    async with AsyncClient(transport=app, base_url="https://watch.example") as client:
        url = links.make(FILE, "image/jpeg")
        assert (await client.head(url)).status_code == 200
        answers = [await client.get(url) for _ in range(FETCHES + 1)]
        assert [answer.status_code for answer in answers] == [200] * FETCHES + [404]
        assert answers[0].content == b"\xff\xd8\xff clean"
        told = answers[0].headers
        assert told["content-type"] == "image/jpeg"
        assert (told["x-content-type-options"], told["cache-control"]) == ("nosniff", "no-store")
        assert "noindex" in told["x-robots-tag"]
        gone, unknown = links.make(FILE, "image/jpeg"), links.make("f" * 32, "image/jpeg")
        clock.at += TTL
        dead = [await client.get(path) for path in (gone, unknown, f"/media/{FILE}", "/media/..%2fkeys")]
        assert {answer.status_code for answer in dead} == {404}
        assert {answer.content for answer in dead[:3]} == {b""}
        assert (await client.post(url)).status_code == 405
