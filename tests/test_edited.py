"""Words that are changed later: kept as they stand now, and gone where nothing is left of them."""

from typing import Any

import pytest
from sqlalchemy import select

from handlers.effects import Keep
from handlers.events import Address, Choice, Edited, Media, MediaKind, Text
from handlers.keeping import TooMuch, reworded
from handlers.report import MOST_WORDS
from handlers.world import Answers, Memory
from storage.core import HISTORY
from tests.street import Street
from tests.test_audit import OFFICERS, RESIDENT, people
from tests.test_flow import world
from tests.test_recall import SAID
from tests.town import Town

WORDS = {"text": "เรือสองลำ", "language": "th", "message": "u1"}
PHOTO = {"file": "f" * 32, "kind": "photo", "message": "u2", "album": ""}
CAPTION = {"text": "หลังวัด", "language": "th", "message": "u2", "added": True}
SEEN: dict[str, Any] = {"kind": "drugs", "seen": [WORDS, PHOTO, CAPTION]}


@pytest.mark.parametrize(
    ("message", "text", "seen"),
    [
        ("u1", "ເຮືອສາມລຳ", [WORDS | {"text": "ເຮືອສາມລຳ", "language": "lo"}, PHOTO, CAPTION]),
        ("u2", "หลังวัดเก่า", [WORDS, PHOTO, CAPTION | {"text": "หลังวัดเก่า"}]),
        ("u2", "", [WORDS, PHOTO]),
        ("u1", " \u200b", [PHOTO, CAPTION]),
        ("u3", "อย่างอื่น", [WORDS, PHOTO, CAPTION]),
    ],
)
def test_the_words_of_a_message_stand_as_they_are_now(message: str, text: str, seen: list[Answers]) -> None:
    assert reworded(world(), SEEN, Edited(message, text)) == SEEN | {"seen": seen}


def test_a_photo_that_came_without_words_may_get_some() -> None:
    found = reworded(world(), {"seen": [PHOTO]}, Edited("u2", "หลังวัด"), changed=True)
    assert found["seen"] == [PHOTO, {"text": "หลังวัด", "language": "th", "message": "u2", "changed": True}]


def test_an_edit_that_changes_no_word_changes_nothing() -> None:
    """Telegram tells of those, too: "at times triggered by changes to fields that are not used by your bot"."""
    assert reworded(world(), SEEN, Edited("u1", "เรือสองลำ"), changed=True) is SEEN
    assert reworded(world(), {"seen": [PHOTO]}, Edited("u2", ""), changed=True) == {"seen": [PHOTO]}


def test_no_edit_makes_a_report_longer_than_a_report_may_be() -> None:
    with pytest.raises(TooMuch):
        reworded(world(), SEEN, Edited("u1", "ก" * MOST_WORDS))


def test_who_takes_out_the_only_words_of_a_half_report_is_asked_again() -> None:
    answers = {"kind": "drugs", "place": "link", "district": "TH3801", "when": "now", "seen": [WORDS]}
    street = Street(memory=Memory("en", "1", answers))
    assert [type(e) for e in street.hear(Edited("u1", "two boats, no lights"))] == [Keep]
    decision = street.hear(Edited("u1", ""))
    assert "What did you see or hear?" in street.says(decision)
    assert "seen" not in street.memory.answers


async def sent(town: Town) -> None:
    await people(town)
    for at, body in enumerate(SAID[:-1]):
        await town.says(RESIDENT, body, message=f"u{at}")
    await town.says(RESIDENT, Media(MediaKind.PHOTO, "late", caption="บ้านลุงผม"), message="u8")
    await town.says(RESIDENT, SAID[-1], message="u9")


def said(town: Town, chat: Address) -> list[str]:
    return [part["text"] for part in town.sent(chat.channel, chat.chat)]


async def test_it_is_written_down_that_words_changed_and_nobody_is_named(town: Town) -> None:
    await sent(town)
    before = len(said(town, OFFICERS))
    await town.says(RESIDENT, Edited("u6", "เรือลำที่สาม"), message="u6")
    rows = await town.database.read(lambda c: [*c.execute(select(HISTORY).where(HISTORY.c.action == "words changed"))])
    assert [(row.by, row.facts) for row in rows] == [("reporter", '{"channel":"telegram"}')]
    await town.says(RESIDENT, Edited("u7", "เรือลำที่สี่"), message="u7")
    assert len(said(town, OFFICERS)) == before + 1  # the card says so once


async def test_words_that_are_taken_out_are_in_no_row_any_more(town: Town) -> None:
    await sent(town)
    await town.says(RESIDENT, Edited("u8", ""), message="u8")
    await town.says(RESIDENT, Edited("u6", "-"), message="u6")

    details = await town.details()
    assert [i.get("text", "") for i in details["seen"]] == ["-", "เรือลำที่สอง", ""]


async def test_what_others_sent_is_not_changed_by_the_same_message_id(town: Town) -> None:
    """Ids of messages are those of a chat: everybody has a message 6."""
    await sent(town)
    other = Address("telegram", "r2")
    for body in (Choice("a:language:th"), Choice("a:consent:yes"), Text("เรือของคนอื่น")):
        await town.says(other, body, message="u1")
    before = len(said(town, other))
    await town.says(other, Edited("u6", "ไม่มีอะไร"), message="u6")
    assert len(said(town, other)) == before
