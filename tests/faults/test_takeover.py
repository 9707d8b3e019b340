"""What a process had in hand when it died is taken over: at once by the one that begins, and not said twice on LINE."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from bot.channels import Outgoing
from bot.channels.line import Line
from bot.dispatcher import ASK_SECONDS
from handlers.events import Address, Command
from storage import presence
from storage.core import OUTBOX, PROCESS
from storage.outbox import LEASE, REPLY_SECONDS
from tests.doubles.line import SECRET, TOKEN, FakeLine
from tests.test_turns import count
from tests.town import FREE, Clock, Listener, Town

RESIDENT = "U" + "7" * 32
END_LINES = """
    SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""  # other tests have theirs


class Dying(Listener):
    """Sends, and the process ends before it hears the answer."""

    real: Line | None = None

    async def send(self, out: Outgoing) -> str:
        if self.real:
            await self.real.send(out)
        await super().send(out)
        await asyncio.Event().wait()
        return ""


class OnLine(Listener):
    """The real channel of LINE, as a process that has just begun has it."""

    real: Line | None = None

    async def send(self, out: Outgoing) -> str:
        assert self.real
        await super().send(out)
        return await self.real.send(out)


@dataclass
class Slow(Listener):
    """Telegram, which answers when it is told to."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, out: Outgoing) -> str:
        self.asked.set()
        await self.answers.wait()
        return await super().send(out)


@asynccontextmanager
async def lives(url: str, folder: Path, clock: Clock, channel: Listener) -> AsyncIterator[Town]:
    async with Town(url, folder) as town:
        town.clock = clock
        town.store.now = clock
        town.channels[channel.name] = channel
        town.dispatcher = town.made_dispatcher()
        await arrive(town)
        yield town


async def arrive(town: Town) -> int:
    """As a process does it at its start; how many had died."""
    if town.database.dialect != "postgresql":
        return 0
    died = await town.database.write(partial(presence.bury, store=town.store, name=town.name))
    await town.database.stand(town.name)
    await town.database.write(partial(presence.beat, store=town.store, name=town.name))
    return died


async def dies(town: Town, sends: int) -> None:
    """Its sends arrived; nothing of it is written down."""
    await town.dispatcher.sweep()
    channel = next(c for c in town.channels.values() if isinstance(c, Dying))
    async with asyncio.timeout(10):
        while len(channel.sent) < sends:
            await asyncio.sleep(0.01)
    for task in town.dispatcher._sending.values():
        task.cancel()
    await asyncio.gather(*town.dispatcher._sending.values(), return_exceptions=True)


class Pair:
    """One resident's `/start` on LINE, and the processes that answer it one after the other."""

    def __init__(self, url: str, folder: Path, clock: Clock, line: FakeLine) -> None:
        self.clock, self.line, self._where = clock, line, (url, folder, clock)

    @asynccontextmanager
    async def life(self, channel: OnLine | Dying) -> AsyncIterator[Town]:
        channel.real = Line(SECRET, TOKEN, self.line.url, self.line.url)
        async with lives(*self._where, channel) as town:
            yield town
        await channel.real.close()

    async def hears(self, town: Town, token: str = "") -> None:
        token = token or self.line.reply_token(RESIDENT)
        await town.turns.handle([town.event(Address("line", RESIDENT), Command("start"), reply_token=token)])

    @property
    def seen(self) -> list[str]:
        return self.line.texts(RESIDENT)

    @property
    def ways(self) -> list[str]:
        return [call.path.rpartition("/")[2] for call in self.line.calls if "/message/" in call.path]


@pytest.fixture
async def pair(url: str, tmp_path: Path) -> AsyncIterator[Pair]:
    clock = Clock(datetime(2026, 11, 23, 3, 0, tzinfo=UTC))
    async with FakeLine(now=clock) as line:
        yield Pair(url, tmp_path, clock, line)


async def finishes(pair: Pair) -> None:
    """The next process sends what there is."""
    async with pair.life(OnLine("line")) as town:
        await town.deliver()
        assert await count(town, OUTBOX) == 0


@pytest.mark.parametrize("used", [0, REPLY_SECONDS - 1])
@pytest.mark.parametrize("back", [1, LEASE.total_seconds()])
async def test_a_reply_that_left_is_not_said_again_by_who_takes_over(pair: Pair, used: float, back: float) -> None:
    """The next process, after a whole lease at the latest, asks LINE by the same token whether it was used."""
    async with pair.life(Dying("line")) as town:
        await pair.hears(town)
        pair.clock.tick(seconds=used)
        await dies(town, 1)
    pair.clock.tick(seconds=back)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (1, ["reply", "reply"])


async def test_who_dies_before_it_sends_leaves_it_to_the_next(pair: Pair) -> None:
    """Claimed is not sent: the token says so."""
    async with pair.life(Dying("line")) as town:
        await pair.hears(town)
        await town.dispatcher._due(1)
    pair.clock.tick(seconds=LEASE.total_seconds() + 1)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (1, ["reply"])


@pytest.mark.parametrize("age", [REPLY_SECONDS + 1, ASK_SECONDS + 1])
async def test_what_was_pushed_is_not_replied_by_who_takes_over(pair: Pair, age: float) -> None:
    """Whatever the first one used, the next uses it too: a push is known by its key."""
    async with pair.life(Dying("line")) as town:
        await pair.hears(town)
        pair.clock.tick(seconds=age)
        await dies(town, 1)
    pair.clock.tick(seconds=1)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (1, ["push", "push"])


async def test_a_token_that_line_refuses_is_pushed_for_by_who_takes_over_as_well(pair: Pair) -> None:
    async with pair.life(Dying("line")) as town:
        await pair.hears(town, "never given out")
        await dies(town, 1)
    pair.clock.tick(seconds=1)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (1, ["reply", "push", "push"])


async def test_a_push_that_failed_is_not_taken_for_sent_because_its_token_is_refused(pair: Pair) -> None:
    pair.line.fail("", "500")
    async with pair.life(OnLine("line")) as town:
        await pair.hears(town, "never given out")
        await town.deliver()
    pair.clock.tick(seconds=5)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (1, ["reply", "push", "push"])


@pytest.mark.parametrize("faults", [("lost", "500"), ("drop", "500")], ids=["arrived", "never arrived"])
async def test_who_takes_over_knows_that_an_answer_was_missing(pair: Pair, faults: tuple[str, str]) -> None:
    pair.line.fail(*faults)
    async with pair.life(OnLine("line")) as town:
        await pair.hears(town)
        await town.deliver()
    pair.clock.tick(seconds=5)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (1, ["reply"] * 3)


async def test_a_second_try_that_left_is_not_said_again_by_who_takes_over(pair: Pair) -> None:
    pair.line.fail("429")
    channel = Dying("line")
    async with pair.life(channel) as town:
        await pair.hears(town)
        await town.deliver()
        pair.clock.tick(seconds=2)
        await dies(town, 1)
    pair.clock.tick(seconds=1)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (1, ["reply"] * 3)


@pytest.mark.parametrize("fault", ["429", "500", "lost"])
async def test_doubt_outlives_an_error(pair: Pair, fault: str) -> None:
    """Who takes over and is told to come later asks again then, and so does the one after it."""
    async with pair.life(Dying("line")) as town:
        await pair.hears(town)
        await dies(town, 1)
    pair.clock.tick(seconds=1)
    pair.line.fail(fault, fault)
    for _ in range(2):
        async with pair.life(OnLine("line")) as town:
            await town.deliver()
        pair.clock.tick(seconds=5)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (1, ["reply"] * 4)


async def test_who_comes_too_late_to_ask_says_it_again(pair: Pair) -> None:
    """LINE takes no question any more: better twice than never."""
    async with pair.life(Dying("line")) as town:
        await pair.hears(town)
        await dies(town, 1)
    pair.clock.tick(seconds=ASK_SECONDS + 1)
    await finishes(pair)
    assert (len(pair.seen), pair.ways) == (2, ["reply", "push"])


@pytest.mark.parametrize(("age", "token"), [(REPLY_SECONDS - 1, "t"), (REPLY_SECONDS + 1, "")])
async def test_a_token_is_used_early_or_not_at_all(town: Town, age: float, token: str) -> None:
    await town.turns.handle([town.event(Address("line", RESIDENT), Command("start"), reply_token="t")])
    town.clock.tick(seconds=age)
    await town.deliver()
    assert [used for _, _, used in town.channels["line"].sent] == [token]


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
class TestSeveral:
    """Processes on one PostgreSQL: who died is known in the moment of the death."""

    async def test_who_begins_takes_over_from_the_dead_at_once(self, url: str, tmp_path: Path) -> None:
        clock = Clock()
        async with lives(url, tmp_path, clock, Dying("telegram")) as dead:
            people = [Address("telegram", f"p{n}") for n in range(5)]
            await dead.turns.handle([dead.event(person, Command("start")) for person in people])
            await dies(dead, 5)
            async with lives(url, tmp_path, clock, Listener("telegram")) as too_early:
                await too_early.deliver()  # the other one lives
                assert not too_early.channels["telegram"].sent
                await too_early.database.write(partial(presence.leave, store=too_early.store, name=too_early.name))
        async with lives(url, tmp_path, clock, Listener("telegram")) as next_:
            await next_.deliver()
            assert len(next_.channels["telegram"].sent) == 5
            assert await count(next_, PROCESS) == 1

    async def test_who_leaves_keeps_nothing(self, url: str, tmp_path: Path) -> None:
        clock = Clock()
        async with (
            lives(url, tmp_path, clock, Dying("telegram")) as town,
            lives(url, tmp_path, clock, Listener("telegram")) as other,
        ):
            await town.turns.handle([town.event(Address("telegram", "p1"), Command("start"))])
            await dies(town, 1)
            await town.database.write(partial(presence.leave, store=town.store, name=town.name))
            await other.deliver()
            assert len(other.channels["telegram"].sent) == 1

    async def test_a_line_that_broke_is_taken_up_again(self, url: str, tmp_path: Path) -> None:
        clock = Clock()
        async with lives(url, tmp_path, clock, Listener("telegram")) as town:
            await town.database.write(lambda c: c.exec_driver_sql(END_LINES))
            await arrive(town)
            async with lives(url, tmp_path, clock, Listener("telegram")):
                assert await count(town, PROCESS) == 2

    async def test_who_was_frozen_for_so_long_that_others_took_over_sends_nothing_more(
        self, url: str, tmp_path: Path
    ) -> None:
        """What was on its way comes twice; what only waited for its turn does not."""
        clock, people = Clock(), [Address("telegram", f"p{n}") for n in range(5)]
        slow = Slow("telegram")
        async with (
            lives(url, tmp_path, clock, slow) as frozen,
            lives(url, tmp_path, clock, Listener("telegram")) as other,
        ):
            frozen.dispatcher = frozen.paced(replace(FREE, apart=60.0))
            await frozen.turns.handle([frozen.event(person, Command("start")) for person in people])
            await frozen.dispatcher.sweep()
            async with asyncio.timeout(10):
                await slow.asked.wait()
            clock.tick(seconds=LEASE.total_seconds() + 1)
            await other.deliver()
            slow.answers.set()
            await frozen.deliver()
            assert len(other.channels["telegram"].sent) == 5
            assert len(slow.sent) == 1
            assert await count(other, OUTBOX) == 0
