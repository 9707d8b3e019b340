"""Durable turns on SQLite: decide, words, sealing and all, against `sqlite3` alone and an ORM session an event."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from bot import loop
from bot.app import App
from bot.bench.peers import MISSING, peer
from bot.bench.promises import Measured, Pairs
from bot.bench.scene import STEPS, Crowd, scene
from handlers.values import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: rounds of pairs, turns of a block (some 0.2 seconds), how many wait at once."""

    rounds: int = 9
    lone_rounds: int = 15
    turns: int = 400
    many: int = 128
    some: int = 32


WHOLE = Size()
NAMES = ("turns_128_vs_raw", "turn_p50_vs_raw", "turns_vs_orm")


def measure(folder: Path, *, full: bool = False, size: Size = WHOLE) -> Measured:
    if peer("raw") is None:
        return Measured(skipped=dict.fromkeys(NAMES, MISSING))
    return loop.run(_measure(folder, size))


async def _measure(folder: Path, size: Size) -> Measured:
    found = Measured()
    async with scene(f"sqlite+aiosqlite:///{folder}/ours.db", folder) as app:
        with peer("raw").Raw(folder / "raw.db") as raw:
            crowd, numbers = Crowd(), itertools.count(1)
            await crowd_rate(app, crowd, size.many, size.turns)
            for people, name in ((size.many, "turns_128"), (size.some, "turns_32")):
                pairs = Pairs()
                for _ in range(size.rounds):
                    ours = await crowd_rate(app, crowd, people, size.turns)
                    pairs.put(ours, size.turns / sum(raw_times(raw, numbers, size.turns)))
                found.ratios[f"{name}_vs_raw"] = pairs.ratio
                found.raw |= pairs.raw(name, "per_s")
            lone = Pairs()
            for _ in range(size.lone_rounds):
                times = [t for _ in range(4) for t in await step_times(app, crowd, 1)]
                lone.put(median(times) * 1e3, median(raw_times(raw, numbers, len(times))) * 1e3)
            found.ratios["turn_p50_vs_raw"] = lone.ratio
            found.raw |= lone.raw("turn_p50", "ms")
        found.add(await _against_orm(folder, app, crowd, size))
    return found


async def _against_orm(folder: Path, app: App, crowd: Crowd, size: Size) -> Measured:
    pairs = Pairs()
    async with peer("orm").orm(folder / "orm.db") as orm:
        numbers = itertools.count(1)
        for _ in range(max(1, size.rounds // 2)):
            ours = await crowd_rate(app, crowd, size.many, size.turns)
            started = perf_counter()
            await asyncio.gather(*(orm.turn(next(numbers), chat) for chat in range(size.many)))
            pairs.put(ours, size.many / (perf_counter() - started))
    return Measured({"turns_vs_orm": pairs.ratio}, pairs.raw("turns_orm", "per_s"))


async def step_times(app: App, crowd: Crowd, people: int) -> list[float]:
    """Seconds of every step of a report of so many people, each waiting on its own as a webhook does."""
    times = []
    for events in crowd.reports(people):
        started = perf_counter()
        if len(events) == 1:  # a webhook's own task waits for it; gather would make one more
            await app.turns.handle(events)
        else:
            await asyncio.gather(*(app.turns.handle([event]) for event in events))
        times.append(perf_counter() - started)
    return times


async def crowd_rate(app: App, crowd: Crowd, people: int, least: int = WHOLE.turns) -> float:
    """Durable turns a second with so many waiting all the time, over whole reports."""
    times: list[float] = []
    while len(times) * people < least:
        times += await step_times(app, crowd, people)
    return len(times) * people / sum(times)


def raw_times(raw: object, numbers: Iterator[int], count: int) -> list[float]:
    """Seconds of each turn of the raw peer; every chat comes back once for every step of a report."""
    turn = raw.turn  # type: ignore[attr-defined]
    times = []
    for number in itertools.islice(numbers, count):
        started = perf_counter()
        turn(number, number // len(STEPS))
        times.append(perf_counter() - started)
    return times
