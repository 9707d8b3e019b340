"""An alert that waits on purpose: it is cancelled, or says less, when its reporter takes back what it tells of."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.effects import Enroll, LinkGroup
from handlers.events import Address, Body, Choice, Command, Place, Text, Unsent
from storage import directory
from tests.test_audit import CHIEF, OFFICERS, RESIDENT
from tests.town import Town

SAID: tuple[Body, ...] = (
    Command("start"), Choice("a:language:th"), Choice("a:consent:yes"), Choice("a:kind:drugs"), Place(18.36, 103.65),
    Choice("a:when:now"), Text("เรือลำที่หนึ่ง"), Text("เรือลำที่สอง"), Choice("a:send:ask"),
)  # fmt: skip


@pytest.fixture
async def slow(url: str, tmp_path: Path) -> AsyncIterator[Town]:
    """A town whose alerts wait up to twenty minutes, with a group that reads the words."""
    async with Town(url, tmp_path, alert_delay=1_200.0) as town:
        changes: list[directory.Change] = [
            LinkGroup(OFFICERS, "TH3801", "th", "full"),
            Enroll("c1", "coordinator", "*", CHIEF, "en"),
        ]
        await town.database.write(lambda c: directory.change(c, town.store, changes))
        yield town


async def reported(town: Town) -> str:
    """The number of a report whose alert has not left."""
    for at, body in enumerate(SAID):
        await town.says(RESIDENT, body, message=f"u{at}")
    await town.says(RESIDENT, Choice("status"))
    assert town.sent("telegram", OFFICERS.chat) == []
    shown = town.sent("telegram", RESIDENT.chat)[-1]["buttons"]
    return next(str(value).rpartition(":")[2] for _, value, _ in shown if "my:show:" in value)


async def later(town: Town) -> list[str]:
    town.clock.tick(minutes=21)
    await town.deliver()
    return [part["text"] for part in town.sent("telegram", OFFICERS.chat)]


async def test_a_report_that_is_left_alone_is_told(slow: Town) -> None:
    await reported(slow)
    (told,) = await later(slow)
    assert "เรือลำที่สอง" in told


async def take_back(town: Town, number: str) -> None:
    for press in ("show", "withdraw", "gone"):
        await town.says(RESIDENT, Choice(f"my:{press}:{number}"))


async def test_nobody_hears_of_a_report_that_was_taken_back_before_its_alert_left(slow: Town) -> None:
    await take_back(slow, await reported(slow))
    assert await later(slow) == []


async def test_nobody_hears_of_a_report_of_a_chat_that_was_forgotten_before_its_alert_left(slow: Town) -> None:
    await reported(slow)
    await slow.says(RESIDENT, Choice("forget:yes"))
    assert await later(slow) == []


async def test_only_its_own_alert_is_cancelled(slow: Town) -> None:
    number = await reported(slow)
    await reported(slow)
    await take_back(slow, number)
    assert len(await later(slow)) == 1


async def test_words_taken_back_before_the_alert_left_are_not_in_it(slow: Town) -> None:
    await reported(slow)
    await slow.says(RESIDENT, Unsent("u7"))
    (told,) = await later(slow)
    assert "เรือลำที่หนึ่ง" in told
    assert "เรือลำที่สอง" not in told
    assert slow.sent("telegram", OFFICERS.chat)[0]["buttons"]


async def test_an_alert_that_has_left_is_changed_where_it_stands(slow: Town) -> None:
    number = await reported(slow)
    await later(slow)
    await take_back(slow, number)
    *_, last = slow.sent("telegram", OFFICERS.chat)
    assert last["replaces"]
    assert "เรือลำที่หนึ่ง" not in last["text"]


async def test_what_is_urgent_does_not_wait_behind_an_alert_that_waits_on_purpose(slow: Town) -> None:
    await reported(slow)
    neighbour = Address("line", "r2")
    weapons = (Choice("a:kind:weapons") if body == Choice("a:kind:drugs") else body for body in SAID)
    for at, body in enumerate(weapons):
        await slow.says(neighbour, body, message=f"n{at}")
    (told,) = [part["text"] for part in slow.sent("telegram", OFFICERS.chat)]
    assert "🔴" in told
    assert len(await later(slow)) == 2


async def test_officers_are_answered_while_an_alert_waits_on_purpose(slow: Town) -> None:
    await reported(slow)
    await slow.says(OFFICERS, Command("help"), sender="somchai")
    (told,) = [part["text"] for part in slow.sent("telegram", OFFICERS.chat)]
    assert "/help" in told
    assert len(await later(slow)) == 2
