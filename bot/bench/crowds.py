"""A burst of 5,000 events, and what a turn costs when many people are known."""

import asyncio
import random
from pathlib import Path
from time import perf_counter

from bot import loop
from bot.app import App
from bot.bench.promises import Measured, Pairs
from bot.bench.scene import STEPS, Crowd, scene
from handlers.world import Memory
from storage import prepared, worlds
from storage.core import CONVERSATION
from storage.store import context

BURST, BURSTS = 5_000, 3
FEW, MANY = 10_000, 100_000
ROUNDS = 9
AT_ONCE = 128
KNOWN = STEPS[3:]  # somebody known is asked for neither the language nor the agreement


def measure(
    folder: Path, *, full: bool = False, burst: int = BURST, few: int = FEW, many: int = MANY, rounds: int = ROUNDS
) -> Measured:
    found = loop.run(_burst(folder / "burst", burst))
    found.add(loop.run(_known(folder, few, many, rounds)))
    return found


async def _burst(folder: Path, events: int) -> Measured:
    pairs = Pairs()
    async with scene(f"sqlite+aiosqlite:///{folder}/burst.db", folder) as app:
        crowd = Crowd()
        for _ in range(BURSTS):
            started, ended = perf_counter(), list[float]()
            waiting = [_ending(app, crowd, ended) for _ in range(events)]
            await asyncio.gather(*waiting)
            times = sorted(t - started for t in ended)
            pairs.put(times[len(times) * 99 // 100] * 1e3, times[len(times) // 2] * 1e3)
    slow, middle = pairs.middle
    return Measured({"burst_p99_vs_p50": pairs.ratio}, {"burst": events, "burst_p99_ms": slow, "burst_p50_ms": middle})


async def _ending(app: App, crowd: Crowd, ended: list[float]) -> None:
    await app.turns.handle([crowd.event(next(crowd.chats), STEPS[0])])
    ended.append(perf_counter())


async def _known(folder: Path, few: int, many: int, rounds: int) -> Measured:
    """The same people report in a town of few and in a town of many; a pair is one after the other."""
    pairs = Pairs()
    urls = [f"sqlite+aiosqlite:///{folder}/{name}.db" for name in ("few", "many")]
    async with scene(urls[0], folder / "few") as small, scene(urls[1], folder / "many") as large:
        towns = [(app, crowd, people) for (app, people) in ((small, few), (large, many)) for crowd in [Crowd()]]
        for app, _, people in towns:
            await know(app, people)
        dice = random.Random(1)  # noqa: S311 - who reports, the same in every run
        for app, crowd, people in towns:
            await _cost(app, crowd, people, dice)
        for _ in range(rounds):
            in_small, in_large = [await _cost(app, crowd, people, dice) for app, crowd, people in towns]
            pairs.put(in_large, in_small)
    return Measured({"known_100k_vs_10k": pairs.ratio}, pairs.raw("known_many_and_few", "us"))


async def know(app: App, people: int) -> None:
    """So many people, each with a language and an agreement, sealed as real ones are."""
    store = app.store
    kept = worlds.write_memory(Memory(language="th", agreed=store.rules.notice))
    rows = []
    for person in range(people):
        tag = store.vault.tag("telegram", str(person))
        sealed = store.seal(kept, context("conversation", "memory", tag))
        rows.append({"tag": tag, "memory": sealed, "half": False, "at": store.now()})
    await app.database.write(lambda c: prepared.insert(c, CONVERSATION, rows))


async def _cost(app: App, crowd: Crowd, people: int, dice: random.Random) -> float:
    """Microseconds of a turn while some of these people report, many at once."""
    chosen = dice.sample(range(people), AT_ONCE)
    started = perf_counter()
    for body in KNOWN:
        await asyncio.gather(*(app.turns.handle([crowd.event(chat, body)]) for chat in chosen))
    return (perf_counter() - started) / len(KNOWN) / AT_ONCE * 1e6
