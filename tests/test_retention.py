"""What goes when, what stays for the figures, and what keeps a wrong clock from deleting everything."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select, update

from bot import reading
from bot.metrics import Figures
from bot.schedule import Schedule
from handlers.events import Address, Command, Media, MediaKind, Text
from handlers.world import Figures as Counted
from handlers.world import Query
from storage import audit, clock
from storage import figures as counted
from storage.core import CARD, CASES, CONTACT, CONVERSATION, FILE, GONE, HISTORY, INBOX, MARK, OUTBOX, WRAP
from storage.retention import Keep
from tests.house import House, OnTelegram
from tests.test_audit import OFFICERS, people, press, report
from tests.test_checking import about, look
from tests.test_cli import run
from tests.town import Town

DAY = timedelta(days=1)
KEEP = Keep(30 * DAY, 2 * DAY, 2 * DAY, 7 * DAY, 30 * DAY, 14 * DAY, longest_pause=1000 * DAY)
HELD = (CASES, WRAP, CONTACT, CARD, FILE)


def schedule(town: Town, keep: Keep = KEEP, steady: Callable[[], float] | None = None) -> Schedule:
    witness = audit.Witness(town.folder / "witness.json")
    zone = town.store.rules.zone
    return Schedule(town.database, town.store, town.turns.handle, (), zone, keep, town.files, witness, steady=steady)


async def count(town: Town, table: Table, *where: object) -> int:
    query = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
    return int(await town.database.read(lambda c: c.execute(query).scalar_one()))


async def with_photo(town: Town) -> str:
    town.channels["telegram"].files["p1"] = b"no picture at all"
    await town.says(Address("telegram", "r1"), Media(MediaKind.PHOTO, "p1", 100, "image/jpeg"))
    return await report(town)


def on_disk(town: Town) -> list[Path]:
    return [p for p in (town.folder / "media").rglob("*") if p.is_file()]


async def figures(town: Town) -> Counted:
    day = date(2026, 11, 23)
    return await town.database.read(lambda c: counted.count(c, Query(since=day, until=day)))


@pytest.mark.parametrize(
    ("fate", "days"),
    [("closed", 365), ("false", 90), ("withdrawn", 30), ("open", 730), ("people", 730), ("practice", 30)],
)
async def test_a_case_goes_when_its_time_has_come_and_not_a_day_before(town: Town, fate: str, days: int) -> None:
    await people(town)
    number = await report(town)
    if fate != "open" and fate != "practice":
        await press(town, "take", number)
        await press(town, "close", f"{number}:{'false' if fate == 'false' else 'acted'}")
    changed: dict[str, dict[str, object]] = {
        "withdrawn": {"status": "withdrawn"},
        "practice": {"practice": True},
        "people": {"kind": "people"},
    }
    if fate in changed:
        await town.database.write(lambda c: c.execute(update(CASES).values(changed[fate])))
    keep = replace(KEEP, closed_by_kind={"people": 730 * DAY})
    town.clock.tick(days=days - 1)
    await schedule(town, keep).purge()
    assert await count(town, CASES) == 1
    town.clock.tick(days=2)
    await schedule(town, keep).purge()
    assert [await count(town, table) for table in HELD] == [0] * 5
    assert await count(town, GONE, GONE.c.number == f"{number[:4]}-{number[4:]}") == 1


async def test_nothing_that_anybody_said_is_left_and_the_figures_are_the_same(town: Town) -> None:
    await people(town)
    number = await with_photo(town)
    await press(town, "take", number)
    await press(town, "close", f"{number}:acted")
    await report(town, Address("telegram", "r2"))  # still open
    before = await figures(town)
    town.clock.tick(days=366)
    await schedule(town).purge()
    assert on_disk(town) == []
    assert await count(town, CASES) == 1
    (stone,) = await town.database.read(lambda c: c.execute(select(GONE)).mappings().all())
    assert (stone["kind"], stone["district"], stone["status"], stone["ending"]) == (
        "drugs",
        "TH3801",
        "closed",
        "acted",
    )
    assert f"{stone['opened']}" == "2026-11-23"
    assert await figures(town) == before
    assert sum(c.all for c in before.counts) == 2
    await press(town, "details", number)
    assert "ไม่พบเรื่องนี้" in town.sent("telegram", OFFICERS.chat)[-1]["text"]


async def test_of_two_reporters_the_silent_one_cannot_be_written_to_any_more(town: Town) -> None:
    silent, lively = Address("telegram", "r1"), Address("telegram", "r2")
    for resident in (silent, lively):
        await report(town, resident)
    town.clock.tick(days=91)
    await town.says(lively, Command("status"))
    await town.says(lively, Command("language", "lo"))
    await schedule(town).purge()
    left = await town.database.read(lambda c: c.execute(select(CONTACT.c.lane)).scalars().all())
    assert left == [town.store.tag(lively)]


async def test_files_of_a_closed_case_go_before_its_words(town: Town) -> None:
    await people(town)
    number = await with_photo(town)
    town.clock.tick(days=91)
    await schedule(town).purge()
    assert on_disk(town)  # the case is open
    await press(town, "take", number)
    await press(town, "close", f"{number}:acted")
    town.clock.tick(days=91)
    await schedule(town).purge()
    assert on_disk(town) == []
    assert await count(town, CASES) == 1
    assert await count(town, FILE) == 0


async def test_old_history_goes_and_what_is_left_is_still_bound(town: Town) -> None:
    await people(town)
    number = await report(town)
    for person in ("a", "b", "c"):
        await press(town, "details", number, person)
    town.clock.tick(days=400)
    await press(town, "take", number)
    town.clock.tick(days=400)
    keep = replace(KEEP, open=9999 * DAY)
    await schedule(town, keep).purge()
    assert await count(town, HISTORY) == 2  # the press of then, and the word of what went
    witness = audit.Witness(town.folder / "witness.json").seen()
    assert await town.database.read(lambda c: audit.verify(c, town.vault, witness)) == ""
    await town.database.write(lambda c: c.execute(HISTORY.delete().where(HISTORY.c.id == 4)))
    assert "taken out" in await town.database.read(lambda c: audit.verify(c, town.vault))


async def everything(town: Town) -> list[int]:
    return [await count(town, t) for t in (INBOX, CONVERSATION, CASES, WRAP, CONTACT, FILE, OUTBOX, HISTORY)]


@pytest.mark.parametrize(("jump", "why"), [(400, "400 days ahead"), (-3, "72.0 h behind")])
async def test_a_wrong_clock_deletes_nothing(town: Town, jump: int, why: str) -> None:
    await people(town)
    await with_photo(town)
    keep = replace(KEEP, longest_pause=7 * DAY)
    await schedule(town, keep).purge()
    before, files = await everything(town), on_disk(town)
    town.clock.tick(days=jump)
    stopped = schedule(town, keep)
    await stopped.purge()
    assert await everything(town) == before
    assert on_disk(town) == files
    assert why in stopped.stopped
    since = await town.database.read(clock.stopped)
    assert since is not None
    town.clock.tick(hours=1)
    await stopped.purge()
    assert (await town.database.read(clock.stopped) or ("", ""))[0] == since[0]
    town.clock.tick(days=-jump)
    await stopped.purge()
    assert stopped.stopped == ""
    assert await town.database.read(clock.stopped) is None


async def test_a_clock_that_jumps_while_the_bot_runs_is_seen_however_small_the_jump(town: Town) -> None:
    await people(town)
    await report(town)
    passed = [0.0]
    running = schedule(town, steady=lambda: passed[0])
    town.clock.tick(minutes=30)
    passed[0] += 1800
    await running.purge()
    assert running.stopped == ""
    town.clock.tick(days=3)
    passed[0] += 1800
    await running.purge()
    assert "jumped by +71.5 h" in running.stopped
    await town.database.write(lambda c: clock.allow(c, town.clock()))
    await running.purge()
    assert running.stopped == ""


async def test_a_run_that_would_take_too_much_stops_and_an_operator_may_let_it_go(town: Town) -> None:
    for person in range(3):
        await town.says(Address("telegram", f"r{person}"), Text("เรือไม่มีไฟ"))
    town.clock.tick(days=3)
    await town.says(Address("telegram", "r9"), Text("เรือไม่มีไฟ"))
    tight = schedule(town, replace(KEEP, most_rows=2, most_share=0.7))
    await tight.purge()
    assert tight.stopped == "3 of 4 half reports would go at once"
    assert await count(town, CONVERSATION) == 4
    await town.database.write(lambda c: clock.allow(c, town.clock()))
    await tight.purge()
    assert tight.stopped == ""
    assert await count(town, CONVERSATION) == 1
    assert await count(town, MARK) == 1  # an operator's word is good for one run


async def test_an_operators_word_of_yesterday_counts_no_more(town: Town) -> None:
    await town.database.write(lambda c: clock.allow(c, town.clock()))
    town.clock.tick(hours=25)
    assert not await town.database.read(lambda c: clock.allowed(c, town.clock()))


async def test_a_small_place_may_lose_all_of_its_few_half_reports(town: Town) -> None:
    await town.says(Address("telegram", "r1"), Text("เรือไม่มีไฟ"))
    town.clock.tick(days=3)
    small = schedule(town)
    await small.purge()
    assert small.stopped == ""
    assert await count(town, CONVERSATION) == 0


async def test_what_stopped_is_said_by_check_and_counted(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",)) as house:
        await OnTelegram(house, 900).write(f"/join {await house.invite()}")
        await house.settled()
        await house.app.schedule.purge()
        house.clock.tick(days=-30)
        await house.app.schedule.purge()
        (said,) = about(await look(house), "retention")
        gauge = next(m for m in Figures(house.app).collect() if m.name == "ntswatch_retention_stopped")
    assert "ntswatch retention allow" in said
    assert gauge.samples[0].value == 1.0
    shown = await asyncio.to_thread(run, "retention", "--config", str(house.config))
    assert "h behind" in shown.out
    assert (await asyncio.to_thread(run, "retention", "allow", "--config", str(house.config))).code == 0


async def test_the_settings_say_how_long(tmp_path: Path) -> None:
    from bot.app import keep

    told = reading.read(None, {"NTSWATCH_RETENTION__CLOSED_DAYS_BY_KIND": "people=800,drugs=100"})
    assert keep(told).closed_by_kind == {"people": 800 * DAY, "drugs": 100 * DAY}
    for wrong in ("people", "people=0", "cows=5"):
        with pytest.raises(reading.BadSettings):
            reading.read(None, {"NTSWATCH_RETENTION__CLOSED_DAYS_BY_KIND": wrong})
