"""Die at the n-th step, for every n: before and after each commit and each send. All of a step is there, or nothing."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select

from bot.channels import Outgoing
from bot.turns import Turns
from handlers.events import Choice, Incoming
from storage import turn
from storage.core import CASES, CONVERSATION, INBOX, OUTBOX, QUARANTINE
from storage.database import Database, opened
from storage.outbox import LEASE
from storage.store import Store
from tests.faults import FULL
from tests.test_turns import OFFICERS, REPORT, RESIDENT, link
from tests.town import Listener, Town

T = TypeVar("T")
Work = Callable[[Connection], T]
NUMBER = re.compile(r"\b[0-9A-Z]{2,}(-[0-9A-Z]+)+\b")
MOST = 500  # steps; one report has fewer
EVERY = 1 if FULL else 17  # of the steps


class Died(BaseException):
    """The process ended here."""


@dataclass
class Steps:
    """Counts; at the n-th step the process dies, and whatever still runs does nothing any more."""

    last: int
    done: int = 0
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self) -> None:
        self.done += 1
        if self.done >= self.last:
            self.dead.set()
            raise Died


@dataclass
class Fragile:
    """A database with a step before the transaction, one before its commit and one after it."""

    real: Database
    step: Steps
    dialect: str

    async def write(self, work: Work[T]) -> T:
        def and_die(connection: Connection) -> T:
            result = work(connection)
            self.step()
            return result

        self.step()
        result = await self.real.write(and_die)
        self.step()
        return result

    async def read(self, work: Work[T]) -> T:
        return await self.real.read(work)

    async def look(self, work: Work[T]) -> T:
        return await self.real.look(work)

    async def stand(self, name: str) -> None: ...

    async def close(self) -> None: ...


@dataclass
class Wire:
    """A channel with a step before and one after each send."""

    real: Listener
    step: Steps

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    async def send(self, out: Outgoing) -> str:
        self.step()
        sent = await self.real.send(out)
        self.step()
        return sent


@dataclass
class TwoCommits:
    """A broken build: that an event was handled stands before what it brought about."""

    turns: Turns
    database: Database
    store: Store

    async def handle(self, events: Sequence[Incoming]) -> None:
        new, _ = await self.database.write(lambda c: turn.first_time(c, self.store, events))
        await self.turns.handle([replace(e, id=f"{e.id} then") for e in new])

    async def close(self) -> None:
        await self.turns.close()


def fragile(town: Town, last: int, broken: bool) -> Steps:
    """The town's parts, put together anew around things that die at step `last`."""
    step = Steps(last)
    database = Fragile(town.database, step, town.database.dialect)
    town.turns = Turns(database, town.store)
    if broken:
        town.turns = TwoCommits(town.turns, database, town.store)  # type: ignore[assignment]
    parts = town.dispatcher
    parts._database, parts._handle = database, town.turns.handle
    parts._channels = {name: Wire(c, step) for name, c in town.channels.items()}  # type: ignore[misc]
    return step


@dataclass
class Platform:
    """Delivers every event until it was taken, however often the process dies under it."""

    at: int = 0

    async def play(self, town: Town) -> None:
        """A report, and an officer who takes it."""
        while self.at < len(REPORT):
            await town.turns.handle([town.event(RESIDENT, REPORT[self.at], id=f"event {self.at}")])
            self.at += 1
            await town.deliver()
        await town.deliver()
        alert = town.sent("telegram", "g-kan")[-1]
        take = next((b[1] for b in alert["buttons"] if b[1].startswith("take:")), "")
        if take:
            await town.turns.handle([town.event(OFFICERS, Choice(take), sender="o1", message="m1", id="taken")])
        await town.deliver()


def state(connection: Connection) -> list[object]:
    cases = connection.execute(select(CASES.c.kind, CASES.c.district, CASES.c.status)).all()
    inbox = sorted(connection.execute(select(INBOX.c.key)).scalars())
    rest = [len(connection.execute(select(table)).all()) for table in (CONVERSATION, OUTBOX, QUARANTINE)]
    return [cases, inbox, rest]


def heard(town: Town, channels: dict[str, Listener]) -> list[list[str]]:
    """What each chat was shown, without the numbers and without what came twice in a row."""
    found = []
    for chat in (RESIDENT, OFFICERS):
        texts = [NUMBER.sub("#", part["text"]) for to, part, _ in channels[chat.channel].sent if to == chat.chat]
        found.append([text for n, text in enumerate(texts) if not n or texts[n - 1] != text])
    return found


async def lives(
    url: str, folder: Path, deaths: list[int], broken: bool = False
) -> tuple[list[object], list[list[str]], int, bool]:
    """One town that dies at these steps, one death a life, and then lives on. Its end state, and the steps it took."""
    platform, channels, died = Platform(), dict[str, Listener](), False
    for last in [*deaths, MOST]:
        async with Town(url, folder) as town:
            if channels:
                town.channels |= channels
                for channel in channels.values():
                    channel.meaning = town.meanings  # the database of the life before is closed
                town.clock.tick(seconds=LEASE.total_seconds() + 1)
            else:
                channels = town.channels
                await link(town)
            town.dispatcher._channels = channels
            step = fragile(town, last, broken)
            playing = asyncio.create_task(platform.play(town))
            dying = asyncio.create_task(step.dead.wait())
            await asyncio.wait({playing, dying}, return_when=asyncio.FIRST_COMPLETED)
            died = died or step.dead.is_set()
            for task in (playing, dying, *town.dispatcher._sending.values()):
                task.cancel()
            await asyncio.gather(playing, dying, return_exceptions=True)
            if last == MOST:
                await playing
                return await town.database.read(state), heard(town, channels), step.done, died
            town.turns = Turns(town.database, town.store)
    raise AssertionError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # who dies closes no connection
async def test_whatever_the_step_the_end_is_the_same(url: str, tmp_path: Path) -> None:
    (tmp_path / "well").mkdir()
    meant, seen, steps, _ = await lives(url_of(url, 0), tmp_path / "well", [])
    assert steps > 40
    for n in range(1, steps, EVERY):
        await emptied(url)
        folder = tmp_path / f"died{n}"
        folder.mkdir()
        there, heard_, _, died = await lives(url_of(url, n), folder, [n])
        assert died
        assert (n, there, heard_) == (n, meant, seen)


async def test_a_build_with_two_commits_is_found_out(tmp_path: Path) -> None:
    found = []
    for deaths in ([], [4], [5]):
        folder = tmp_path / f"died{deaths}"
        folder.mkdir()
        there, seen, _, _ = await lives(f"sqlite+aiosqlite:///{folder}/town.db", folder, deaths, broken=True)
        found.append((there, seen))
    assert any(one != found[0] for one in found[1:])


async def emptied(url: str) -> None:
    """On PostgreSQL all lives share one database; a new one begins with nothing."""
    if url.startswith("postgres"):
        async with opened(url) as database:
            for sql in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
                await database.write(partial(run, sql=sql))


def run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql)


def url_of(url: str, n: int) -> str:
    return url.replace("town.db", f"town{n}.db")
