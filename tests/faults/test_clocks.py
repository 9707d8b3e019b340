"""Machines whose clocks differ, on one PostgreSQL: all go by the database's, so none takes what another is sending."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import time, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot import checking, reading
from bot.agreed import Agreed
from bot.app import keep
from bot.schedule import Schedule
from bot.settings import Settings
from handlers.events import Address, Command
from storage import clock
from storage.audit import Witness
from storage.core import PROCESS
from storage.database import opened
from storage.outbox import LEASE
from tests.house import at_home, config
from tests.test_schedule import BANGKOK, people
from tests.test_turns import count
from tests.town import Clock, Town

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("url", ["postgres"], indirect=True)]
WRONG = LEASE + timedelta(seconds=10)  # by a clock that is ahead so far, a claim of the others is given up
CLOSE = timedelta(seconds=10)  # the server's clock goes on meanwhile


class Machine:
    """A process whose machine has a clock of its own, which stands still until somebody turns it."""

    def __init__(self, town: Town, own: Clock, times: Sequence[time]) -> None:
        self.town, self.own, self.now = town, own, Agreed(own)
        town.store.now = self.now
        town.dispatcher._now = self.now
        parts = (town.database, town.store, town.turns.handle, times, BANGKOK, keep(Settings()), town.files)
        agree = partial(self.now.agree, town.database)
        steady = partial(int, 5)  # no second passes
        self.schedule = Schedule(*parts, Witness(town.folder / "w.json"), name=town.name, steady=steady, agree=agree)

    async def off(self) -> timedelta:
        """How far its time is from the database's."""
        return abs(self.now() - await self.town.database.read(clock.of_server))


@asynccontextmanager
async def machines(
    url: str, folder: Path, *wrong: timedelta, times: Sequence[time] = ()
) -> AsyncIterator[tuple[Machine, ...]]:
    """They have begun, each with a clock that is wrong by so much."""
    async with AsyncExitStack() as stack:
        towns = [await stack.enter_async_context(Town(url, folder)) for _ in wrong]
        at = await towns[0].database.read(clock.of_server)
        made = tuple(Machine(town, Clock(at + span), times) for town, span in zip(towns, wrong, strict=True))
        for each in made:
            await each.schedule.arrive()
        yield made


async def claimed(one: Machine, two: Machine) -> int:
    """The first begins to send, then the second looks for what there is; how much that one sends."""
    await one.town.turns.handle([one.town.event(Address("telegram", "p1"), Command("start"))])
    await one.town.dispatcher._due(1)
    await two.town.deliver()
    return len(two.town.sent("telegram", "p1"))


@pytest.mark.parametrize("wrong", [WRONG, -WRONG, timedelta(days=400)], ids=["ahead", "behind", "another year"])
async def test_what_one_machine_sends_no_other_takes(url: str, tmp_path: Path, wrong: timedelta) -> None:
    async with machines(url, tmp_path, timedelta(0), wrong) as (one, two):
        assert await claimed(one, two) == 0
        two.own.tick(seconds=LEASE.total_seconds() + 1)
        await two.town.deliver()
        assert len(two.town.sent("telegram", "p1")) == 1, "a lease ends all the same"


async def test_by_its_own_clock_a_machine_would_send_it_as_well(url: str, tmp_path: Path) -> None:
    """The control."""
    async with machines(url, tmp_path, timedelta(0), WRONG) as (one, two):
        two.town.dispatcher._now = two.own
        assert await claimed(one, two) == 1


async def test_machines_count_each_other_whatever_their_clocks_say(url: str, tmp_path: Path) -> None:
    async with machines(url, tmp_path, timedelta(0), WRONG, -WRONG) as towns:
        for each in towns:
            await each.schedule.beat()
        assert await count(towns[0].town, PROCESS) == len(towns)


async def test_a_clock_that_is_set_while_the_bot_runs_is_seen_at_the_next_beat(url: str, tmp_path: Path) -> None:
    async with machines(url, tmp_path, timedelta(0)) as (one,):
        one.own.tick(hours=-3)
        assert await one.off() > CLOSE
        await one.schedule.beat()
        assert await one.off() < CLOSE


async def test_clocks_that_are_kept_right_are_left_alone(url: str, tmp_path: Path) -> None:
    async with machines(url, tmp_path, timedelta(milliseconds=300)) as (one,):
        assert one.now() == one.own()


async def test_a_clock_that_was_wrong_before_the_start_does_not_stop_deleting(url: str, tmp_path: Path) -> None:
    """It did not jump while the bot ran: it was set right as the bot began."""
    async with machines(url, tmp_path, timedelta(days=-2)) as (one,):
        await one.schedule.purge()
        assert one.schedule.stopped == ""


async def test_a_digest_that_this_machine_comes_to_too_early_is_told_when_it_is_due(url: str, tmp_path: Path) -> None:
    """Its own clock says it is time; by the database's it is not yet, and a look later it is."""
    async with opened(url) as database:
        at = await database.read(clock.of_server)
    due = (at.astimezone(BANGKOK) + timedelta(minutes=2)).replace(second=0, microsecond=0)
    async with machines(url, tmp_path, due - at, times=[due.time()]) as (one,):
        await people(one.town)
        await one.schedule.digest()
        await one.town.deliver()
        assert not one.town.sent("telegram", "g-kan")
        one.own.tick(minutes=2)
        for _ in range(2):
            await one.schedule.digest()
            await one.town.deliver()
        assert len(one.town.sent("telegram", "g-kan")) == 1


async def test_check_names_a_clock_that_is_wrong(url: str, tmp_path: Path) -> None:
    told = at_home(tmp_path)
    told["database"]["url"] = url
    for wrong, said in ((WRONG, "40 s ahead of"), (-WRONG, "40 s behind"), (timedelta(0), "")):
        async with machines(url, tmp_path, wrong) as (one,):
            problems = await checking.look(reading.read(config(tmp_path, told), {}), one.own)
        assert [said in line for line in problems if line.startswith("clock")] == [True] * bool(said)
