"""Daily counters, kept in the case's own transaction: a summary reads days, not cases."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from handlers.effects import Status
from handlers.world import Count, Figures, Query
from storage import prepared
from storage.tables import TALLY, WAIT

COUNTED, WAITED = (
    tuple(
        prepared.among(f"SELECT {sort}, sum(count) FROM {table} WHERE day BETWEEN ? AND ?{some} GROUP BY {sort}")  # noqa: S608
        for some in ("", " AND district IN LIST")
    )
    for sort, table in (("district, kind, status, practice", "tally"), ("minutes", "wait"))
)
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
    """The counters of the days and districts of a query, added up where they are: thousands of rows become hundreds."""
    counts = tuple(
        Count(district, kind, Status(status), bool(practice), int(number))
        for district, kind, status, practice, number in _ask(connection, query, COUNTED)
        if number
    )
    return Figures(counts, {minutes: int(number) for minutes, number in _ask(connection, query, WAITED)})


def _ask(connection: Connection, query: Query, sql: Sequence[Mapping[str, str]]) -> list[Any]:
    days = (query.since, query.until)
    given = days if connection.dialect.name == "postgresql" else map(str, days)
    everywhere, some = sql
    if query.districts is None:
        return prepared.ask(connection, everywhere, *given)
    return prepared.ask(connection, some, *given, list(query.districts))
