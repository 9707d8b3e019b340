"""Reports whose alert waits on purpose (handlers.due): the counters have them, and nobody is to see that yet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from handlers.dates import local_day
from handlers.due import DRAWN, alerted
from handlers.effects import Status
from handlers.world import Figures, Query, World
from storage import prepared
from storage.columns import milliseconds, moment
from storage.figures import COLUMNS, COUNTED_AS

FACTS = "SELECT id, district, desk, kind, practice, status, opened, taken, done, excluded FROM cases"
# Ids begin with the moment: those of the last minutes are the end of the table, however long that is.
LATEST = prepared.among(
    f"{FACTS} WHERE id >= ? AND status IN ('new', 'withdrawn') AND NOT (urgent OR practice OR exercise)"
)


class Facts(NamedTuple):
    """What is counted of a case."""

    id: int
    district: str
    desk: str
    kind: str
    practice: bool
    status: str
    opened: int
    taken: int | None
    done: int | None
    excluded: str


def cases(connection: Connection, world: World) -> list[Facts]:
    longest = world.rules.alert_delay
    if not longest:
        return []
    oldest = (milliseconds(world.now) - int(longest * 1000)) << DRAWN
    rows = (Facts(*row) for row in prepared.ask(connection, LATEST, oldest))
    return [c for c in rows if world.now < alerted(longest, c.id, prompt=False)]


def left_out(world: World, query: Query, early: Sequence[Facts], figures: Figures) -> Figures:
    """Figures without these, as far as the counters hold them: what is kept from somebody is in no counter."""
    counted = Counter(
        (c.district, c.kind, COLUMNS[COUNTED_AS[Status(c.status)]])
        for c in early
        if not c.excluded and asked(world, query, c)
    )
    less = (
        replace(c, **{name: getattr(c, name) - counted[c.district, c.kind, name] for name in COLUMNS.values()})
        if not c.practice
        else c
        for c in figures.counts
    )
    return replace(figures, counts=tuple(c for c in less if c.all)) if counted else figures


def asked(world: World, query: Query, case: Facts) -> bool:
    """Whether the days and districts of a query have this case."""
    day = local_day(moment(case.opened), world.rules.zone)
    there = query.districts is None or case.district in query.districts
    return there and query.since is not None and query.until is not None and query.since <= day <= query.until
