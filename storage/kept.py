"""Figures of the cases that are kept from somebody: counted from the cases, for those alone who may know of them."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, time, timedelta

from sqlalchemy import Connection, select

from handlers.effects import Status
from handlers.excluded import keeps_out
from handlers.world import Count, Figures, Query, World
from storage.core import CASES
from storage.figures import COLUMNS, COUNTED_AS

FACTS = (CASES.c.id, CASES.c.district, CASES.c.kind, CASES.c.status, CASES.c.practice, CASES.c.excluded)


def added(connection: Connection, world: World, query: Query, early: Collection[int], figures: Figures) -> Figures:
    """Figures with the kept cases that whoever asks may know of; of those of these ids nobody may know yet."""
    member = world.member
    if world.group is not None or member is None or member.role != "coordinator":
        return figures
    if query.since is None or query.until is None:
        return figures
    zone = world.rules.zone
    begin = datetime.combine(query.since, time(), zone)
    end = datetime.combine(query.until + timedelta(days=1), time(), zone)
    found = select(*FACTS).where(
        CASES.c.excluded != "", CASES.c.exercise.is_(False), CASES.c.opened >= begin, CASES.c.opened < end
    )
    if query.districts is not None:
        found = found.where(CASES.c.desk.in_(query.districts))
    counts: defaultdict[tuple[str, str, bool], Counter[str]] = defaultdict(Counter)
    for case, district, kind, status, practice, kept_from in connection.execute(found):
        if case not in early and not keeps_out(kept_from.split(","), None, member):
            counts[district, kind, bool(practice)][COLUMNS[COUNTED_AS[Status(status)]]] += 1
    made = (Count(*key, *(by[name] for name in COLUMNS.values())) for key, by in counts.items())
    return replace(figures, counts=(*figures.counts, *made))
