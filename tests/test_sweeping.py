"""The loops of a process: nothing that goes wrong ends them, and what another process left is found without a call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from asyncpg import InternalClientError

from bot.dispatcher import OTHERS_SECONDS, Dispatcher
from handlers.events import Address, Command
from storage.database import gone
from tests.house import House, OnTelegram, until
from tests.town import Town

RESIDENT = Address("telegram", "r1")


class Stumbling:
    """A database whose driver is confused once, in a way that nobody thought of."""

    def __init__(self, real: Any) -> None:
        self.real, self.dialect, self.stumbled = real, real.dialect, False

    async def look(self, work: Any) -> Any:
        return await self._once(self.real.look, work)

    async def write(self, work: Any) -> Any:
        return await self._once(self.real.write, work)

    async def _once(self, do: Any, work: Any) -> Any:
        if not self.stumbled:
            self.stumbled = True
            raise RuntimeError("got result for unknown protocol state")
        return await do(work)


def test_a_server_that_dies_in_the_middle_of_an_answer_is_no_fault_of_the_event() -> None:
    assert gone(InternalClientError("got result for unknown protocol state 3"))
    assert not gone(RuntimeError())


@asynccontextmanager
async def running(dispatcher: Dispatcher) -> AsyncIterator[None]:
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await dispatcher.settle()


async def test_whatever_goes_wrong_sending_goes_on(town: Town) -> None:
    dispatcher = town.made_dispatcher()
    stumbling: Any = Stumbling(town.database)
    dispatcher._database = stumbling
    await town.turns.handle([town.event(RESIDENT, Command("start"))])
    async with running(dispatcher):
        await until(lambda: town.sent("telegram", "r1"))
    assert stumbling.stumbled


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
        running(other.dispatcher),
        asyncio.timeout(3 * OTHERS_SECONDS),
    ):
        await asyncio.sleep(0.1)  # it has looked, and sleeps
        await died.turns.handle([died.event(RESIDENT, Command("start"))])
        await until(lambda: other.sent("telegram", "r1"))
