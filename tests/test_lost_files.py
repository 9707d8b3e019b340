"""A file that cannot be used: whoever sent it hears of it while they are there, and nobody else ever."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.channels import SendError
from handlers.effects import LinkGroup
from handlers.events import Address, Body, Choice, Command, Fate, Media, MediaKind, Outcome, Text, Unsent
from storage import directory
from storage.core import FILE, OUTBOX
from tests.town import Town

RESIDENT, OFFICERS = Address("line", "r1"), Address("telegram", "g1")
TOLD = "I could not take one of your files."


@pytest.fixture
async def begun(town: Town) -> Town:
    for body in (Command("start", "TH3801"), Choice("a:language:en"), Choice("a:consent:yes"), Choice("a:kind:drugs"),
                 Choice("a:when:now")):  # fmt: skip
        await town.says(RESIDENT, body)
    return town


def heard(town: Town) -> list[str]:
    return [part["text"] for part in town.sent("line", "r1") if TOLD in part["text"]]


async def send(town: Town, content: bytes) -> None:
    """LINE says nothing of the size beforehand."""
    town.channels["line"].files["v1"] = content
    await town.says(RESIDENT, Media(MediaKind.VIDEO, "v1"))


async def test_a_file_over_the_limit_is_explained_under_the_open_question(begun: Town) -> None:
    await send(begun, bytes(20_000_001))
    assert len(heard(begun)) == 1
    assert "What did you see or hear?" in begun.sent("line", "r1")[-1]["text"]  # nothing of it is there


async def test_a_file_that_the_platform_has_no_more_is_explained(begun: Town) -> None:
    await begun.says(RESIDENT, Media(MediaKind.VIDEO, "gone"))
    assert len(heard(begun)) == 1


async def test_nothing_is_said_into_a_chat_that_was_ended(begun: Town) -> None:
    await begun.says(RESIDENT, Command("word", "mango"))
    begun.channels["line"].failures = [SendError("down", 60.0)]
    begun.channels["line"].files["v1"] = bytes(20_000_001)
    await begun.turns.handle([begun.event(RESIDENT, Media(MediaKind.VIDEO, "v1"), message="u9")])
    await begun.turns.handle([begun.event(RESIDENT, Text("mango"))])
    begun.clock.tick(minutes=2)
    await begun.deliver()
    assert heard(begun) == []


async def test_nothing_is_said_long_afterwards(begun: Town) -> None:
    await begun.turns.handle([begun.event(RESIDENT, Media(MediaKind.VIDEO, "gone"))])
    begun.clock.tick(hours=2)
    await begun.deliver()
    assert heard(begun) == []


async def test_the_review_counts_what_is_there(begun: Town) -> None:
    await begun.says(RESIDENT, Text("two boats"))
    await begun.says(RESIDENT, Media(MediaKind.VIDEO, "gone"))
    said = begun.sent("line", "r1")[-1]
    assert TOLD in said["text"]
    assert "What you saw: written words\n" in said["text"]
    assert said["buttons"][0][1] == "a:send:ask"


@pytest.mark.parametrize(
    ("then", "told"), [((), 1), ((Unsent("u9"),), 0), ((Choice("change:seen"), Text("two boats")), 0)]
)
async def test_officers_hear_of_a_lost_file_unless_it_was_taken_back(
    watched: Town, then: tuple[Body, ...], told: int
) -> None:
    await watched.says(RESIDENT, Text("two boats"))
    await watched.says(RESIDENT, Media(MediaKind.VIDEO, "gone"), message="u9")
    for body in (*then, Choice("a:send:ask")):
        await watched.says(RESIDENT, body)
    assert "👁 written words\n" in watched.sent("telegram", "g1")[-1]["text"]
    await watched.enlist(OFFICERS, "somchai", language="en")
    number = watched.sent("telegram", "g1")[-1]["text"].split()[2]
    await watched.says(OFFICERS, Command("details", number), sender="somchai")
    assert watched.sent("telegram", "somchai")[-1]["text"].count("1 file could not be fetched.") == told


async def waiting(town: Town) -> tuple[int, str]:
    """The request that brings the only file, and the file."""

    def look(connection: Any) -> tuple[int, str]:
        row = connection.execute(select(OUTBOX.c.id).where(OUTBOX.c.kind == "fetch")).scalar_one()
        return row, connection.execute(select(FILE.c.file)).scalar_one()

    return await town.database.read(look)


async def test_words_that_come_in_the_same_moment_stay(begun: Town) -> None:
    await begun.says(RESIDENT, Media(MediaKind.VIDEO, "late"))
    row, file = await waiting(begun)
    lost = Outcome(row, Fate.DEAD, why="content 410", result={"file": file, "state": "missing"})
    await begun.turns.handle([begun.event(RESIDENT, Text("two boats")), begun.event(RESIDENT, lost)])
    await begun.deliver()
    await begun.says(RESIDENT, Choice("change:when"))
    await begun.says(RESIDENT, Choice("a:when:now"))
    assert "What you saw: written words\n" in begun.sent("line", "r1")[-1]["text"]


@pytest.fixture
async def watched(begun: Town) -> Town:
    await begun.database.write(
        lambda c: directory.change(c, begun.store, [LinkGroup(OFFICERS, "TH3801", "en", "headline")])
    )
    return begun


async def test_whoever_sent_the_report_meanwhile_can_add_to_it(watched: Town) -> None:
    """And the card of the officers counts what is there."""
    await watched.says(RESIDENT, Text("two boats"))
    await watched.says(RESIDENT, Media(MediaKind.VIDEO, "late"))
    row, file = await waiting(watched)
    await watched.says(RESIDENT, Choice("a:send:ask"))
    assert "written words, 1 video" in watched.sent("telegram", "g1")[-1]["text"]
    lost = Outcome(row, Fate.DEAD, why="content 410", result={"file": file, "state": "missing"})
    await watched.says(RESIDENT, lost)
    (said,) = [part for part in watched.sent("line", "r1") if TOLD in part["text"]]
    assert said["buttons"][0][1].startswith("my:add:")
    card = watched.sent("telegram", "g1")[-1]
    assert card["replaces"]
    assert "👁 written words\n" in card["text"]
    assert len(watched.sent("telegram", "g1")) == 2


async def test_nothing_is_said_of_a_file_that_was_dropped(begun: Town) -> None:
    await begun.says(RESIDENT, Media(MediaKind.VIDEO, "late"))
    row, file = await waiting(begun)
    await begun.says(RESIDENT, Choice("cancel"))
    lost = Outcome(row, Fate.DEAD, why="content 410", result={"file": file, "state": "missing"})
    await begun.says(RESIDENT, lost)
    assert heard(begun) == []
