"""Whole conversations. `UPDATE=1 pytest tests/test_dialogs.py` rewrites what the bot says; read the diff."""

import asyncio
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.dialog import play

SECONDS = 60  # a conversation takes a tenth of a second; one that goes round in circles must end
DIALOGS: Mapping[Path, str] = MappingProxyType(
    {path: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "dialogs").glob("*.txt"))}
)

# What the conversation is made of, and how one sees that a file shows it.
SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "questions by kind": r"\[⏭ ",
        "signs, seen, not seen or not known": r"1 ✅.*❌",
        "does somebody need help now": r"\[1 🆘 ",
        "own words, and their language": r"(ภาษา|ພາສາ|ភាសា) ?(ไทย|ລາວ|ខ្មែរ):",
        "a machine's translation": r"> \[🤖\]",
        "an album": r" > \(photo album=",
        "a voice": r" > \(voice\)",
        "a video": r" > \(video\)",
        "a file that is too large": r"size=\d{8}",
        "a lost file": r" lost\)",
        "words taken back": r" > \(unsend \d",
        "words taken back before they come": r" > \(unsend -",
        "words changed": r" > \(edit ",
        "a file replaced": r" > \(edit \d+ photo=",
        "a replaced file deleted": r"\[🗑 .*\](\n .*)*\n(officers.*\n( .*\n)*)?\w+ > \[🗑\]",
        "a place changed": r" > \(edit .*\)\n  \w+ < ✓ ",
        "a place changed into none": r" > \(edit .*\)\n  \w+ < (ไม่พบ|ບໍ່ຮູ້ຈັກ|រកកន្លែង)",
        "a place taken back": r" > \(unsend \d\)\n( .*\n)*? .*\[📍 ",
        "a place changed after sending": r" > \(edit .*\)\n( .*\n)*? +\| (เรื่อง|ເລື່ອງ|រឿង) 0000-0001 ",
        "a receipt, anywhere": r"^\w+ > 000-",
        "a receipt in a report": r"^\w+ > \w.* 000-",
        "my reports": r"\[📄 ",
        "add more": r"\[✔️ ",
        "take back": r"^\w+ > \[🗑\](\n .*)*\n\w+ > \[🗑\]",
        "an alert that is recalled": r"^set: alert_delay",
        "a question of officers": r" > \[✍️\]",
        "a question that nobody answered": r"^\(questions end\)",
        "it helped": r"\[🆘 .*\n\w+ > \[👍\]",
        "nothing changed, a second time asked": r"\[🆘 .*\n\w+ > \[↩️\](.*\n)+.*\[🆘 .*\n\w+ > \[👍\]",
        "it is not known whether it helped": r"\[🆘 .*\n\w+ > \[🤷\]",
        "not safe": r"\[🤷 .*\n\w+ > \[🆘\]",
        "messages by day alone": r" > (\[☀️\]|\[8\])",
        "messages after writing alone": r" > \[✋\]",
        "no messages": r" > \[(🔕|contact:never)\]",
        "a neutral preview": r"\[📬 ",
        "the chat is ended": r" > (/clear|\[🧹\]|/word .*)",
        "not to the police": r"^\w+ > \[👮\]",
        "not to the village head": r" > \[🏘\]",
        "not to the district": r" > \[🏛\]",
        "pictures": r"^set: pictures",
        "spoken questions": r"^set: voices",
        "coming back": r"^\(wait \d+ hours\)(\n .*)*\n\w+ > (?!\[)",
        "everything twice": r" > \(again\)",
        "for a neighbour": r"^\w+ > \[👥\]",
        "a link that knows the village": r" > /start [A-Z]{2}\d{4}[_ ]",
        "commands in own words": r"^\w+ > /[^\x00-\x7f]",
        "what is held": r" > (/mydata|/ข้อมูลของฉัน|/ຂໍ້ມູນຂອງຂ້ອຍ|/ទិន្នន័យរបស់ខ្ញុំ)",
        "that it be deleted": r" > \[forget:no\]",
    }
)


@pytest.mark.parametrize("path", DIALOGS, ids=lambda p: p.stem)
async def test_a_conversation_goes_as_written(path: Path, tmp_path: Path) -> None:
    async with asyncio.timeout(SECONDS):
        said = await play(DIALOGS[path], f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path)
    if os.environ.get("UPDATE"):
        await asyncio.to_thread(path.write_text, said, "utf-8")
        return
    assert said.splitlines() == DIALOGS[path].splitlines()


def speaking(language: str) -> Mapping[str, str]:
    """The files in which somebody reads that language."""
    spoken = re.compile(rf"^(who|town): .* {language}\b", re.MULTILINE)
    return {p.stem: text for p, text in DIALOGS.items() if f"-{language}-" in p.stem and spoken.search(text)}


@pytest.mark.parametrize("language", ["th", "lo", "km"])
def test_all_of_the_conversation_is_shown_in_every_language(language: str) -> None:
    files = speaking(language).values()
    missing = [name for name, seen in SHOWN.items() if not any(re.search(seen, f, re.MULTILINE) for f in files)]
    assert missing == []


@pytest.mark.parametrize("language", ["th", "lo", "km"])
def test_every_app_speaks_every_language(language: str) -> None:
    apps = {app for text in speaking(language).values() for app in re.findall(r"^who: \w+ (\w+):r\d", text, re.M)}
    assert apps == {"telegram", "line", "web"}


def test_there_are_enough_conversations() -> None:
    assert len(DIALOGS) >= 24
