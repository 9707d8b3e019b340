"""An alert that waits on purpose: no list tells of its report before, and none tells the minute of one afterwards."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from handlers import due
from handlers.effects import Status
from handlers.events import Address, Choice, Command, Tick
from handlers.world import Case
from storage.core import OUTBOX
from tests.test_audit import CHIEF, OFFICERS, REPORT, RESIDENT, people, press, report
from tests.town import NOW, Town

SECOND_RESIDENT = Address("telegram", "r2")
LONGEST = 1_200.0


@pytest.fixture
async def slow(url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with Town(url, tmp_path, alert_delay=LONGEST) as town:
        await people(town)
        yield town


async def asked(town: Town) -> dict[str, str]:
    """What the group and the coordinator get who ask now, and the digest if it were time."""
    await town.says(OFFICERS, Command("cases"), sender="somchai")
    await town.says(CHIEF, Command("summary", "today"))
    told = {"cases": town.sent("telegram", OFFICERS.chat)[-1]["text"], "summary": town.sent("line", "c1")[-1]["text"]}
    await town.says(OFFICERS, Command("summary"), sender="somchai")
    told["group"] = town.sent("telegram", OFFICERS.chat)[-1]["text"]
    tick = Tick("digest", {"since": (NOW - timedelta(hours=12)).isoformat()})
    await town.turns.handle([town.event(OFFICERS, tick, sender="clock")])
    await town.deliver()
    return {**told, "digest": town.sent("telegram", OFFICERS.chat)[-1]["text"]}


async def leaves(town: Town) -> timedelta:
    """How long the only alert still waits."""
    later = select(OUTBOX.c.due).where(OUTBOX.c.due > town.clock.now)
    at: datetime = await town.database.read(lambda c: c.execute(later).scalar_one())
    return at - town.clock.now


async def test_until_its_alert_leaves_no_list_and_no_figure_tells_of_a_report(slow: Town) -> None:
    before = await asked(slow)
    number = await report(slow)
    wait = await leaves(slow)
    assert await asked(slow) == before
    slow.clock.now += wait - timedelta(seconds=1)
    assert await asked(slow) == before
    slow.clock.tick(seconds=1)
    await slow.deliver()
    assert number[:4] in slow.sent("telegram", OFFICERS.chat)[-1]["text"]
    after = await asked(slow)
    assert {name for name in after if number[:4] in after[name]} == {"cases", "summary", "group", "digest"}
    assert "1 report" in after["summary"]


async def test_who_takes_a_report_back_in_time_was_never_there(slow: Town) -> None:
    before = await asked(slow)
    number = await report(slow)
    for action in ("withdraw", "gone"):
        await slow.says(RESIDENT, Choice(f"my:{action}:{number}"))
    assert await asked(slow) == before


async def test_a_kept_report_is_early_for_its_coordinator_too(slow: Town) -> None:
    before = await asked(slow)
    for body in (*REPORT[:-1], Choice("change:not"), Choice("a:set-not:police"), Choice("a:set-not:done"), REPORT[-1]):
        await slow.says(RESIDENT, body)
    assert await asked(slow) == before
    slow.clock.tick(minutes=21)
    await slow.deliver()
    assert "1 report" in (await asked(slow))["summary"]


async def test_what_was_out_before_stays_counted_beside_it(slow: Town) -> None:
    await report(slow)
    slow.clock.tick(minutes=21)
    await slow.deliver()
    one = await asked(slow)
    await report(slow, SECOND_RESIDENT)
    assert await asked(slow) == one


async def test_what_is_urgent_is_there_at_once(slow: Town) -> None:
    for body in (*REPORT[:3], Choice("a:kind:weapons"), *REPORT[4:]):
        await slow.says(RESIDENT, body)
    assert "1 report" in (await asked(slow))["summary"]


async def test_no_list_tells_the_minute_of_a_report_that_is_not_urgent(slow: Town) -> None:
    number = await report(slow)
    slow.clock.tick(minutes=83)
    await slow.deliver()
    await slow.says(RESIDENT, Command("start"))
    await report(slow, SECOND_RESIDENT)
    slow.clock.tick(minutes=37)
    await slow.deliver()
    told = await asked(slow)
    await press(slow, "near", number)
    told["near"] = slow.sent("telegram", OFFICERS.chat)[-1]["text"]
    assert len(told["near"].splitlines()) > 1
    assert {name: re.findall(r"\d+ (?:นาที|min)", text) for name, text in told.items()} == {name: [] for name in told}


@given(st.integers(0, 2**20 - 1), st.floats(0, 14_400))
def test_an_alert_leaves_within_its_time(dice: int, longest: float) -> None:
    made = due.case_id(NOW, dice.to_bytes(3, "big"))
    assert NOW <= due.alerted(longest, made, prompt=False) <= NOW + timedelta(seconds=longest)
    assert due.alerted(longest, made, prompt=True) == NOW


@pytest.mark.parametrize("status", Status)
def test_nothing_that_somebody_works_on_is_early(status: Status) -> None:
    made = due.case_id(NOW, b"\x0f\xff\xff")
    case = Case(made, "0000-0001", "drugs", "TH3801", status, False, "th", True, False, NOW)
    assert due.is_early(LONGEST, case, NOW) is (status in (Status.NEW, Status.WITHDRAWN))
    assert not due.is_early(LONGEST, case, NOW + timedelta(seconds=LONGEST))
