"""Keys turn without a stop: what lives goes on being read, and of what is over nothing can be."""

import asyncio
import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from handlers.events import Address, Command, Media, MediaKind
from storage import clock, outbox, rotation
from storage.core import CASES, CONTACT, CONVERSATION, FILE, GROUP, MEMBER, WRAP
from storage.database import shred
from storage.handles import LIFE
from storage.held import Work
from storage.keystore import week
from storage.store import Store
from storage.tables import MODELS
from storage.vault import CannotOpen
from tests.test_apart import finish, number, purge
from tests.test_media import picture
from tests.test_schedule import schedule
from tests.test_turns import OFFICERS, REPORT, RESIDENT, link, report
from tests.town import Town

WEEK = timedelta(weeks=1)
WORDS = "A boat without lights"


async def turn(town: Town) -> int:
    return await rotation.turn(town.database, town.store)


async def weeks(town: Town, count: int) -> None:
    for _ in range(count):
        town.clock.now += WEEK
        await turn(town)


async def with_photo(town: Town) -> str:
    """A report with a photo; the file's id."""
    await link(town)
    town.channels["telegram"].files["ref"] = picture("JPEG")
    for body in (*REPORT[:-1], Media(MediaKind.PHOTO, "ref"), REPORT[-1]):
        await town.says(RESIDENT, body)
    return str(await town.database.read(lambda c: c.execute(select(FILE.c.file)).scalar_one()))


async def details(town: Town) -> str:
    """What an officer who asks gets to read."""
    await town.says(OFFICERS, Command("details", await number(town)), sender="o1")
    return str(town.sent("telegram", "o1")[-1]["text"]) if town.sent("telegram", "o1") else ""


async def test_an_open_case_is_read_and_answered_for_as_long_as_it_is_open(town: Town) -> None:
    photo = await with_photo(town)
    await weeks(town, 10)
    assert town.keystore.epochs("hot") == [week(town.clock() - n * WEEK) for n in (2, 1, 0)]
    assert WORDS in await details(town)
    assert await town.files.get(photo) is not None
    assert await town.files.get_original(photo) is not None
    before = len(town.sent("telegram", "r1"))
    await town.says(OFFICERS, Command("take", await number(town)), sender="o1")
    assert len(town.sent("telegram", "r1")) == before + 1, "groups, people and addresses are known"


async def test_of_a_closed_case_the_server_can_read_nothing_after_three_weeks(town: Town) -> None:
    photo = await with_photo(town)
    await finish(town)
    await weeks(town, 2)
    assert WORDS in await details(town)
    await weeks(town, 1)
    town.channels["telegram"].sent.clear()
    assert WORDS not in await details(town)
    assert await town.files.get(photo) is None
    await weeks(town, 2)
    assert await town.database.read(lambda c: c.execute(select(WRAP)).all()) == []


async def test_a_case_reopened_in_time_is_kept(town: Town) -> None:
    await link(town)
    await report(town)
    await finish(town)
    await weeks(town, 1)
    await town.database.write(lambda c: c.execute(CASES.update().values(status="taken")))
    await weeks(town, 6)
    assert WORDS in await details(town)


async def test_a_key_that_an_open_case_still_needs_is_never_destroyed(town: Town) -> None:
    """The bot was off for a quarter of a year; and a case came to life again behind the step that looks for them."""
    await link(town)
    await report(town)
    town.clock.tick(days=100)
    for purpose, epoch in rotation.old(town.store):
        if purpose != "reporter":
            look = partial(rotation.needed, store=town.store, purpose=purpose, epoch=epoch)
            assert await town.database.read(look)
    assert await turn(town) > 0
    assert WORDS in await details(town)


async def test_a_clock_that_jumps_destroys_no_key(town: Town) -> None:
    await link(town)
    await report(town)
    ticking = schedule(town)
    await ticking.purge()
    town.clock.tick(days=400)
    await ticking.rotate()
    assert "2026W48" in town.keystore.epochs("hot")
    await town.database.write(lambda c: clock.allow(c, town.clock()))  # an operator says that it is right
    await ticking.purge()
    await ticking.rotate()
    assert "2026W48" not in town.keystore.epochs("hot")
    assert WORDS in await details(town)


class Dies:
    """A database whose process is killed at the nth write; the transaction of that write does not stand."""

    def __init__(self, town: Town, at: int) -> None:
        self.real, self.left, self.dialect = town.database, at, town.database.dialect

    async def write(self, work: Work[Any]) -> Any:
        self.left -= 1
        if self.left == 0:

            def half(connection: Connection) -> None:
                work(connection)
                raise KeyboardInterrupt

            return await self.real.write(half)
        return await self.real.write(work)

    async def read(self, work: Work[Any]) -> Any:
        return await self.real.read(work)

    look = read

    async def stand(self, name: str) -> None: ...

    async def close(self) -> None: ...


async def test_killed_at_any_step_it_goes_on_where_it_was(town: Town) -> None:
    photo = await with_photo(town)
    for step in range(1, 12):
        town.clock.now += WEEK
        with contextlib.suppress(KeyboardInterrupt):
            await rotation.turn(Dies(town, step), town.store)
        assert await town.files.get(photo) is not None
        await turn(town)
        assert WORDS in await details(town)
    assert len(town.keystore.epochs("hot")) == 3


async def test_several_processes_turn_the_keys_while_reports_come(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path) as one, Town(url, tmp_path) as two:
        await link(one)
        await report(one)
        for n in range(4):
            for town in (one, two):
                town.clock.now += WEEK
            chat = Address("telegram", f"r{n + 10}")
            await asyncio.gather(turn(one), turn(two), one.turns.handle([one.event(chat, Command("start"))]))
        assert one.turns.counts.quarantined == two.turns.counts.quarantined == 0
        assert len(one.keystore.epochs("hot")) == 3

        def readable(connection: Connection) -> list[bytes]:
            return [
                one.vault.open(sealed, f"nts1|conversation|memory|{tag}|1")
                for tag, sealed in connection.execute(select(CONVERSATION.c.tag, CONVERSATION.c.memory))
            ]

        assert len(await one.database.read(readable)) == 5


async def test_what_was_changed_meanwhile_is_not_put_back(town: Town) -> None:
    await town.says(RESIDENT, Command("start"))
    town.clock.now += WEEK

    def overtaken(connection: Connection) -> tuple[bytes, bytes]:
        newer = b"sealed by somebody who was faster"

        class Racing(rotation.Renewed):
            def again(self, store: Store, row: Any, sealed: bytes) -> bytes:
                connection.execute(CONVERSATION.update().values(memory=newer))
                return super().again(store, row, sealed)

        rotation.renew(connection, town.store, Racing(CONVERSATION, "tag", "memory"))
        return newer, connection.execute(select(CONVERSATION.c.memory)).scalar_one()

    newer, kept = await town.database.write(overtaken)
    assert kept == newer


async def test_what_nobody_can_open_keeps_no_key_alive_and_stops_nothing(town: Town) -> None:
    await link(town)
    await report(town)
    broken = town.vault.wrap(town.vault.case_key(), 1)  # of another case
    await town.database.write(lambda c: c.execute(WRAP.update().values(wrapped=broken)))
    await weeks(town, 4)
    assert len(town.keystore.epochs("hot")) == 3


@pytest.mark.parametrize("purpose", ["hot", "contact"])
def test_a_key_dies_three_weeks_after_its_week_began(purpose: Any, tmp_path: Path) -> None:
    town = Town(f"sqlite+aiosqlite:///{tmp_path}/x.db", tmp_path)
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    town.clock.now = monday + WEEK - timedelta(seconds=1)
    epoch = town.keystore.current(purpose)[0]
    town.clock.now = monday + 3 * WEEK - timedelta(seconds=1)
    assert (purpose, epoch) not in rotation.old(town.store)
    town.clock.now = monday + 3 * WEEK
    assert (purpose, epoch) in rotation.old(town.store)


def test_of_the_months_the_last_two_stay(tmp_path: Path) -> None:
    town = Town(f"sqlite+aiosqlite:///{tmp_path}/x.db", tmp_path)
    for moment in ((2026, 11, 1), (2026, 12, 31), (2027, 1, 31)):
        town.clock.now = datetime(*moment, tzinfo=UTC)
        town.keystore.current("reporter")
    assert rotation.old(town.store) == [("reporter", "2026M11")]


BY_CASE_KEY = {"case", "wrap", "archive", "media"}  # readable as long as a wrap of the case's key is
DAYS = {"outbox", "letter", "quarantine", "handle", "trail", "code"}  # gone before their key is


@pytest.mark.parametrize("table", MODELS.tables.values(), ids=lambda t: t.name)
def test_whatever_is_sealed_is_renewed_or_dies_with_its_key_on_purpose(table: Any) -> None:
    renewed = {(what.table.name, what.column) for what in rotation.RENEWED}
    lost = [
        column.name
        for column in table.columns
        if column.info["rest"] in ("sealed", "key")
        and (table.name, column.name) not in renewed
        and column.info["keep"] not in BY_CASE_KEY | DAYS
    ]
    assert lost == [], "add it to storage.rotation.RENEWED, or say here why it may die after three weeks"


def test_whatever_waits_to_be_sent_or_pressed_lives_less_long_than_its_key() -> None:
    shortest = rotation.KEPT - WEEK  # sealed in the last second of its week
    assert shortest >= LIFE
    assert shortest > outbox.FARTHEST


# --- what is gone is gone


def raw(town: Town) -> bytes:
    """The database's files as a thief finds them."""
    return b"".join(path.read_bytes() for path in sorted(town.folder.glob("town.db*")))


# The files of a PostgreSQL server are not ours to read, and its readers are in nobody's way.
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@ON_SQLITE
async def test_a_deleted_key_is_in_no_file_any_more(town: Town) -> None:
    await link(town)
    for n in range(20):
        await report(town, Address("telegram", f"r{n}"))
    wraps = await town.database.read(lambda c: list(c.execute(select(WRAP.c.wrapped)).scalars()))
    addresses = await town.database.read(lambda c: list(c.execute(select(CONTACT.c.address)).scalars()))
    secrets = [*wraps, *addresses]
    assert all(secret in raw(town) for secret in secrets), "the control: what is there is found"
    await town.database.write(lambda c: c.execute(WRAP.delete()))
    await town.database.write(lambda c: c.execute(CONTACT.delete()))
    assert any(secret in raw(town) for secret in secrets), "the log still has it"
    assert await shred(town.database)
    assert not any(secret in raw(town) for secret in secrets)
    assert (town.folder / "town.db-wal").stat().st_size == 0


@ON_SQLITE
async def test_a_reader_in_the_way_is_not_waited_for(town: Town) -> None:
    await report(town)
    reader = sqlite3.connect(town.folder / "town.db")
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM cases").fetchall()
    await report(town)
    assert not await shred(town.database)
    reader.close()
    assert await shred(town.database)


async def test_shredding_leaves_the_database_at_work(town: Town) -> None:
    await link(town)
    await report(town)
    await shred(town.database)
    await report(town, Address("telegram", "r2"))
    await purge(town)
    await shred(town.database)
    assert len(await town.database.read(lambda c: c.execute(select(CASES)).all())) == 2


async def test_a_destroyed_key_opens_no_copy_of_the_database(town: Town) -> None:
    await link(town)
    await report(town)
    copy = await town.database.read(lambda c: c.execute(select(CONTACT.c.case_id, CONTACT.c.address)).one())
    groups = await town.database.read(lambda c: c.execute(select(GROUP.c.tag, GROUP.c.chat)).one())
    members = await town.database.read(lambda c: c.execute(select(MEMBER.c.tag, MEMBER.c.person)).first())
    assert members
    await weeks(town, 3)
    for opener, sealed, place in (
        (town.vault.open_contact, copy.address, f"nts1|contact|address|{copy.case_id}|1"),
        (town.vault.open, groups.chat, f"nts1|officer_group|chat|{groups.tag}|1"),
        (town.vault.open, members.person, f"nts1|member|person|{members.tag}|1"),
    ):
        with pytest.raises(CannotOpen):
            opener(sealed, place)
