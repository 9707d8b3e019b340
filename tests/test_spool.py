"""The spool: what waits on disk for the database, sealed and in order; and how Turns uses it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from bot.app import keep
from bot.schedule import Schedule
from bot.settings import Settings
from bot.turns import Turns, Unavailable
from handlers.events import (
    Address,
    Choice,
    Command,
    Edited,
    Fate,
    Incoming,
    Media,
    MediaKind,
    MembersJoined,
    Outcome,
    Place,
    Text,
    Tick,
)
from storage import spool
from storage.audit import Witness
from storage.core import CASES, INBOX
from storage.database import Database
from storage.keystore import Keystore
from storage.spool import Spool
from storage.vault import Vault
from tests.test_turns import REPORT, link
from tests.town import NOW, Clock, Town

T = TypeVar("T")
MEDIA = st.builds(
    Media, st.sampled_from(MediaKind), st.text(), st.integers(0, 2**40), caption=st.text(), mark=st.text()
)
BODIES = st.one_of(
    st.builds(Text, st.text()),
    st.builds(Choice, st.text()),
    st.builds(Place, st.floats(-90, 90), st.floats(-180, 180)),
    MEDIA,
    st.builds(Command, st.text(), st.text()),
    st.builds(Edited, st.text(), st.text(), st.none() | MEDIA),
    st.builds(MembersJoined, st.lists(st.text()).map(tuple)),
    st.builds(Tick, st.text(), st.dictionaries(st.text(), st.text())),
)
EVENTS = st.builds(
    Incoming,
    st.text(),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - aware by timezones
    st.builds(Address, st.text(), st.text()),
    st.text(),
    BODIES,
    st.booleans(),
    reply_token=st.text(),
)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(Keystore.open(tmp_path / "keys", lambda: NOW))


def said(number: int, text: str = "เห็นเรือ") -> Incoming:
    return Incoming(f"e{number}", NOW, Address("line", "U1"), "U1", Text(text))


@given(EVENTS)
def test_an_event_comes_back_as_it_went(event: Incoming) -> None:
    assert spool.read(spool.write(event)) == event


def test_it_is_in_order_sealed_and_outlives_the_process(vault: Vault, tmp_path: Path) -> None:
    before = Spool(tmp_path / "spool", vault)
    for n in range(12):
        before.keep(before.number(), [said(n)])
    after = Spool(tmp_path / "spool", vault)
    after.keep(after.number(), [said(12), said(13)])
    kept = after.oldest(100)
    assert [e.id for one in kept for e in one.events] == [f"e{n}" for n in range(14)]
    assert not any("เรือ".encode() in one.path.read_bytes() for one in kept)
    after.forget(kept[:5])
    assert Spool(tmp_path / "spool", vault).waiting() == 8


def test_processes_that_share_a_folder_take_nothing_from_each_other(vault: Vault, tmp_path: Path) -> None:
    spools = [Spool(tmp_path / "spool", vault, Clock()) for _ in range(2)]
    for n in range(6):
        for one in spools:
            one.keep(one.number(), [said(n)])
    kept = spools[0].oldest(100)
    assert [e.id for file in kept for e in file.events] == [f"e{n}" for n in range(6) for _ in spools]
    for one in spools:
        one.forget(kept)  # the second is too late
        assert one.waiting() == 0


def test_a_file_that_cannot_be_opened_is_set_aside_and_holds_up_nobody(vault: Vault, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", vault)
    for n in range(3):
        spool.keep(spool.number(), [said(n)])
    second = sorted((tmp_path / "spool").iterdir())[1]
    second.write_bytes(second.read_bytes()[:-1] + b"x")
    kept = spool.oldest(10)
    assert [len(one.events) for one in kept] == [1, 0, 1]
    spool.forget(kept)
    assert spool.waiting() == 0
    assert [path.suffix for path in (tmp_path / "spool").iterdir()] == [".broken"]


class Fickle:
    """A database that is there or not."""

    def __init__(self, real: Database) -> None:
        self.real, self.there, self.dialect = real, True, real.dialect

    async def write(self, work: Callable[[Connection], T]) -> T:
        if not self.there:
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))
        return await self.real.write(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self.real.read(work)

    async def look(self, work: Callable[[Connection], T]) -> T:
        return await self.real.look(work)

    async def stand(self, name: str) -> None: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def spooling(town: Town, database: Fickle, *, spools: bool = True) -> AsyncIterator[Turns]:
    spool = Spool(town.folder / "spool", town.vault) if spools else None
    turns = Turns(database, town.store, spool=spool, again=0.01)
    try:
        yield turns
    finally:
        await turns.close()


async def count(town: Town, table: Any) -> int:
    return int(await town.database.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()))


async def caught_up(turns: Turns) -> None:
    async with asyncio.timeout(10):
        while turns.behind:
            await asyncio.sleep(0.01)


async def test_a_report_is_taken_while_the_database_is_gone_and_stands_when_it_is_back(town: Town) -> None:
    await link(town)
    database = Fickle(town.database)
    async with spooling(town, database) as turns:
        await turns.handle([town.event(Address("telegram", "r1"), body) for body in REPORT[:3]])
        database.there = False
        for said in REPORT[3:6]:
            await turns.handle([town.event(Address("telegram", "r1"), said)])
        assert turns.behind
        database.there = True
        for body in REPORT[6:]:  # while the spool is replayed, perhaps: nothing overtakes
            await turns.handle([town.event(Address("telegram", "r1"), body)])
        await caught_up(turns)
    assert await count(town, CASES) == 1
    assert await count(town, INBOX) == len(REPORT)
    assert list((town.folder / "spool").iterdir()) == []


async def test_what_was_spooled_and_is_delivered_again_is_handled_once(town: Town) -> None:
    database = Fickle(town.database)
    event = town.event(Address("telegram", "r1"), Command("start"))
    async with spooling(town, database) as turns:
        database.there = False
        for _ in range(3):
            await turns.handle([event])
        database.there = True
        await caught_up(turns)
        await turns.handle([event])
    await town.deliver()
    assert len(town.sent("telegram", "r1")) == 1


async def test_what_was_spooled_before_a_crash_is_replayed_by_the_next_process(town: Town) -> None:
    database = Fickle(town.database)
    database.there = False
    async with spooling(town, database) as turns:
        await turns.handle([town.event(Address("telegram", "r1"), Command("start"))])
    database.there = True
    async with spooling(town, database) as turns:
        assert turns.behind
        turns.recover()
        await caught_up(turns)
    assert await count(town, INBOX) == 1


async def test_two_processes_that_share_a_folder_both_come_back_to_work(town: Town) -> None:
    """Each replays what it finds; who finds that the other was faster goes on all the same."""
    database = Fickle(town.database)
    async with spooling(town, database) as first, spooling(town, database) as second:
        database.there = False
        for n in range(20):
            for turns in (first, second):
                await turns.handle([town.event(Address("telegram", f"r{n}"), Command("start"))])
        database.there = True
        await caught_up(first)
        await caught_up(second)
        assert list((town.folder / "spool").iterdir()) == []
        await second.handle([town.event(Address("telegram", "r1"), Command("help"))])
        assert second.counts.spooled == 20
    assert await count(town, INBOX) == 41


async def test_without_database_and_spool_the_platform_is_asked_to_come_again(town: Town) -> None:
    database = Fickle(town.database)
    (town.folder / "spool").write_text("in the way")
    async with spooling(town, database) as turns:
        database.there = False
        with pytest.raises(Unavailable):
            await turns.handle([town.event(Address("telegram", "r1"), Command("start"))])
        assert turns.behind
        database.there = True
        await caught_up(turns)
        await turns.handle([town.event(Address("telegram", "r1"), Command("start"))])
    assert await count(town, INBOX) == 1


async def test_the_outcome_of_a_send_is_never_spooled_because_its_row_would_be_sent_again(town: Town) -> None:
    database = Fickle(town.database)
    database.there = False
    async with spooling(town, database) as turns:
        with pytest.raises(Unavailable):
            await turns.handle([town.event(Address("telegram", "r1"), Outcome(1, Fate.SENT))])
    assert not (town.folder / "spool").exists()


async def test_a_digest_waits_for_the_database_too(town: Town) -> None:
    await link(town)
    town.clock.now = datetime(2026, 11, 24, 0, 0, 30, tzinfo=UTC)  # 07:00 in Bangkok
    database = Fickle(town.database)
    async with spooling(town, database, spools=False) as turns:
        parts = (town.database, town.store, turns.handle, [time(7)], ZoneInfo("Asia/Bangkok"))
        schedule = Schedule(*parts, keep(Settings()), town.files, Witness(town.folder / "w.json"), again=0.01)
        database.there = False
        digest = asyncio.create_task(schedule.digest())
        await asyncio.sleep(0.1)
        assert not digest.done()
        database.there = True
        await digest
    await town.deliver()
    assert len(town.sent("telegram", "g-kan")) == 1
