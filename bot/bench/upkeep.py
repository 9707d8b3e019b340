"""What the counters cost the write that keeps them: a case is filed as it is, and with its counting done twice."""

import asyncio
from datetime import date, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import Connection

from bot.app import App
from bot.bench.promises import Measured
from bot.bench.reading import KINDS
from bot.bench.scene import Crowd, scene
from handlers.effects import Status
from handlers.events import Incoming
from storage import figures, gazetteer
from storage.figures import TallyKey
from storage.store import Store
from storage.turn import take

ROUNDS, CASES = 15, 24
DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(90)]


def measure(folder: Path, *, full: bool = False, rounds: int = ROUNDS, cases: int = CASES) -> Measured:
    return asyncio.run(_measure(folder, rounds, cases))


async def _measure(folder: Path, rounds: int, cases: int) -> Measured:
    """The ratio: a write, of the same without its counting, which is what the second counting is found to cost."""
    crowd, ratios, usual, added = Crowd(), list[float](), list[float](), list[float]()
    async with scene(f"sqlite+aiosqlite:///{folder}/upkeep.db", folder) as app:
        old = [(day, code, kind, str(Status.NEW), False) for day in DAYS for code in places() for kind in KINDS]
        await app.database.write(lambda c: figures.add(c, dict.fromkeys(old, 1), {}))
        again = cycle(old[:: len(KINDS) + 1])  # another page each time, as a case of another district has
        for _ in range(rounds):
            once, twice = list[float](), list[float]()
            events = await ready(app, crowd, 2 * cases)
            for one, other, key in zip(events[:cases], events[cases:], islice(again, cases), strict=True):
                once.append(await seconds(app, one, None))
                twice.append(await seconds(app, other, key))
            write, more = median(once), median(twice) - median(once)
            ratios.append(write / max(write - more, 1e-9))
            usual.append(write)
            added.append(more)
    raw = {"case_write_ms": median(usual) * 1e3, "case_counting_ms": median(added) * 1e3}
    return Measured({"upkeep_vs_write": median(ratios)}, raw)


def places() -> list[str]:
    return sorted(gazetteer.load().districts)


async def ready(app: App, crowd: Crowd, people: int) -> list[Incoming]:
    """The presses that send the reports of so many people, who have done everything before."""
    *before, last = list(crowd.reports(people))
    for events in before:
        await app.turns.handle(events)
    return list(last)


async def seconds(app: App, event: Incoming, also: TallyKey | None) -> float:
    work = partial(filed, store=app.store, event=event, also=also)
    started = perf_counter()
    await app.database.write(work)
    return perf_counter() - started


def filed(connection: Connection, store: Store, event: Incoming, also: TallyKey | None) -> None:
    """The turn that makes the case, and one more counter where one is named."""
    take(connection, store, [event])
    if also:
        figures.add(connection, {also: 1}, {})
