"""Digests: at their times, once, caught up after a down time; and what outlives its time goes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from bot.schedule import Schedule
from handlers.effects import Enroll, LinkGroup
from handlers.events import Address, Choice, Command, Place, Text
from storage import directory
from storage.audit import Witness
from storage.core import CONVERSATION, INBOX
from storage.retention import Keep
from tests.town import Town

BANGKOK = ZoneInfo("Asia/Bangkok")
OFFICERS, CHIEF = Address("telegram", "g-kan"), Address("line", "c1")
DAY = timedelta(days=1)
KEEP = Keep(30 * DAY, 2 * DAY, 2 * DAY, 7 * DAY, 30 * DAY, 14 * DAY, longest_pause=100 * DAY)


def schedule(town: Town) -> Schedule:
    return Schedule(
        town.database,
        town.store,
        town.turns.handle,
        (time(7), time(18)),
        BANGKOK,
        KEEP,
        town.files,
        Witness(town.folder / "w.json"),
    )


async def people(town: Town) -> None:
    changes: list[directory.Change] = [
        LinkGroup(OFFICERS, "TH3801", "th"),
        Enroll("c1", "coordinator", "*", CHIEF, "en"),
    ]
    await town.database.write(lambda c: directory.change(c, town.store, changes))


async def test_a_digest_goes_once_however_often_and_from_wherever_it_is_asked_for(town: Town) -> None:
    await people(town)
    town.clock.now = datetime(2026, 11, 23, 11, 0, 5, tzinfo=UTC)  # 18:00:05 in Bangkok
    for one in (schedule(town), schedule(town)):
        await one.digest()
        await one.digest()
    await town.deliver()
    assert len(town.sent("telegram", "g-kan")) == 1
    assert len(town.sent("line", "c1")) == 1
    assert "2569" in town.sent("telegram", "g-kan")[0]["text"]  # the Buddhist year, in Thai
    assert "2026" in town.sent("line", "c1")[0]["text"]


async def test_a_digest_missed_while_the_bot_was_down_is_caught_up_within_six_hours(town: Town) -> None:
    await people(town)
    town.clock.now = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 11:00, four hours late
    await schedule(town).digest()
    await town.deliver()
    assert len(town.sent("telegram", "g-kan")) == 1
    town.clock.now = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # 14:00, seven hours late
    await schedule(town).digest()
    await town.deliver()
    assert len(town.sent("telegram", "g-kan")) == 1


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-11-23T06:59", "2026-11-22T18:00"),
        ("2026-11-23T07:00", "2026-11-23T07:00"),
        ("2026-11-23T17:59", None),
        ("2026-11-23T23:59", "2026-11-23T18:00"),
        ("2026-11-24T00:01", None),
    ],
)
async def test_the_latest_slot_is_the_one_that_counts(town: Town, now: str, slot: str | None) -> None:
    found = schedule(town).latest(datetime.fromisoformat(now).replace(tzinfo=BANGKOK))
    late = datetime.fromisoformat(now) - datetime.fromisoformat(slot) if slot else timedelta(0)
    expected = None if slot is None or late > timedelta(hours=6) else slot
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else None) == expected


async def test_a_half_report_goes_after_two_days_and_a_language_stays(town: Town) -> None:
    half, whole = Address("telegram", "r1"), Address("telegram", "r2")
    for body in (Command("start"), Choice("a:language:lo"), Choice("a:consent:yes"), Choice("a:kind:drugs")):
        await town.says(half, body)
    for body in (Command("start"), Choice("a:language:lo")):
        await town.says(whole, body)
    town.clock.tick(days=3)
    await schedule(town).purge()
    left = await town.database.read(lambda c: c.execute(select(func.count()).select_from(CONVERSATION)).scalar_one())
    assert left == 1
    assert await town.database.read(lambda c: c.execute(select(func.count()).select_from(INBOX)).scalar_one())
    town.clock.tick(days=40)
    await schedule(town).purge()
    assert not await town.database.read(lambda c: c.execute(select(func.count()).select_from(INBOX)).scalar_one())


async def test_files_of_a_half_report_go_with_it(town: Town) -> None:
    from handlers.events import Media, MediaKind

    resident = Address("telegram", "r1")
    town.channels["telegram"].files["photo1"] = b"no picture at all"
    for body in (Command("start"), Media(MediaKind.PHOTO, "photo1", 100, "image/jpeg")):
        await town.says(resident, body)
    kept = [p for p in (town.folder / "media").rglob("*") if p.is_file()]
    assert kept
    town.clock.tick(days=3)
    await schedule(town).purge()
    assert [p for p in (town.folder / "media").rglob("*") if p.is_file()] == []


async def test_a_report_at_the_turn_of_the_day_is_counted_on_its_local_day(town: Town) -> None:
    await people(town)
    town.clock.now = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # 00:30 of the 24th in Bangkok
    resident = Address("telegram", "r1")
    steps = (Choice("a:language:en"), Choice("a:consent:yes"), Choice("a:kind:drugs"), Place(18.36, 103.65))
    for body in (Command("start"), *steps, Choice("a:when:now"), Text("A boat"), Choice("a:send:ask")):
        await town.says(resident, body)
    await town.says(CHIEF, Command("summary", "today"))
    assert "1 report" in town.sent("line", "c1")[-1]["text"]
    await town.says(CHIEF, Command("summary", "yesterday"))
    assert "No reports" in town.sent("line", "c1")[-1]["text"]
