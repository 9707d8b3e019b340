"""The counters, counted once more from the cases: what a summary says must be what is there."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, delete, select, text

from handlers.dates import local_day
from handlers.effects import Status
from handlers.world import EVERYWHERE
from storage import prepared
from storage.core import CASES, GONE, TALLY, WAIT
from storage.database import unhurried
from storage.figures import COLUMNS, COUNTED_AS, KEY, minutes_until

AT_ONCE = 10_000  # rows that are read together
WAIT_KEY = ("day", "district", "minutes")
Cells = Counter[tuple[object, ...]]
# On PostgreSQL turns go on elsewhere: whoever has counted is waited for, whoever wants to count waits for us.
ALONE = text("LOCK TABLE tally, wait IN SHARE ROW EXCLUSIVE MODE")


def differences(connection: Connection, zone: ZoneInfo) -> list[str]:
    """Every counter that is not what the cases and the tombstones say, one line each; empty when all are equal."""
    _alone(connection)
    lines = []
    for name, stands, meant in zip(("tally", "wait"), _stands(connection), _meant(connection, zone), strict=True):
        wrong = sorted((key for key in stands.keys() | meant.keys() if stands[key] != meant[key]), key=str)
        lines += [f"{name} {' '.join(map(str, key))}: {stands[key]}, should be {meant[key]}" for key in wrong]
    return lines


def rebuild(connection: Connection, zone: ZoneInfo) -> None:
    """Make the counters anew, in the caller's transaction."""
    _alone(connection)
    tally, waits = _meant(connection, zone)
    days: dict[tuple[object, ...], dict[str, Any]] = {}
    for (*key, column), count in tally.items():
        row = days.setdefault(tuple(key), dict(zip(KEY, key, strict=True)) | dict.fromkeys(COLUMNS.values(), 0))
        row[str(column)] = count
    _replace(connection, TALLY, days.values())
    _replace(connection, WAIT, ({**dict(zip(WAIT_KEY, key, strict=True)), "count": n} for key, n in waits.items()))


def _alone(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(ALONE)
        unhurried(connection)


def _replace(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    connection.execute(delete(table))
    prepared.insert(connection, table, list(rows))


def _stands(connection: Connection) -> tuple[Cells, Cells]:
    tally, waits = Cells(), Cells()
    for row in connection.execute(select(TALLY)).mappings():
        for column in COLUMNS.values():
            tally[*(row[name] for name in KEY), column] += row[column]
    for row in connection.execute(select(WAIT)).mappings():
        waits[tuple(row[name] for name in WAIT_KEY)] += row["count"]
    return tally, waits


def _meant(connection: Connection, zone: ZoneInfo) -> tuple[Cells, Cells]:
    tally, waits = Cells(), Cells()
    for day, district, kind, status, practice, waited in (*_living(connection, zone), *_erased(connection)):
        tally[day, district, kind, bool(practice), COLUMNS[COUNTED_AS[Status(status)]]] += 1
        if waited is not None:
            for place in (district, EVERYWHERE):
                waits[day, place, waited] += 1
    return tally, waits


Facts = tuple[date, str, str, str, bool, int | None]


def _living(connection: Connection, zone: ZoneInfo) -> Iterable[Facts]:
    c = CASES.c
    found = select(c.opened, c.district, c.kind, c.status, c.practice, c.taken).where(c.excluded == "", ~c.exercise)
    for opened, *facts, taken in connection.execute(found.execution_options(yield_per=AT_ONCE)):
        waited = minutes_until(opened, taken) if isinstance(taken, datetime) else None
        yield (local_day(opened, zone), *facts, waited)


def _erased(connection: Connection) -> Iterable[Facts]:
    g = GONE.c
    found = select(g.opened, g.district, g.kind, g.status, g.practice, g.waited).where(g.counted)
    return (tuple(row) for row in connection.execute(found.execution_options(yield_per=AT_ONCE)))
