"""Spoken questions: which recordings are taken, who is offered them, and how each app plays them."""

import itertools
import shutil
import struct
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot import voices
from bot.__main__ import main
from bot.channels import line_render
from handlers import screen
from handlers.effects import Say
from handlers.events import Choice, Command
from handlers.world import Memory, Rules, World
from tests.doubles.line import images, pressable, problems
from tests.house import House, OnLine, OnTelegram, OnWeb, Phone
from tests.street import RULES, TOWN, Street
from tests.town import GAZETTEER, NOW, WORDS

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="no ffmpeg")
HEAR = ("a:language:lo", "voice:on", "a:consent:yes")


def m4a(seconds: int, *, long: bool = False) -> bytes:
    """As much of an M4A file as says how long it is."""
    times = (
        struct.pack(">QQIQ", 0, 0, 1000, seconds * 1000) if long else struct.pack(">IIII", 0, 0, 1000, seconds * 1000)
    )
    head = struct.pack(">B3x", int(long)) + times
    return b"\0\0\0\x14ftypM4A \0\0\0\0M4A " + struct.pack(">I", 8 + len(head)) + b"mvhd" + head


def recorded(folder: Path, *languages: str, content: bytes = b"") -> Path:
    """Every question of these languages."""
    for language, name in itertools.product(languages, voices.NAMES):
        path = folder / language / f"{name}.m4a"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content or m4a(3))
    return folder


@needs_ffmpeg
def test_a_real_recording_says_how_long_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2.4", "-c:a", "aac", "-b:a", "32k")
    subprocess.run(["ffmpeg", "-v", "error", *tone, str(path)], check=True)
    assert voices.length(path.read_bytes()) == 3
    assert path.stat().st_size < voices.LARGEST


def test_lengths_are_read_in_both_ways_of_writing_them() -> None:
    assert [voices.length(m4a(7)), voices.length(m4a(7, long=True))] == [7, 7]
    assert [voices.length(c) for c in (b"", b"no sound", m4a(7)[:-9], b"ID3" + m4a(7))] == [0, 0, 0, 0]


def test_every_question_has_a_name_to_record_and_words_to_say() -> None:
    asked = {q.name for q in screen.FLOW} - {"language", "asked"}
    assert set(voices.NAMES) == asked
    world = World(NOW, WORDS, GAZETTEER, RULES, TOWN, Memory("lo"), "lo")
    said = dict(voices.words(world))
    assert set(said) == asked
    assert all(text.strip() for text in said.values())


def test_check_names_what_is_missing_unknown_or_unplayable(tmp_path: Path) -> None:
    recorded(tmp_path, "th", "lo")
    assert voices.problems(tmp_path) == []
    (tmp_path / "th" / "kind.m4a").unlink()
    (tmp_path / "lo" / "knid.m4a").write_bytes(m4a(1))
    (tmp_path / "lo" / "when.m4a").write_bytes(b"RIFF")
    (tmp_path / "thai").mkdir()
    assert [line.partition(";")[0] for line in voices.problems(tmp_path)] == [
        "voice.folder: th: missing kind",
        "voice.folder: lo: unknown knid.m4a",
        "voice.folder: lo: not M4A, or above 1 MB: when",
        "voice.folder: no language: thai",
    ]
    assert voices.problems(None) == []
    assert "no folder" in voices.problems(tmp_path / "nowhere")[0]


def test_the_command_lists_names_words_and_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "km").mkdir()
    (tmp_path / "km" / "kind.m4a").write_bytes(m4a(2))
    (tmp_path / "config.toml").write_text(f'[voice]\nfolder = "{tmp_path}"\n')
    assert main(["voices", "--language", "km", "--config", str(tmp_path / "config.toml")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "km/kind.m4a  there" in said
    assert "km/when.m4a  missing" in said
    assert "    អ្នកចង់រាយការណ៍រឿងអ្វី?" in said
    assert main(["voices", "--language", "xx", "--config", str(tmp_path / "config.toml")]) == 2


SPOKEN = replace(RULES, spoken={"telegram": {"lo": frozenset({"kind", "consent"})}})


def street(language: str, rules: Rules = SPOKEN) -> Street:
    return Street(memory=Memory(language), rules=rules)


def offered(at: Street) -> list[str]:
    at.hear(Command("start"))
    return [b.value for b in at.shown]


def test_who_speaks_a_language_with_recordings_is_offered_them_and_nobody_else() -> None:
    assert "voice:on" in offered(street("lo"))
    assert "voice:on" not in offered(street("km"))
    assert "voice:on" not in offered(street("lo", RULES))


def test_a_question_without_a_recording_is_read_as_ever() -> None:
    at = street("lo")
    at.hear(Choice("voice:on"))
    at.hear(Choice("a:consent:yes"))
    (said,) = [e for e in at.hear(Choice("a:kind:drugs")) if isinstance(e, Say)]
    assert said.attachments == ()


# --- the three apps


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    folder = recorded(tmp_path / "voice", "lo")
    async with House(tmp_path, changes={"voice": {"folder": str(folder)}}) as made:
        yield made


async def to_the_kinds(phone: Phone, house: House) -> None:
    await phone.write("/start")
    for step in HEAR:
        await house.settled()
        await phone.press(step)
    await house.settled()


async def test_telegram_plays_a_voice_with_the_words_and_buttons_under_it(house: House) -> None:
    phone = OnTelegram(house, 77)
    await to_the_kinds(phone, house)
    spoken = house.telegram.asked("sendVoice")
    assert len(spoken) == 2, "the consent and the kinds, each with one message"
    assert "reply_markup" in spoken[-1]
    assert "ທ່ານຢາກແຈ້ງເລື່ອງຫຍັງ?" in spoken[-1]["caption"]
    await phone.press("pictures:on")
    await house.settled()
    await phone.press("a:kind:drugs")
    await house.settled()
    methods = [c.method for c in house.telegram.calls if c.method.startswith("send")]
    assert methods[-3:] == ["sendPhoto", "sendVoice", "sendVoice"]


async def test_line_gets_a_sound_by_address_and_the_kinds_as_pictures(house: House) -> None:
    phone = OnLine(house, "U" + "7" * 32)
    await to_the_kinds(phone, house)
    call = next(c for c in reversed(house.line.calls) if isinstance(c.body, dict) and "messages" in c.body)
    sound, card = call.body["messages"]
    assert problems([sound, card]) == []
    assert (sound["type"], sound["duration"]) == ("audio", 3_000)
    path = sound["originalContentUrl"].removeprefix("https://bot.example.org")
    assert path.startswith("/voice/lo/kind.m4a?v=")
    assert len(pressable(card["contents"])) == 7
    async with aiohttp.ClientSession() as http:
        async with http.get(house.url + path) as answer:
            assert (answer.status, answer.content_type) == (200, "audio/mp4")
            assert "immutable" in answer.headers["Cache-Control"]
            assert await answer.read() == m4a(3)
        async with http.get(house.url + path, headers={"Range": "bytes=0-3"}) as part:  # what Safari asks for
            assert (part.status, await part.read()) == (206, m4a(3)[:4])
        for wrong in ("lo/nothing.m4a", "km/kind.m4a", "..%2f..%2fconfig.toml", "lo/..%2fkind.m4a"):
            async with http.get(f"{house.url}/voice/{wrong}") as answer:
                assert answer.status == 404
        for image in images(card["contents"]):
            async with http.get(house.url + image["url"].removeprefix("https://bot.example.org")) as answer:
                assert (answer.status, answer.content_type) == (200, "image/png")


async def test_the_page_gets_an_address_of_its_own_site(house: House) -> None:
    async with OnWeb(house, "lo") as phone:
        await to_the_kinds(phone, house)
        last: Mapping[str, list[Mapping[str, str]]] = (await phone.letters())[-1]["messages"][-1]
        (sound,) = last["attachments"]
        assert (sound["kind"], sound["url"].partition("?")[0]) == ("voice", "/voice/lo/kind.m4a")


async def test_without_a_public_address_line_offers_neither(tmp_path: Path) -> None:
    folder = recorded(tmp_path / "voice", "lo")
    changes = {"voice": {"folder": str(folder)}, "server": {"public_url": ""}}
    async with House(tmp_path, mode="polling", changes=changes) as house:
        rules = house.app.store.rules
        assert ("line" in rules.spoken, "line" in rules.pictured) == (False, False)
        assert ("web" in rules.spoken, "telegram" in rules.pictured) == (True, True)
        assert line_render.render("U1", [{"text": "?", "buttons": [], "attachments": [], "drawn": "large"}], "")
