"""Daily counters, kept in the case's own transaction: a summary reads days, not cases."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, func, select

from handlers.effects import Status
from handlers.world import Count, Figures, Query
from storage import prepared
from storage.tables import TALLY, WAIT

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
    """The counters of the days and districts of a query."""
    days = TALLY.c.day.between(query.since, query.until)
    tally = select(TALLY).where(days, TALLY.c.count != 0)
    waits = select(WAIT.c.minutes, func.sum(WAIT.c.count)).where(WAIT.c.day.between(query.since, query.until))
    if query.districts is not None:
        tally = tally.where(TALLY.c.district.in_(query.districts))
        waits = waits.where(WAIT.c.district.in_(query.districts))
    counts = tuple(
        Count(r.day, r.district, r.kind, Status(r.status), r.practice, r._mapping["count"])
        for r in connection.execute(tally)
    )
    return Figures(counts, {minutes: int(n) for minutes, n in connection.execute(waits.group_by(WAIT.c.minutes))})
