"""What a person may ask of their own data: it is shown, it goes at once, and what stays is said by name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest
from sqlalchemy import select

from handlers.events import Address, Choice, Command, Media, MediaKind, Removed, Text
from handlers.world import Memory
from storage.core import CASES, CONTACT, CONVERSATION, FILE, LETTER, OUTBOX
from tests.street import Street
from tests.test_audit import OFFICERS, RESIDENT, people, press, report
from tests.test_retention import count, on_disk, schedule
from tests.town import NOW, Town

FORGET = (Command("forget"), Choice("forget:yes"))


def last(town: Town, chat: Address = RESIDENT) -> str:
    return str(town.sent(chat.channel, chat.chat)[-1]["text"])


async def half(town: Town, chat: Address = RESIDENT) -> None:
    """A report that is not sent, with words and a photo."""
    town.channels[chat.channel].files["p1"] = b"no picture at all"
    await town.says(chat, Text("เรือไม่มีไฟ ขนของลง"))
    await town.says(chat, Media(MediaKind.PHOTO, "p1", 100, "image/jpeg"))


async def test_a_stranger_is_told_that_nothing_is_held(town: Town) -> None:
    await town.says(RESIDENT, Command("mydata"), hint="en")
    assert last(town) == "We hold nothing of this chat."


async def test_everything_that_is_held_is_shown(town: Town) -> None:
    await people(town)
    number = await report(town)
    await half(town)
    await town.says(RESIDENT, Command("ข้อมูลของฉัน"))
    said = last(town)
    assert f"{number[:4]}-{number[4:]}" in said
    for words in ("ภาษา: ไทย", "ยังไม่ได้ส่ง เก็บไว้ 48", "ช่องทางที่เราใช้ตอบคุณ"):
        assert words in said


FIELDS: Mapping[str, tuple[object, str]] = {
    "language": ("en", "the language: English"),
    "agreed": ("1", "that you agreed to begin"),
    "answers": ({"kind": "drugs"}, "a report that is not sent yet"),
    "at": (NOW, "when you last answered"),
    "last": ("1234-5678", ""),  # the report itself is listed
    "sent": ([NOW.isoformat()], "when reports were sent"),
    "practised": ([NOW.isoformat()], "when reports were sent"),
    "contact": ("day", "Only 8 to 20"),
    "tries": ([NOW.isoformat()], "receipts tried"),
    "borrowed": ("1234-5678", "report 1234-5678 was opened here"),
    "borrowed_at": (NOW.isoformat(), ""),  # with the one before
    "word": ("mango", "the word that empties this chat"),
    "unsent": (["u1"], "which messages you took back"),
    "adding": ({"number": "1234-5678", "at": NOW.isoformat()}, "what you are adding to"),
    "asked": (5, ""),  # over with any command
    "voice": (True, "whether you hear the questions"),
    "pictures": ("off", "or see pictures"),
    "offered": (True, ""),  # that it was asked whether the half report goes on: part of it
    "poster": ({"district": "TH3801"}, ""),  # the place of a new report, until that is answered: part of it
    "decoy": (True, ""),  # of a chat that was ended: then it tells nothing at all
}


def test_every_field_of_what_is_kept_of_a_chat_is_named() -> None:
    assert set(FIELDS) == {field.name for field in fields(Memory)}
    for name, (value, said) in FIELDS.items():
        kept: dict[str, Any] = {"language": "en", name: value}
        street = Street(memory=Memory(**kept))
        if said:
            assert said in street.says(street.hear(Command("mydata"))), name


def test_the_word_itself_is_not_shown() -> None:
    street = Street(memory=Memory("en", word="mango"))
    assert "mango" not in street.says(street.hear(Command("mydata")))


@pytest.mark.parametrize("word", ["forget", "ลบข้อมูล", "ລຶບຂໍ້ມູນ", "លុបទិន្នន័យ"])
async def test_deleting_is_asked_first_and_a_no_changes_nothing(town: Town, word: str) -> None:
    await half(town)
    await town.says(RESIDENT, Command(word))
    buttons = [b[1] for b in town.sent("telegram", "r1")[-1]["buttons"]]
    assert buttons == ["forget:yes", "forget:no"]
    await town.says(RESIDENT, Choice("forget:no"))
    assert await count(town, CONVERSATION) == 1
    assert await count(town, FILE, FILE.c.state == "dropped") == 0


async def test_what_was_not_sent_goes_at_once_with_its_files(town: Town) -> None:
    await half(town)
    for body in FORGET:
        await town.says(RESIDENT, body)
    assert await count(town, CONVERSATION) == 0
    assert await count(town, FILE, FILE.c.wrapped.is_not(None)) == 0  # nobody can open it from now on
    await schedule(town).purge()
    assert on_disk(town) == []
    await town.says(RESIDENT, Text("สวัสดี"))
    assert "Which language" in last(town)  # the first word of somebody we do not know


async def test_a_case_that_officers_work_on_stays_and_its_tie_to_the_person_is_cut(town: Town) -> None:
    await people(town)
    number = await report(town)
    await press(town, "take", number)
    await town.says(RESIDENT, Command("forget"))
    assert f"{number[:4]}-{number[4:]}" in last(town)
    await town.says(RESIDENT, Choice("forget:yes"))
    assert f"{number[:4]}-{number[4:]}" in last(town)
    assert await count(town, CONTACT) == 0
    (row,) = await town.database.read(lambda c: c.execute(select(CASES.c.reporter, CASES.c.status)).all())
    assert tuple(row) == ("", "taken")
    before = len(town.sent("telegram", "r1"))
    await press(town, "close", f"{number}:acted")
    assert len(town.sent("telegram", "r1")) == before  # nobody can write to them any more
    await town.says(RESIDENT, Command("mydata"), hint="en")
    assert last(town) == "We hold nothing of this chat."


async def test_a_report_nobody_took_is_taken_back_with_its_words_and_its_card_says_so(town: Town) -> None:
    await people(town)
    town.channels["telegram"].files["p1"] = b"no picture at all"
    await town.says(RESIDENT, Media(MediaKind.PHOTO, "p1", 100, "image/jpeg"))
    number = await report(town)
    for body in FORGET:
        await town.says(RESIDENT, body)
    assert await count(town, CASES, CASES.c.status == "withdrawn") == 1
    assert await count(town, FILE, FILE.c.wrapped.is_not(None)) == 0
    assert "ถอน" in last(town, OFFICERS) or "replaces" in town.sent("telegram", OFFICERS.chat)[-1]
    await press(town, "details", number)
    assert "เรือ" not in "".join(m["text"] for m in town.sent("telegram", "somchai"))


async def test_an_officers_take_and_a_forget_at_once_leave_one_of_both(town: Town) -> None:
    await people(town)
    number = await report(town)
    await town.turns.handle(
        [
            town.event(OFFICERS, Choice(f"take:{number}"), sender="somchai"),
            town.event(RESIDENT, Choice("forget:yes")),
        ]
    )
    assert not town.turns.counts.quarantined
    assert await count(town, CASES, CASES.c.status.in_(("taken", "withdrawn"))) == 1
    assert await count(town, CONTACT) == 0


async def test_the_pages_own_button_forgets_as_well(town: Town) -> None:
    page = Address("web", "r7")
    await half(town, page)
    await town.says(page, Removed())
    for table in (CONVERSATION, LETTER):
        assert await count(town, table) == 0
    assert await count(town, OUTBOX, OUTBOX.c.kind == "say") == 0
    assert await count(town, FILE, FILE.c.wrapped.is_not(None)) == 0


async def test_an_officers_role_stays_and_is_named(town: Town) -> None:
    await people(town)
    chief = Address("line", "c1")
    await town.says(chief, Command("mydata"))
    assert "/myactions" in last(town, chief)
    for body in FORGET:
        await town.says(chief, body)
    assert "role stays" in last(town, chief)
    assert ("line", "c1") in town.store.directory.members
