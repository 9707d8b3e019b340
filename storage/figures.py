"""Daily counters, kept in the case's own transaction: a summary reads days, not cases."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from handlers.effects import Status
from handlers.life import ENDED
from handlers.world import EVERYWHERE, Count, Figures, Query
from storage import prepared
from storage.core import TALLY, WAIT

DAYS = "WHERE day BETWEEN ? AND ?"
CASES = "SELECT district, kind, practice, sum(untaken), sum(taken), sum(done) FROM tally"
WAITS = "SELECT minutes, sum(count) FROM wait"
SORTS = "GROUP BY district, kind, practice"
COUNTED = (
    prepared.among(f"{CASES} {DAYS} {SORTS}"),
    prepared.among(f"{CASES} {DAYS} AND district IN LIST {SORTS}"),
)
WAITED = prepared.among(f"{WAITS} {DAYS} AND district IN LIST GROUP BY minutes")
KEY = ("day", "district", "kind", "practice")
COLUMNS = {Status.NEW: "untaken", Status.TAKEN: "taken", Status.CLOSED: "done"}
COUNTED_AS = {**dict.fromkeys(Status, Status.TAKEN), Status.NEW: Status.NEW, **dict.fromkeys(ENDED, Status.CLOSED)}
TallyKey = tuple[date, str, str, str, bool]
WaitKey = tuple[date, str, int]


def minutes_until(opened: datetime, taken: datetime) -> int:
    """Whole minutes that a case waited, as the counters have it."""
    return max(0, int((taken - opened).total_seconds() // 60))


def add(connection: Connection, tally: Mapping[TallyKey, int], waits: Mapping[WaitKey, int]) -> None:
    """Add differences to the counters; a counter is made when it is first needed."""
    if not tally and not waits:
        return
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    for (day, district, kind, status, practice), count in sorted(tally.items()):  # in one order: nobody waits in a ring
        key = (day, district, kind, practice)
        row = rows.setdefault(key, dict(zip(KEY, key, strict=True)) | dict.fromkeys(COLUMNS.values(), 0))
        row[COLUMNS[COUNTED_AS[Status(status)]]] += count
    prepared.put(connection, TALLY, list(rows.values()), KEY, tuple(COLUMNS.values()))
    late = [
        {"day": day, "district": district, "minutes": m, "count": c} for (day, district, m), c in sorted(waits.items())
    ]
    prepared.put(connection, WAIT, late, ("district", "day", "minutes"), ("count",))


def count(connection: Connection, query: Query) -> Figures:
    """The counters of the days and districts of a query, added up where they are: thousands of rows become hundreds."""
    counts = tuple(
        Count(district, kind, bool(practice), untaken, taken, done)
        for district, kind, practice, untaken, taken, done in _counts(connection, query)
    )
    places = [EVERYWHERE] if query.districts is None else list(query.districts)
    waits = prepared.ask(connection, WAITED, *_days(connection, query), places)
    return Figures(counts, {minutes: int(number) for minutes, number in waits})


def _counts(connection: Connection, query: Query) -> list[Any]:
    everywhere, some = COUNTED
    if query.districts is None:
        return prepared.ask(connection, everywhere, *_days(connection, query))
    return prepared.ask(connection, some, *_days(connection, query), list(query.districts))


def _days(connection: Connection, query: Query) -> tuple[object, object]:
    """Both days as the driver takes them: SQLite keeps them as texts."""
    return (
        (query.since, query.until) if connection.dialect.name == "postgresql" else (str(query.since), str(query.until))
    )
