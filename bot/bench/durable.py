"""Durable turns on SQLite: decide, words, sealing and all, against `sqlite3` alone and an ORM session an event."""

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from bot.app import App
from bot.bench.peers import MISSING, peer
from bot.bench.promises import Measured, Pairs
from bot.bench.scene import STEPS, Crowd, scene

ROUNDS, LONE_ROUNDS = 9, 15
RAW_TURNS = 400  # a block of the peer: some 0.2 seconds
NAMES = ("turns_128_vs_raw", "turn_p50_vs_raw", "turns_vs_orm")


def measure(folder: Path, *, full: bool = False, rounds: int = ROUNDS) -> Measured:
    if peer("raw") is None:
        return Measured(skipped=dict.fromkeys(NAMES, MISSING))
    return asyncio.run(_measure(folder, rounds))


async def _measure(folder: Path, rounds: int) -> Measured:
    found = Measured()
    async with scene(f"sqlite+aiosqlite:///{folder}/ours.db", folder) as app:
        with peer("raw").Raw(folder / "raw.db") as raw:
            crowd, numbers = Crowd(), itertools.count(1)
            await crowd_rate(app, crowd, 128)
            for people in (128, 32):
                pairs = Pairs()
                for _ in range(rounds):
                    pairs.put(await crowd_rate(app, crowd, people), RAW_TURNS / sum(raw_times(raw, numbers, RAW_TURNS)))
                found.ratios[f"turns_{people}_vs_raw"] = pairs.ratio
                found.raw |= pairs.raw(f"turns_{people}", "per_s")
            lone = Pairs()
            for _ in range(max(3, LONE_ROUNDS * rounds // ROUNDS)):
                times = [t for _ in range(4) for t in await step_times(app, crowd, 1)]
                lone.put(median(times) * 1e3, median(raw_times(raw, numbers, len(times))) * 1e3)
            found.ratios["turn_p50_vs_raw"] = lone.ratio
            found.raw |= lone.raw("turn_p50", "ms")
        found.add(await _against_orm(folder, app, crowd, max(3, rounds // 2)))
    return found


async def _against_orm(folder: Path, app: App, crowd: Crowd, rounds: int) -> Measured:
    pairs = Pairs()
    async with peer("orm").orm(folder / "orm.db") as orm:
        numbers = itertools.count(1)
        for _ in range(rounds):
            ours = await crowd_rate(app, crowd, 128)
            started = perf_counter()
            await asyncio.gather(*(orm.turn(next(numbers), chat) for chat in range(128)))
            pairs.put(ours, 128 / (perf_counter() - started))
    return Measured({"turns_vs_orm": pairs.ratio}, pairs.raw("turns_orm", "per_s"))


async def step_times(app: App, crowd: Crowd, people: int) -> list[float]:
    """Seconds of every step of a report of so many people, each waiting on its own as a webhook does."""
    times = []
    for events in crowd.reports(people):
        started = perf_counter()
        await asyncio.gather(*(app.turns.handle([event]) for event in events))
        times.append(perf_counter() - started)
    return times


async def crowd_rate(app: App, crowd: Crowd, people: int) -> float:
    """Durable turns a second with so many waiting all the time, over whole reports."""
    times: list[float] = []
    while len(times) * people < RAW_TURNS:
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
