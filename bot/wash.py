"""Makes a file safe to show, in a process of its own: `python -m bot.wash KIND < in > out`.

Whoever sent the file wrote these bytes, so they are decoded only here: without keys, network or database, with little
memory and time. The first line written is JSON (`state`, `mime`, `why`), the rest is the file. Any other end means no.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import warnings
from io import BytesIO

from bot import scrub

MOST = 20 * 1024 * 1024  # bytes; storage.vault.MOST_FILE_BYTES, not imported: the child is to load little
MEMORY = 512 * 1024 * 1024  # bytes of address space; 40 million pixels of RGBA take 160 MB
SECONDS = 10  # of processor time
HANDLES = 32
PIXELS = 40_000_000  # a phone's largest usual picture; a bomb has far more
LONGEST = 2560  # pixels: a number plate stays readable, a telephone network is not filled
LIGHT = 1_000_000  # bytes; LINE shows a preview of at most 1 MB, and the file is its own preview
STEPS = ((LONGEST, 85), (LONGEST, 70), (2048, 70), (1600, 65), (1280, 60))  # longest side, quality: until it is light
BRANDS = dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), "heic")
BRANDS |= {b"avif": "avif", b"avis": "avif", b"M4A ": "m4a", b"M4B ": "m4a", b"qt  ": "mov"}
IMAGES = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}  # Pillow's names; no other decoder is tried
# What ffmpeg is told to read (it is never let guess: a play list could name other files) and how to write it.
CLIPS = {
    "mp4": ("mov", "-movflags", "+faststart", "-f", "mp4"),
    "mov": ("mov", "-movflags", "+faststart", "-f", "mp4"),
    "m4a": ("mov", "-f", "ipod"),
    "ogg": ("ogg", "-f", "ogg"),
    "webm": ("matroska", "-f", "webm"),
    "mp3": ("mp3", "-id3v2_version", "0", "-write_xing", "0", "-f", "mp3"),
    "aac": ("aac", "-f", "adts"),
}
BARE = ("-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1", "-fflags", "+bitexact")
HEARD = {
    "mp4": "audio/mp4",
    "mov": "audio/mp4",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "webm": "audio/webm",
    "mp3": "audio/mpeg",
    "aac": "audio/aac",
}
SEEN = {"mp4": "video/mp4", "mov": "video/mp4", "webm": "video/webm"}


class Refused(Exception):
    """It is not shown to anybody. The message is a code: empty large type kind pixels broken memory tool."""


def sniff(content: bytes) -> str:
    """What a file is by its first bytes, never by its name or what was claimed; empty when we do not know it."""
    head = content[:16]
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], "mp4")
    if head[:2] == b"\xff\xf1" or head[:2] == b"\xff\xf9":
        return "aac"
    if head[:1] == b"\xff" and head[1:2] in (b"\xfa", b"\xfb", b"\xf2", b"\xf3"):
        return "mp3"
    if head[:4] == b"RIFF":
        return "webp" if head[8:12] == b"WEBP" else ""
    known = {
        b"\xff\xd8\xff": "jpeg",
        b"\x89PNG\r\n\x1a\n": "png",
        b"GIF87a": "gif",
        b"GIF89a": "gif",
        b"OggS": "ogg",
        b"\x1aE\xdf\xa3": "webm",
        b"ID3": "mp3",
    }
    return next((name for start, name in known.items() if head.startswith(start)), "")


def washed(kind: str, content: bytes, ffmpeg: str | None) -> tuple[str, bytes]:
    """The type and the bytes that may be shown; `kind` as in `handlers.events.MediaKind`. Raises Refused."""
    if not content:
        raise Refused("empty")
    if len(content) > MOST:
        raise Refused("large")
    name = sniff(content)
    if name in IMAGES and kind in ("photo", "document"):
        return "image/jpeg", picture(content, IMAGES[name])
    mimes = {"voice": HEARD, "video": SEEN, "document": HEARD | SEEN}.get(kind, {})
    if name in mimes:
        return mimes[name], clip(content, name, ffmpeg, heard=mimes[name].startswith("audio/"))
    raise Refused("kind" if name in IMAGES or name in CLIPS else "type")


def picture(content: bytes, decoder: str) -> bytes:
    """The first frame, upright, on a new canvas: a JPEG with no word in it that was in the file. Raises Refused."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(BytesIO(content), formats=(decoder,)) as image:
                image.draft("RGB", (LONGEST, LONGEST))  # a JPEG is decoded no larger than needed
                full = image if image.mode in ("RGB", "L", "RGBA") else image.convert("RGBA")
                full.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=2.0)
                full = ImageOps.exif_transpose(full)
                canvas = Image.new("RGB", full.size, "white")
                canvas.paste(full, mask=full if full.mode == "RGBA" else None)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Refused("pixels") from None
        except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError):
            raise Refused("broken") from None
    made = b""
    for longest, quality in STEPS:
        canvas.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        out = BytesIO()
        canvas.save(out, "JPEG", quality=quality)
        made = out.getvalue()
        if len(made) <= LIGHT:
            break
    return made


def clip(content: bytes, name: str, ffmpeg: str | None, *, heard: bool) -> bytes:
    """One picture track and one sound track without metadata, copied, never decoded. Raises Refused."""
    if ffmpeg is not None:
        return _remuxed(content, name, ffmpeg, heard=heard)
    try:
        match name:
            case "mp4" | "mov" | "m4a":
                return scrub.mp4(content)
            case "ogg":
                return scrub.opus(content)
    except scrub.CannotScrub:
        raise Refused("tool") from None
    raise Refused("tool")


def _remuxed(content: bytes, name: str, ffmpeg: str, *, heard: bool) -> bytes:
    source, target = os.memfd_create("source"), os.memfd_create("target")  # it must seek, and no disk is to see this
    with os.fdopen(source, "wb", closefd=False) as file:
        file.write(content)
    reads, *writes = CLIPS[name]
    tracks = ["-map", "0:a:0"] if heard else ["-map", "0:v:0", "-map", "0:a:0?"]
    command = [ffmpeg, "-nostdin", "-v", "quiet", "-threads", "1", "-protocol_whitelist", "file", "-f", reads]
    command += ["-i", f"/proc/self/fd/{source}", *tracks, "-c", "copy", *BARE, *writes]
    command += ["-y", f"/proc/self/fd/{target}"]
    handles, nothing = (source, target), subprocess.DEVNULL
    done = subprocess.run(command, pass_fds=handles, env={}, stdin=nothing, stdout=nothing, check=False)  # noqa: S603
    os.close(source)
    with os.fdopen(target, "rb") as file:
        made = file.read()
    if done.returncode or not made:
        raise Refused("broken")
    return made


def confine() -> None:
    """Little memory, little time, few handles, no core file that would hold somebody's picture."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_NOFILE, HANDLES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))


def main() -> None:
    confine()
    try:
        mime, content = washed(sys.argv[1], sys.stdin.buffer.read(MOST + 1), shutil.which("ffmpeg", path=os.defpath))
        said = {"state": "kept", "mime": mime, "why": ""}
    except Refused as refused:
        said, content = {"state": "refused", "mime": "", "why": str(refused)}, b""
    except MemoryError:
        said, content = {"state": "refused", "mime": "", "why": "memory"}, b""
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + content)


if __name__ == "__main__":
    main()
