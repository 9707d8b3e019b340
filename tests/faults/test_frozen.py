"""A process that stands still in the middle of everything, on PostgreSQL: its machine is frozen, or the network is
gone. Another one takes over while it does, and it wakes up to find that it has been replaced.
"""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic

import aiohttp
import asyncpg
import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.util import await_only

from handlers.events import Address, Command
from storage import presence, recounting, schema
from storage.core import INBOX
from storage.database import BUSY_MS, IDLE_MS, connect, gone
from tests.faults import only_full
from tests.faults.checker import Verdict, check
from tests.faults.driver import Town as Faulty
from tests.faults.process import Bot
from tests.faults.test_kill import arranged, drained, witness
from tests.faults.test_kill import town as of_processes
from tests.town import Town

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("url", ["postgres"], indirect=True)]
LONGER = IDLE_MS / 1000 + 1.5  # seconds
TIMES = 10
HASTE = aiohttp.ClientTimeout(total=2.0)  # a proxy gives up a process that does not answer
CHAT = Address("telegram", "r1")


def still(_: Connection) -> None:
    """The process is not let run."""
    await_only(asyncio.sleep(LONGER))


async def test_who_stands_still_in_a_turn_keeps_nobody_waiting_for_ever(url: str, town: Town) -> None:
    """Its transaction is ended by the server, and nothing of it stands."""
    frozen, taken = connect(url), asyncio.Event()
    event = town.event(CHAT, Command("start"))

    def turn(connection: Connection) -> None:
        locked = town.store.tag(CHAT).encode()[:7]
        connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(locked, "big"))))
        connection.execute(INBOX.insert().values(key="frozen", at=town.store.now()))
        taken.set()
        still(connection)
        connection.execute(select(1))

    standing = asyncio.create_task(frozen.write(turn))
    await taken.wait()
    began = monotonic()
    await town.turns.handle([event])
    assert monotonic() - began < BUSY_MS / 1000
    with pytest.raises(Exception) as failed:
        await standing
    assert gone(failed.value)
    keys = await town.database.read(lambda c: list(c.execute(select(INBOX.c.key)).scalars()))
    assert keys == [f"telegram {event.id}"]
    assert await frozen.write(lambda c: c.execute(select(1)).scalar()) == 1, "it goes on with a new line"
    await frozen.close()


async def test_who_stands_still_in_the_middle_of_a_question_is_cut_off_by_the_others(url: str, town: Town) -> None:
    """asyncpg prepares a statement first: PostgreSQL waits for the rest of the question for ever."""
    frozen = await asyncpg.connect(url.replace("+asyncpg", ""))
    await frozen.transaction().start()
    await frozen.execute("SELECT pg_advisory_xact_lock(7)")
    await frozen.prepare("SELECT 1")
    free = select(func.pg_try_advisory_xact_lock(7))
    for waited, ended in ((0.0, False), (LONGER, True)):
        await asyncio.sleep(waited)
        assert await town.database.write(presence.cut_off) == ended
        assert await town.database.write(lambda c: c.execute(free).scalar()) == ended
    frozen.terminate()


async def test_who_reads_or_repairs_may_think_as_long_as_it_takes(url: str, town: Town) -> None:
    def migrating(connection: Connection) -> int:
        schema.migrate(connection)
        return counted(connection)

    def rebuilding(connection: Connection) -> int:
        recounting.rebuild(connection, town.store.rules.zone)
        return counted(connection)

    def counted(connection: Connection) -> int:
        connection.execute(select(1))
        still(connection)
        return int(connection.execute(select(func.count()).select_from(INBOX)).scalar_one())

    database = town.database
    found = await asyncio.gather(database.read(counted), database.write(migrating), database.write(rebuilding))
    assert list(found) == [0, 0, 0]


def signalled(bot: Bot, what: signal.Signals) -> None:
    assert bot.process
    os.kill(bot.process.pid, what)


@asynccontextmanager
async def beside(bot: Bot) -> AsyncIterator[Bot]:
    """Another process with the same settings."""
    folder = bot.config.parent / "other"
    folder.mkdir()
    (folder / "config.toml").write_text(bot.config.read_text())
    other = Bot(folder / "config.toml", bot.how)
    try:
        yield other
    finally:
        await other.end()


async def frozen_by_turns(made: Faulty, other: Bot) -> Verdict:
    """Two processes take turns at being frozen under load; residents go to the other one meanwhile."""
    dice = random.Random(made.seed)
    here, there, slowest = made.bot, other, 0.0
    async with arranged(made.bot) as app, aiohttp.ClientSession(timeout=HASTE) as http:
        meant = await witness(app, made)
        await other.start()
        for _ in range(TIMES):
            for resident in made.residents:
                resident.http, resident.bot = http, here
            living = [asyncio.create_task(r.report()) for r in made.residents]
            await asyncio.sleep(dice.uniform(0.2, 0.8))
            signalled(here, signal.SIGSTOP)
            await made.cut_short()
            began = monotonic()
            for resident in made.residents:
                resident.bot = there
            await asyncio.gather(*living)
            slowest = max(slowest, monotonic() - began)
            await drained(app)
            signalled(here, signal.SIGCONT)
            here, there = there, here
        await drained(app)
        verdict = await app.database.read(partial(check, app=app, town=made, meant=meant))
        for bot in (here, there):
            assert await bot.stop() == 0
    figures = {"freezes": TIMES, "all answered after": round(slowest, 1), **verdict.figures}
    print("\n", made.bot.how or "product", figures, *verdict.bad[:10], sep="\n  ")
    return verdict


@pytest.mark.slow
@only_full
async def test_two_processes_that_are_frozen_by_turns(url: str, tmp_path: Path) -> None:
    async with of_processes(tmp_path, url) as made, beside(made.bot) as other:
        verdict = await frozen_by_turns(made, other)
    assert verdict.bad == []


@pytest.mark.slow
@only_full
async def test_a_build_whose_transactions_stand_still_for_ever_is_found_out(url: str, tmp_path: Path) -> None:
    async with of_processes(tmp_path, url, "for-ever") as made, beside(made.bot) as other:
        with pytest.raises(AssertionError, match="do not leave"):
            await frozen_by_turns(made, other)
