"""Several processes on one PostgreSQL: one winner of every race, one digest, one step, one alert, one case."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from bot import calendar
from bot.app import keep
from bot.schedule import Schedule
from bot.settings import Settings
from bot.turns import Unavailable
from handlers.events import Address, Choice, Incoming
from storage.audit import Witness
from storage.core import CASES, HISTORY, INBOX, QUARANTINE
from tests.faults import FULL
from tests.test_turns import OFFICERS, REPORT, count, link
from tests.town import Town

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("url", ["postgres"], indirect=True)]
PAIRS = 200 if FULL else 20
PROCESSES = 10 if FULL else 4


@pytest.fixture
async def towns(url: str, tmp_path: Path) -> AsyncIterator[list[Town]]:
    """As many processes as matter: each its own connections, memory and keys in memory; one database, one keystore."""
    async with AsyncExitStack() as stack:
        made = [await stack.enter_async_context(Town(url, tmp_path)) for _ in range(PROCESSES)]
        for n, town in enumerate(made):
            town.store.random = random.Random(n).randbytes
        await link(made[0])
        yield made


async def test_presses_of_two_officers_of_one_group_through_two_processes(towns: list[Town]) -> None:
    first, second = towns[:2]
    for n in range(PAIRS):
        for body in REPORT:
            await first.turns.handle([first.event(Address("telegram", f"p{n}"), body, id=f"{n} {body}")])
    for town in (first, second):
        town.clock.tick(hours=1)
    await deliver(towns)
    shown = {plain: raw for town in towns for (_, plain), (raw, _) in town.channels["telegram"].claims.items()}
    takes = [raw for plain, raw in shown.items() if plain.startswith("take:") and not plain.endswith(":many")]
    assert len(takes) == PAIRS
    await first.enlist(OFFICERS, "o1", "o2")
    pairs = [
        taken(town, town.event(OFFICERS, Choice(take), sender=who, id=f"{who} {take}"))
        for take in takes
        for town, who in ((first, "o1"), (second, "o2"))
    ]
    await asyncio.gather(*pairs)
    statuses = await first.database.read(lambda c: list(c.execute(select(CASES.c.status)).scalars()))
    assert statuses == ["taken"] * PAIRS
    assert await count(first, QUARANTINE) == 0
    for town in (first, second):
        town.clock.tick(hours=1)
    await deliver(towns)
    for n in range(PAIRS):
        said = [p["text"] for town in towns for p in town.sent("telegram", f"p{n}")]
        assert sum("There is a message" in text for text in said) == 1


async def test_one_event_through_every_process_is_handled_once(towns: list[Town]) -> None:
    for n, body in enumerate(REPORT):
        chat = Address("telegram", "r1")
        await asyncio.gather(*(t.turns.handle([t.event(chat, body, id=f"event {n}")]) for t in towns))
    for town in towns:
        town.clock.tick(hours=1)
    await deliver(towns)
    assert await count(towns[0], CASES) == 1
    assert await count(towns[0], QUARANTINE) == 0
    assert sum(len(t.sent("telegram", "g-kan")) for t in towns) == 1
    assert sum(len(t.sent("telegram", "r1")) for t in towns) == len(REPORT)


async def test_many_schedulers_give_one_digest(towns: list[Town]) -> None:
    assert await digests_of(towns, [town.turns.handle for town in towns]) == 1
    digests = select(func.count()).select_from(INBOX).where(INBOX.c.key.contains("digest:"))
    assert (
        await towns[0].database.read(lambda c: c.execute(digests).scalar_one()) == 2
    )  # the group's, the coordinator's
    assert await count(towns[0], QUARANTINE) == 0


async def test_schedulers_with_keys_of_their_own_would_give_one_each(towns: list[Town]) -> None:
    """The control: the tick of a process is nobody else's."""

    async def own(events: Sequence[Incoming], town: Town, number: int) -> None:
        await town.turns.handle([replace(event, id=f"{event.id} {number}") for event in events])

    assert await digests_of(towns, [partial(own, town=town, number=n) for n, town in enumerate(towns)]) == PROCESSES


async def digests_of(towns: list[Town], handles: Sequence[Callable[[Sequence[Incoming]], Awaitable[None]]]) -> int:
    """How many digests a group gets when every process's schedule, each with its handle, comes to it several times."""
    schedules = []
    for town, handle in zip(towns, handles, strict=True):
        town.clock.now = datetime(2026, 11, 24, 0, 0, 30, tzinfo=UTC)  # 07:00 in Bangkok
        parts = (town.database, town.store, handle, [time(7)], ZoneInfo("Asia/Bangkok"))
        schedules.append(Schedule(*parts, keep(Settings()), town.files, Witness(town.folder / "w.json")))
    await asyncio.gather(*(s.digest() for s in schedules for _ in range(3)))
    await deliver(towns)
    return sum(len(t.sent("telegram", "g-kan")) for t in towns)


async def test_many_schedulers_make_one_step_of_the_ladder(towns: list[Town]) -> None:
    for n in range(PAIRS):
        for body in REPORT:
            await towns[0].turns.handle([towns[0].event(Address("telegram", f"p{n}"), body, id=f"{n} {body}")])
    schedules = [ladder_of(town) for town in towns]
    for made in (1, 2):
        for town in towns:
            town.clock.now = datetime(2026, 11, 24, 1 + made, 0, 30, tzinfo=UTC)  # 09:00 and 10:00 in Bangkok
        await asyncio.gather(*(s.ladder() for s in schedules for _ in range(3)))
        await deliver(towns)
        done = await towns[0].database.read(lambda c: list(c.execute(select(CASES.c.step)).scalars()))
        assert done == [made if made == 1 else 5] * PAIRS, "the second step has nobody until the coordinator"
        nudges = [p["text"] for town in towns for p in town.sent("telegram", "g-kan") if "⏰" in p["text"]]
        assert len(nudges) == PAIRS
    told = select(func.count()).select_from(HISTORY).where(HISTORY.c.action == "step")
    assert await towns[0].database.read(lambda c: c.execute(told).scalar_one()) == 2 * PAIRS
    assert await count(towns[0], QUARANTINE) == 0


def ladder_of(town: Town) -> Schedule:
    parts = (town.database, town.store, town.turns.handle, (), ZoneInfo("Asia/Bangkok"), keep(Settings()), town.files)
    return Schedule(*parts, Witness(town.folder / "w.json"), holidays=calendar.none)


async def taken(town: Town, event: Incoming) -> None:
    """As a platform does it: again, where the process asks for it because it waited too long for the chat's lock."""
    while True:
        try:
            return await town.turns.handle([event])
        except Unavailable:
            await asyncio.sleep(0.1)


async def deliver(towns: list[Town]) -> None:
    """All processes send at once, as they would."""
    await asyncio.gather(*(town.deliver() for town in towns))


async def test_without_one_key_for_all_everybody_would_answer(towns: list[Town]) -> None:
    """The control: the same event under two names is two events."""
    chat = Address("telegram", "r1")
    await asyncio.gather(*(t.turns.handle([t.event(chat, REPORT[0], id=f"{n}")]) for n, t in enumerate(towns)))
    await deliver(towns)
    assert sum(len(t.sent("telegram", "r1")) for t in towns) == PROCESSES
