"""The world around the process: a full disk, a clock that jumps, a migration that fails half way."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, select

from bot.channels import Pace, SendError
from bot.turns import Turns, Unavailable
from handlers.events import Address, Command, Incoming, Text
from storage import schema
from storage.core import INBOX, OUTBOX
from storage.database import opened
from storage.spool import Spool
from tests.faults import both, only_full
from tests.faults.checker import Verdict, check
from tests.faults.process import Bot
from tests.faults.test_gone import void
from tests.faults.test_kill import arranged, drained, ready, status, town, witness
from tests.house import at_home, config
from tests.test_turns import REPORT, count, link
from tests.town import Town

NOT_MADE = "the newest schema could not be made, and nothing was changed; trying again"
QUICK = Pace(1000.0, 1000.0, 1000, 1000.0, 1000)
RESIDENT = Address("telegram", "r1")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of six megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
@only_full
async def test_a_full_disk_refuses_and_recovers(small: Path, tmp_path: Path) -> None:
    """Database, spool and media share a full disk: nothing is promised, readiness and log say so, nothing is half
    there, and then it goes on by itself."""
    assert (await filled(small, tmp_path, "")).bad == []


@pytest.mark.slow
@only_full
async def test_a_build_that_promises_what_a_full_disk_does_not_keep_is_found_out(small: Path, tmp_path: Path) -> None:
    assert (await filled(small, tmp_path, "careless")).bad


async def filled(small: Path, folder: Path, how: str) -> Verdict:
    """Residents write while the disk is full, and go on when it is not any more."""
    url = f"sqlite+aiosqlite:///{small}/town.db"
    async with town(folder, url, how, each=3, home=small) as made, arranged(made.bot) as app:
        meant = await witness(app, made)
        ballast = small / "ballast"
        fill(ballast)
        living = [asyncio.create_task(r.report()) for r in made.residents]
        before = made.ledger.acknowledged
        async with asyncio.timeout(120):
            while made.ledger.refused < 20 and (made.ledger.acknowledged < before + 20 or not how):
                await asyncio.sleep(0.05)
        if not how:
            assert await status(made) == 503
            log = (folder / "bot.log").read_text()
            assert "database not available" in log
            assert "spool not writable" in log
        ballast.unlink()
        await asyncio.gather(*living)
        await ready(made)
        await drained(app)
        verdict = await app.database.read(partial(check, app=app, town=made, meant=meant))
        print("\n", how, {"refused while full": made.ledger.refused, **verdict.figures}, verdict.bad[:5])
    return verdict


def fill(ballast: Path) -> None:
    """Until not one page fits any more."""
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 512):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_jumps_and_comes_back_keeps_nobody_waiting(town: Town, days: int) -> None:
    await jumped(town, days, monotonic)
    assert len(town.sent("telegram", "r1")) == len(REPORT)
    assert len(town.sent("telegram", "g-kan")) == 1
    assert await count(town, OUTBOX) == 0


async def test_a_pace_kept_by_the_clock_on_the_wall_is_found_out(town: Town) -> None:
    """The control: after a day forth and back, a day is to be waited."""
    await jumped(town, 1, town.clock.seconds)
    assert len(town.sent("telegram", "r1")) < len(REPORT)


async def jumped(town: Town, days: int, clock: Callable[[], float]) -> None:
    """A report; its first answer is sent while the clock is wrong by so many days, and fails once."""
    await link(town)
    town.dispatcher = town.paced(QUICK)
    town.dispatcher._clock = clock
    town.clock.tick(days=days)
    town.channels["telegram"].failures = [SendError("http 500", 2.0)]
    await town.says(RESIDENT, REPORT[0])
    town.clock.tick(days=-days)
    for body in REPORT[1:]:
        await town.says(RESIDENT, body)
    town.clock.tick(minutes=30)  # an alert that is not urgent leaves when nobody can tell any more who typed it
    await town.deliver()


async def test_one_failure_after_a_jump_of_a_day_is_no_dead_letter(town: Town) -> None:
    await town.turns.handle([town.event(RESIDENT, Command("start"))])
    town.clock.tick(days=1, minutes=1)
    town.channels["telegram"].failures = [SendError("http 500", 2.0)]
    await town.deliver()
    town.clock.tick(minutes=1)
    await town.deliver()
    assert len(town.sent("telegram", "r1")) == 1


def half_a_migration(connection: Connection) -> None:
    """What alembic does, cut off in the middle."""
    change = Operations(MigrationContext.configure(connection))
    schema.migrate(connection)
    change.execute("CREATE TABLE half (id INTEGER)")
    change.execute("DROP TABLE letter")
    raise RuntimeError("the power went")


async def test_a_migration_that_fails_half_way_leaves_nothing_behind(url: str) -> None:
    async with opened(url) as database:
        for _ in range(2):
            with pytest.raises(RuntimeError):
                await database.write(half_a_migration)
            assert await database.read(lambda c: set(inspect(c).get_table_names())) <= {"alembic_version"}
        await database.write(schema.migrate)
        assert await database.read(schema.at_head)
        with pytest.raises(RuntimeError):
            await database.write(half_a_migration)
        assert "letter" in await database.read(lambda c: inspect(c).get_table_names())
        assert await database.read(schema.at_head)


async def test_a_migration_without_a_transaction_is_found_out(tmp_path: Path) -> None:
    """The control: every statement stands at once."""
    with create_engine(f"sqlite:///{tmp_path}/half.db", isolation_level="AUTOCOMMIT").connect() as connection:
        with pytest.raises(RuntimeError):
            half_a_migration(connection)
        assert "half" in inspect(connection).get_table_names()
        connection.engine.dispose()


@pytest.mark.slow
@both
async def test_a_start_whose_migration_fails_says_so_and_goes_on_when_it_can(url: str, tmp_path: Path) -> None:
    """A table of somebody else's is in the way: the log says that the schema could not be made, nothing is half there,
    nobody is listened to; and when the way is free nobody has to start anything.
    """
    told = at_home(tmp_path)
    told["database"]["url"] = url
    bot, log = Bot(config(tmp_path, told)), tmp_path / "bot.log"
    log.touch()
    async with opened(url) as database:
        await database.write(lambda c: void(c.exec_driver_sql("CREATE TABLE letter (id INTEGER)")))
        starting = asyncio.create_task(bot.start())
        try:
            async with asyncio.timeout(30):
                while NOT_MADE not in log.read_text():
                    assert not starting.done()
                    await asyncio.sleep(0.1)
            assert await database.read(lambda c: inspect(c).get_table_names()) == ["letter"]
            assert "is not there" not in log.read_text()
            await database.write(lambda c: void(c.exec_driver_sql("DROP TABLE letter")))
            await starting
            assert await database.read(schema.at_head)
        finally:
            starting.cancel()
            await bot.end()


class Stubborn(Turns):
    """A broken build: puts nothing aside."""

    async def _put_aside(self, event: Incoming, bad: Exception) -> bool:
        return False


def spooled(town: Town, build: type[Turns]) -> Turns:
    """Three events that came while the database was away; the second cannot be handled."""

    def fragile(world: object, event: object) -> tuple[()]:
        if getattr(event, "body", None) == Text("poison"):
            raise ValueError
        return ()

    spool = Spool(town.folder / "spool", town.vault)
    for n, words in enumerate(("one", "poison", "three")):
        spool.keep(spool.number(), [town.event(Address("line", f"U{n}"), Text(words), id=words)])
    turns = build(town.database, town.store, decide=fragile, spool=spool, again=0.01)
    turns.recover()
    return turns


async def test_a_build_that_puts_nothing_aside_is_found_out(town: Town) -> None:
    turns = spooled(town, Stubborn)
    await asyncio.sleep(1)
    assert turns.behind
    await turns.close()


async def test_a_poison_event_in_the_spool_harms_nobody(town: Town) -> None:
    """It fails when its turn comes: put aside alone, the others are handled."""
    turns = spooled(town, Turns)
    async with asyncio.timeout(10):
        while turns.behind:
            await asyncio.sleep(0.01)
    await turns.close()
    keys = await town.database.read(lambda c: set(c.execute(select(INBOX.c.key)).scalars()))
    assert keys == {"line one", "line poison", "line three"}
    assert turns.counts.quarantined == 1
    with pytest.raises(Unavailable):
        await turns.handle([town.event(RESIDENT, Text("late"))])
