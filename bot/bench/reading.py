"""A summary of seven days: what more cases cost it, and what counting the cases themselves would cost."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import Connection, text

from bot.bench.promises import Measured, Pairs
from bot.bench.scene import scene
from handlers.world import Count, Query
from storage import figures, gazetteer
from storage.database import Database
from storage.held import Work

LAST = date(2026, 11, 23)
WEEK = Query(figures=True, since=LAST - timedelta(days=6), until=LAST)
DAYS = 365
KINDS = ("drugs", "people", "entry", "goods", "scam", "weapons", "other")
DISTRICTS = 44
ROUNDS = 15
# Cases spread evenly by multiplying with primes: every district, kind and status in every mix.
CASES = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :cases)
INSERT INTO counted SELECT i, (SELECT day FROM days WHERE number = (i * 7919) % :days),
 (SELECT code FROM codes WHERE number = (i * 104729) % :districts),
 (SELECT kind FROM kinds WHERE number = (i * 1299709) % 7),
 CASE (i * 15485863) % 3 WHEN 0 THEN 'new' WHEN 1 THEN 'taken' ELSE 'closed' END, 0 FROM n
"""
TALLY = """
INSERT INTO tally (day, district, kind, practice, untaken, taken, done)
SELECT day, district, kind, practice, sum(status = 'new'), sum(status = 'taken'), sum(status = 'closed')
FROM counted GROUP BY day, district, kind, practice
"""
WAITS = """
INSERT INTO wait (day, district, minutes, count)
SELECT day, district, 5 + id % 90, count(*) FROM counted WHERE status <> 'new' GROUP BY 1, 2, 3
UNION ALL SELECT day, '*', 5 + id % 90, count(*) FROM counted WHERE status <> 'new' GROUP BY 1, 3
"""
GROUP_BY = (
    "SELECT district, kind, practice, sum(status = 'new'), sum(status = 'taken'), sum(status = 'done') "
    "FROM counted WHERE day BETWEEN ? AND ? GROUP BY district, kind, practice"
)


def measure(folder: Path, *, full: bool = False, cases: tuple[int, int] = (100_000, 1_000_000)) -> Measured:
    return asyncio.run(_measure(folder, [*cases, *([10 * cases[1]] if full else [])]))


async def _measure(folder: Path, sizes: list[int]) -> Measured:
    found, times = Measured(), dict[int, list[float]]()
    for size in sizes:
        place = folder / str(size)
        async with scene(f"sqlite+aiosqlite:///{place}/cases.db", place) as app:
            await app.database.write(lambda c, size=size: fill(c, size))  # type: ignore[misc]
            by_counters = lambda c: figures.count(c, WEEK)  # noqa: E731
            times[size] = [await taken(app.database, by_counters) for _ in range(ROUNDS)]
            if size == sizes[1]:
                found.add(await _against_group_by(app.database))
        found.raw[f"summary_{size}_cases_ms"] = median(times[size]) * 1e3
    small, large = (median(times[size]) for size in sizes[:2])
    found.ratios["summary_1m_vs_100k"] = large / small
    if len(sizes) > 2:
        found.ratios["summary_10m_vs_1m"] = median(times[sizes[2]]) / large
    else:
        found.skipped["summary_10m_vs_1m"] = "ten million cases are counted with --full"
    return found


async def _against_group_by(database: Database) -> Measured:
    pairs = Pairs()
    for _ in range(ROUNDS):
        ours = await taken(database, lambda c: figures.count(c, WEEK))
        pairs.put(await taken(database, group_by) * 1e3, ours * 1e3)
    return Measured({"summary_vs_group_by": pairs.ratio}, pairs.raw("group_by_and_summary", "ms"))


async def taken(database: Database, work: Work[object]) -> float:
    """Seconds of one reading, in a thread of its own as a turn has it."""
    started = perf_counter()
    await database.look(work)
    return perf_counter() - started


def group_by(connection: Connection) -> tuple[Count, ...]:
    """The same counts from the cases, by an index that holds all it needs."""
    rows = connection.exec_driver_sql(GROUP_BY, (str(WEEK.since), str(WEEK.until)))
    return tuple(Count(r[0], r[1], bool(r[2]), *r[3:]) for r in rows)


def fill(connection: Connection, cases: int) -> None:
    """So many cases of a year, all districts and kinds, and their counters; counted by SQL."""
    run = connection.exec_driver_sql
    run("CREATE TABLE counted (id INTEGER PRIMARY KEY, day, district, kind, status, practice)")
    for table, rows in _words().items():
        run(f"CREATE TEMP TABLE {table} (number INTEGER PRIMARY KEY, {table[:-1]})")
        for row in enumerate(rows):
            run(f"INSERT INTO {table} VALUES (?, ?)", row)  # noqa: S608 - names of our own
    connection.execute(text(CASES), {"cases": cases, "days": DAYS, "districts": DISTRICTS})
    run("CREATE INDEX counted_by_day ON counted (day, district, kind, status, practice)")
    run(TALLY)
    run(WAITS)
    run("ANALYZE")


def _words() -> dict[str, list[str]]:
    days = [str(LAST - timedelta(days=n)) for n in range(DAYS)]
    return {"days": days, "codes": sorted(gazetteer.load().districts)[:DISTRICTS], "kinds": list(KINDS)}
