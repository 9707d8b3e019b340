"""What runs for as long as the process does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.dispatcher import OTHERS_SECONDS
from bot.lasting import lasting
from handlers.events import Address, Command
from storage.held import Work
from storage.outbox import LEASE
from tests.house import House, OnTelegram, until
from tests.town import Town


@asynccontextmanager
async def running(town: Town) -> AsyncIterator[None]:
    task = asyncio.create_task(town.dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await town.dispatcher.settle()


class Strange:
    """Something that fails once, in a way that nobody knows."""

    def __init__(self, real: Any) -> None:
        self.real, self.failed = real, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def look(self, work: Work[Any]) -> Any:
        if not self.failed:
            self.failed = True
            raise KeyError("nobody knows it")
        return await self.real.look(work)

    write = look


async def test_whatever_fails_the_dispatcher_goes_on(town: Town) -> None:
    """Who stopped here would take in messages and answer nobody, until somebody starts the process anew."""
    chat = Address("telegram", "r1")
    await town.turns.handle([town.event(chat, Command("start"))])
    strange: Any = Strange(town.database)
    town.dispatcher._database = strange
    async with running(town):
        await until(lambda: town.sent("telegram", "r1"))
    assert strange.failed


async def test_a_message_that_cannot_be_looked_at_stays_and_is_tried_again(town: Town) -> None:
    chat = Address("line", "U1")
    tried: list[int] = []

    class Doubtful(Strange):
        async def carry(self, row: Any) -> Any:
            tried.append(row.id)
            if len(tried) < 2:
                raise KeyError("nobody knows it")
            return await self.real.carry(row)

    await town.turns.handle([town.event(chat, Command("start"))])
    doubtful: Any = Doubtful(town.gauge)
    town.dispatcher._gauge = doubtful
    await town.deliver()
    town.clock.tick(seconds=LEASE.total_seconds() + 1)  # on PostgreSQL it is claimed until then
    await town.deliver()
    assert len(town.sent("line", "U1")) == 1
    assert tried


async def test_a_part_that_fails_begins_anew_until_it_ends_by_itself() -> None:
    tries: list[int] = []

    async def part() -> None:
        tries.append(len(tries))
        if len(tries) < 3:
            raise KeyError("nobody knows it")

    await lasting(part, "part", again=0.0)
    assert tries == [0, 1, 2]


async def test_a_part_that_is_stopped_stays_stopped() -> None:
    begun = asyncio.Event()

    async def part() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(lasting(part, "part", again=0.0))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


class Confused:
    """Turns that fail once, in a way that nobody thought of."""

    def __init__(self, real: Any) -> None:
        self.real, self.failed = real, False

    async def handle(self, events: Any) -> None:
        if not self.failed:
            self.failed = True
            raise RuntimeError("confused")
        await self.real.handle(events)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


async def test_whatever_goes_wrong_updates_are_asked_for_again(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",), mode="polling") as house:
        turns: Any = Confused(house.app.turns)
        house.app.turns = turns
        await OnTelegram(house, 5001).write("/start")
        await until(lambda: house.telegram.asked("sendMessage"))
        assert turns.failed


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_a_process_to_which_nobody_writes_sends_what_one_that_died_left(url: str, tmp_path: Path) -> None:
    async with (
        Town(url, tmp_path) as other,
        Town(url, tmp_path) as died,
        running(other),
        asyncio.timeout(3 * OTHERS_SECONDS),
    ):
        await asyncio.sleep(0.1)  # it has looked, and sleeps
        await died.turns.handle([died.event(Address("telegram", "r1"), Command("start"))])
        await until(lambda: other.sent("telegram", "r1"))
