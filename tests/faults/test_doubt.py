"""How much is in doubt at any moment: what a platform without a key took, and nothing on disk says so yet.

Whatever moment a kill chooses, no more than this comes twice; `test_kill` sees it happen, this shows that it must.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from bot.channels import Outgoing
from bot.turns import Unavailable
from handlers.events import Address, Command, Incoming
from storage.core import OUTBOX
from tests.test_turns import count
from tests.town import FREE, Listener, Town

PEOPLE = 12
LONG, SHORT = 60.0, 0.02  # seconds


@dataclass
class Doubting(Listener):
    """Telegram, which notes at each send how many of those before are not written down yet."""

    town: Town | None = None
    asked: int = 0
    doubts: list[int] = field(default_factory=list)
    stuck: asyncio.Event = field(default_factory=asyncio.Event)
    hangs: str = ""

    async def send(self, out: Outgoing) -> str:
        assert self.town
        written = self.town.turns.counts.events - PEOPLE  # what is left of the events are outcomes
        self.doubts.append(self.asked - written)
        self.asked += 1
        await (self.stuck.wait() if out.chat == self.hangs else asyncio.sleep(SHORT))
        return await super().send(out)


class Fickle:
    """Turns that write nothing down until they are told."""

    def __init__(self, town: Town) -> None:
        self.handle, self.there = town.turns.handle, False

    async def __call__(self, events: Sequence[Incoming]) -> None:
        if not self.there:
            raise Unavailable
        await self.handle(events)


async def doubting(town: Town, apart: float, hangs: str = "") -> Doubting:
    """So many people are owed an answer, and nothing is sent yet."""
    telegram = Doubting("telegram", town=town, hangs=hangs)
    town.channels["telegram"] = telegram
    town.dispatcher = town.paced(replace(FREE, apart=apart))
    people = (Address("telegram", f"p{n}") for n in range(PEOPLE))
    await town.turns.handle([town.event(person, Command("start")) for person in people])
    return telegram


async def test_one_message_is_in_doubt_however_many_wait(town: Town) -> None:
    telegram = await doubting(town, LONG)
    await town.deliver()
    assert telegram.doubts == [0] * PEOPLE


async def test_without_the_turnstile_there_would_be_many(town: Town) -> None:
    """The control."""
    telegram = await doubting(town, 0.0)
    await town.deliver()
    assert max(telegram.doubts) == PEOPLE - 1


@pytest.mark.parametrize("hangs", ["p0", "p5"])
async def test_a_chat_that_hangs_keeps_nobody_waiting(town: Town, hangs: str) -> None:
    telegram = await doubting(town, SHORT, hangs)
    delivering = asyncio.create_task(town.deliver())
    async with asyncio.timeout(10):
        while len(telegram.sent) < PEOPLE - 1:
            await asyncio.sleep(0.01)
    telegram.stuck.set()
    await delivering
    assert len(telegram.sent) == PEOPLE


async def test_a_stop_begins_no_send_that_waits_its_turn(town: Town) -> None:
    telegram = await doubting(town, LONG)
    await town.dispatcher.sweep()
    await town.dispatcher.close()
    assert telegram.asked <= 1
    assert await count(town, OUTBOX) == PEOPLE - telegram.asked


async def test_while_nothing_can_be_written_down_nothing_more_leaves(town: Town) -> None:
    telegram = await doubting(town, SHORT)
    town.dispatcher._handle = fickle = Fickle(town)
    delivering = asyncio.create_task(town.deliver())
    await asyncio.sleep(10 * SHORT)
    assert 1 <= telegram.asked <= 3  # who entered before it was known, and not everybody
    fickle.there = True
    await delivering
    assert len(telegram.sent) == PEOPLE
