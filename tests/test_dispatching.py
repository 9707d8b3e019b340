"""What runs for as long as the process does."""

import asyncio
from typing import Any

from bot.lasting import lasting
from handlers.events import Address, Command
from storage.held import Work
from storage.outbox import LEASE
from tests.town import Town


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
    running = asyncio.create_task(town.dispatcher.run())
    async with asyncio.timeout(20):
        while not town.sent("telegram", "r1"):
            await asyncio.sleep(0.05)
    assert strange.failed
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await town.dispatcher.settle()


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

    running = asyncio.create_task(lasting(part, "part", again=0.0))
    await begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
