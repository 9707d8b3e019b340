"""Daily counters, kept in the case's own transaction: a summary reads days, not cases."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from handlers.effects import Status
from handlers.world import Count, Figures, Query
from storage import prepared
from storage.tables import TALLY, WAIT

IN_DISTRICTS = " AND district IN LIST"
COUNTS = "SELECT district, kind, status, practice, count FROM tally WHERE day BETWEEN ? AND ?"
WAITS = "SELECT minutes, count FROM wait WHERE day BETWEEN ? AND ?"
COUNTED = (prepared.among(COUNTS), prepared.among(COUNTS + IN_DISTRICTS))
WAITED = (prepared.among(WAITS), prepared.among(WAITS + IN_DISTRICTS))
TallyKey = tuple[date, str, str, str, bool]
WaitKey = tuple[date, str, int]


def add(connection: Connection, tally: Mapping[TallyKey, int], waits: Mapping[WaitKey, int]) -> None:
    """Add differences to the counters; a counter is made when it is first needed."""
    rows = [
        {"day": day, "district": district, "kind": kind, "status": status, "practice": practice, "count": count}
        for (day, district, kind, status, practice), count in tally.items()
        if count
    ]
    prepared.put(connection, TALLY, rows, ("day", "district", "kind", "status", "practice"), ("count",))
    late = [{"day": day, "district": district, "minutes": m, "count": c} for (day, district, m), c in waits.items()]
    prepared.put(connection, WAIT, late, ("day", "district", "minutes"), ("count",))


def count(connection: Connection, query: Query) -> Figures:
    """The counters of the days and districts of a query, added up here: SQLite would sort them first."""
    sums = Counter[tuple[str, str, str, bool]]()
    for *sort, number in _ask(connection, query, COUNTED):
        sums[tuple(sort)] += number  # type: ignore[index]
    waits = Counter[int]()
    for minutes, number in _ask(connection, query, WAITED):
        waits[minutes] += number
    counts = (Count(d, k, Status(s), bool(p), number) for (d, k, s, p), number in sums.items() if number)
    return Figures(tuple(counts), waits)


def _ask(connection: Connection, query: Query, sql: tuple[Mapping[str, str], Mapping[str, str]]) -> list[Any]:
    days = (query.since, query.until)
    given = days if connection.dialect.name == "postgresql" else map(str, days)
    everywhere, some = sql
    if query.districts is None:
        return prepared.ask(connection, everywhere, *given)
    return prepared.ask(connection, some, *given, list(query.districts))
