"""The digest: counts as the cases are, one message whatever is open, and no minute of any report in it."""

import itertools
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from bot.schedule import Schedule
from handlers import digest
from handlers.effects import By, Enroll, LinkGroup, Status
from handlers.events import Address, Incoming, Tick
from handlers.excluded import keeps_out
from handlers.graphemes import utf16
from handlers.kinds import KINDS
from handlers.life import ENDED
from handlers.world import Case, Count, Directory, Group, Rules, Shift, World
from storage import directory, shifts, worlds
from storage.audit import Witness
from storage.core import CASES
from storage.retention import Keep
from tests.test_turns import REPORT, RESIDENT
from tests.town import EMERGENCY, GAZETTEER, NOW, WORDS, Town

BANGKOK = ZoneInfo("Asia/Bangkok")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEEP = Keep(30 * DAY, 2 * DAY, 2 * DAY, 7 * DAY, 30 * DAY, 14 * DAY, longest_pause=100 * DAY)
KAN, PROVINCE = Address("telegram", "g-kan"), Address("telegram", "g-prov")
CHIEF, WATCH = Address("line", "c1"), Address("line", "c2")
PEOPLE: list[directory.Change] = [
    LinkGroup(KAN, "TH3801", "th"),
    LinkGroup(PROVINCE, "P:TH-38", "th"),
    Enroll("c1", "coordinator", "TH3801", CHIEF, "en"),
    Enroll("c2", "coordinator", "*", WATCH, "km"),
]
READERS = (KAN, PROVINCE, CHIEF, WATCH)
DESKS = ("TH3801", "TH3802", "TH5703", "P:TH-38", "*")
NUMBERS = itertools.count(1)


def row(**given: Any) -> dict[str, Any]:
    number = next(NUMBERS)
    made = {
        "id": number, "number": f"{number:08}", "kind": "drugs", "district": "TH3801", "desk": "TH3801",
        "status": "new", "urgent": False, "language": "lo", "may_ask": True, "practice": False, "routed": True,
        "opened": NOW - HOUR, "taken": None, "done": None, "details": b"", "reporter": "", "excluded": "",
    }  # fmt: skip
    return {**made, **given}


def some(dice: random.Random) -> dict[str, Any]:
    """A case as it may stand."""
    district = dice.choice(DESKS[:3])
    status = dice.choice(list(Status))
    opened = NOW - dice.choice([HOUR / 2, 2 * HOUR, 11 * HOUR, 30 * HOUR, 100 * HOUR])
    taken = None if status is Status.NEW else opened + dice.random() * (NOW - opened)
    done = opened + dice.random() * (NOW - opened) if status in ENDED or dice.random() < 0.1 else None
    excluded = dice.choice(["", "", "", "police", "district", "police,district"])
    return row(
        kind=dice.choice(list(KINDS)), district=district, desk=dice.choice((district, district, *DESKS)),
        status=status, urgent=dice.random() < 0.3, practice=dice.random() < 0.1, opened=opened, taken=taken, done=done,
        excluded=excluded,
    )  # fmt: skip


async def counted(town: Town, reader: Address, since: datetime) -> tuple[Shift, World]:
    """What the reader's digest would count."""
    person = "" if reader.chat.startswith("g") else reader.chat
    event = Incoming("e", NOW, reader, person, Tick("digest", {"since": since.isoformat()}), group=not person)

    def look(connection: Any) -> tuple[Shift, World]:
        directory.refresh(connection, town.store)
        (world,) = worlds.load(connection, town.store, [event])
        return world.shift, world

    return await town.database.read(look)


async def test_the_counts_are_those_of_the_cases_the_reader_may_know(town: Town) -> None:
    dice = random.Random(7)
    rows = [some(dice) for _ in range(400)]
    await town.database.write(lambda c: directory.change(c, town.store, PEOPLE))
    await town.database.write(lambda c: c.execute(CASES.insert(), rows))
    since, rules = NOW - 12 * HOUR, town.store.rules
    for reader in READERS:
        shift, world = await counted(town, reader, since)
        asked = digest.needs(world, Tick("digest", {"since": since.isoformat()}))
        assert asked is not None
        known = [
            r for r in rows if not keeps_out(list(filter(None, r["excluded"].split(","))), world.group, world.member)
        ]
        mine = [r for r in known if asked.districts is None or r["desk"] in asked.districts]
        opened = [r for r in mine if r["status"] not in ENDED]
        limits = {Status.NEW: rules.overdue_new_hours}
        assert shift.taken == sum(r["taken"] is not None and r["taken"] >= since for r in mine)
        assert shift.closed == sum(
            r["done"] is not None and r["done"] >= since and r["status"] == "closed" for r in mine
        )
        assert shift.open == Counter(r["status"] for r in opened)
        assert shift.overdue == sum(
            r["opened"] <= NOW - limits.get(r["status"], rules.overdue_open_hours) * HOUR for r in opened
        )
        came = [
            r for r in known if r["opened"] >= since and (asked.districts is None or r["district"] in asked.districts)
        ]
        assert sum(c.all for c in shift.new) == len(came)
        assert {c.kind for c in shift.new} == {r["kind"] for r in came}
    assert (await counted(town, KAN, since))[0] != (await counted(town, CHIEF, since))[0], "kept cases are there at all"


async def test_what_is_overdue_is_listed_however_many_older_cases_are_worked_on(town: Town) -> None:
    busy = [row(status="taken", taken=NOW, opened=NOW - 20 * HOUR - n * HOUR / 60) for n in range(70)]
    late = row(opened=NOW - 3 * HOUR)
    await town.database.write(lambda c: directory.change(c, town.store, PEOPLE))
    await town.database.write(lambda c: c.execute(CASES.insert(), [*busy, late]))
    _, world = await counted(town, KAN, NOW - DAY)
    listed = [line for line in digest.text(world, NOW - DAY).split("\n") if line.startswith("🔵")]
    assert late["number"] in listed[0]
    assert len(listed) == digest.MOST_LISTED
    assert digest.text(world, NOW - DAY).endswith(f"และอีก {71 - digest.MOST_LISTED} เรื่อง: /cases เกินเวลา")


def seen(language: str, cases: tuple[Case, ...], scope: str = "TH3801") -> World:
    group = Group(KAN, scope, language)
    new = (Count("TH3801", "drugs", False, 1, 2, 3), Count("TH5703", "people", False, 1, 0, 0))
    return World(
        NOW, WORDS, GAZETTEER, Rules(BANGKOK, EMERGENCY, "1"), Directory({KAN: group}), language=language, group=group,
        cases=cases, shift=Shift(new, 9, 8, Counter(c.status for c in cases), 3),
    )  # fmt: skip


def case(number: int, ago: timedelta, status: Status = Status.NEW, **more: Any) -> Case:
    made = Case(
        number, f"{number:04}-{number:04}", "entry", "TH3801", status, False, "km", True, False, NOW - ago,
        holder=By("ส" * 40, "telegram", "1"),
    )  # fmt: skip
    return replace(made, **more)


@given(
    st.sampled_from(sorted(WORDS)),
    st.integers(0, 200),
    st.sampled_from(["TH3801", "*"]),
    st.text("ก😀", min_size=0, max_size=40),
)
def test_one_message_holds_it_whatever_is_open(language: str, many: int, scope: str, name: str) -> None:
    statuses = itertools.cycle([s for s in Status if s not in ENDED])
    cases = tuple(
        case(n + 1, n * HOUR, status, urgent=n % 7 == 0, holder=By(name))
        for n, status in zip(range(many), statuses, strict=False)
    )
    world = seen(language, cases, scope)
    said = digest.text(world, NOW - DAY)
    assert utf16(said) <= 4096
    listed = [line for line in said.split("\n") if line.startswith(("🔴", "🔵"))]
    pressing = [("🔴" not in line, "⏰" not in line) for line in listed]
    assert pressing == sorted(pressing)
    left = many - len(listed)
    assert (f"{left}" in said.split("\n")[-1]) if left else "/cases" not in said
    assert ("/cases" in said) == bool(left)


@given(st.sampled_from(sorted(WORDS)), st.integers(0, 100), st.integers(0, 59), st.integers(0, 59), st.booleans())
def test_no_minute_of_a_report_can_be_read_from_it(language: str, hours: int, one: int, other: int, new: bool) -> None:
    """Of two reports of the same hour nobody can tell which is which: language and app do not stand in it either."""
    status = Status.NEW if new else Status.CHECKING
    said = {
        digest.text(seen(language, (case(1, timedelta(hours=hours, minutes=m), status, language=spoken),)), NOW - DAY)
        for m, spoken in ((one, "lo"), (other, "th"))
    }
    assert len(said) == 1


def test_a_bare_day_begins_at_midnight_of_the_zone() -> None:
    world = seen("th", ())
    assert digest.since(world, Tick("digest", {"since": "2026-11-23"})) == datetime(2026, 11, 22, 17, tzinfo=UTC)


def schedule(town: Town) -> Schedule:
    parts = (town.database, town.store, town.turns.handle, (time(7), time(18)), BANGKOK, KEEP, town.files)
    return Schedule(*parts, Witness(town.folder / "w.json"))


async def test_each_chat_hears_what_came_since_its_own_last_digest(town: Town) -> None:
    await town.database.write(lambda c: directory.change(c, town.store, PEOPLE[:1]))
    for day, hour, minute in ((23, 2, 40), (23, 11, 0)):  # four hours late in the morning, in time in the evening
        town.clock.now = datetime(2026, 11, day, hour, minute, tzinfo=UTC)
        await schedule(town).digest()
        await town.deliver()
    since = [part["text"].split("\n")[1] for part in town.sent("telegram", "g-kan")]
    assert since == ["🗓 ตั้งแต่ 22 พ.ย. 2569 เวลา 18:00 น.", "🗓 ตั้งแต่ 23 พ.ย. 2569 เวลา 09:40 น."]
    await town.database.write(lambda c: directory.change(c, town.store, PEOPLE[1:2]))
    town.clock.now = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)
    await schedule(town).digest()
    await town.deliver()
    assert "23 พ.ย. 2569 เวลา 18:00" in town.sent("telegram", "g-kan")[-1]["text"], "what two missed digests owe"
    assert "25 พ.ย. 2569 เวลา 18:00" in town.sent("telegram", "g-prov")[-1]["text"], "a new group begins anew"


async def came(town: Town, hour: int, minute: int = 0) -> str:
    """What is new in the digest that is told then (UTC)."""
    town.clock.now = town.clock.now.replace(hour=hour, minute=minute)
    await schedule(town).digest()
    await town.deliver()
    return str(town.sent("line", "c1")[-1]["text"].split("\n")[2])


async def reported(town: Town, at: datetime) -> None:
    """A report whose last word the platform heard then, whenever it is brought."""
    await town.database.write(lambda c: directory.change(c, town.store, PEOPLE))
    for body in REPORT[:-1]:
        await town.says(RESIDENT, body)
    await town.turns.handle([replace(town.event(RESIDENT, REPORT[-1]), at=at)])


async def test_what_a_platform_brings_late_is_in_the_next_digest(town: Town) -> None:
    """Sent before seven, brought after the digest of seven: by its own time it is of a shift that was told already."""
    await town.database.write(lambda c: directory.change(c, town.store, PEOPLE))
    assert await came(town, 0, 1) == "📥 No reports."
    town.clock.tick(minutes=1)
    await reported(town, town.clock() - timedelta(minutes=5))
    assert await came(town, 11) == "📥 1 new"
    town.clock.tick(days=1)
    assert await came(town, 0) == "📥 No reports."


async def test_a_report_whose_alert_waits_over_a_digest_is_in_the_next(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path, alert_delay=1_800.0) as town:
        town.clock.now = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
        await reported(town, town.clock())
        town.clock.tick(seconds=1)
        assert await came(town, 0) == "📥 No reports."
        assert await came(town, 11) == "📥 1 new"
        town.clock.tick(days=1)
        assert await came(town, 0) == "📥 No reports."


@pytest.mark.parametrize("sql", [shifts.CAME, shifts.LATE, shifts.TAKEN, shifts.CLOSED, shifts.STAND, shifts.HANDLED])
async def test_every_count_is_answered_by_an_index(sql: dict[str, str], tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        values = ('["TH3801"]',) * sql["sqlite"].count("json_each") + (0,) * sql["sqlite"].count("?")
        plan = await town.database.read(
            lambda c: c.exec_driver_sql("EXPLAIN QUERY PLAN " + sql["sqlite"], values[: sql["sqlite"].count("?")]).all()
        )
        steps = [p.detail for p in plan if "json_each" not in p.detail and "list" not in p.detail.casefold()]
        assert not [s for s in steps if s.startswith("SCAN")], steps


async def test_how_the_open_stand_is_counted_without_a_look_at_the_cases(tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        plan = await town.database.read(
            lambda c: c.execute(text("EXPLAIN QUERY PLAN " + shifts.STAND["sqlite"].replace("?", "'[1]'"))).all()
        )
        assert any("USING COVERING INDEX cases_open_there" in p.detail for p in plan), plan
