"""What a digest counts: what came, was taken and was closed since a moment, and how what is open stands."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from handlers.due import DRAWN, alerted
from handlers.effects import Status
from handlers.events import Address
from handlers.excluded import keeps_out
from handlers.life import NEW
from handlers.places import province_scope
from handlers.world import EVERYWHERE, Count, Query, Shift, World
from storage import early, prepared
from storage.columns import milliseconds, moment
from storage.early import FACTS, Facts
from storage.figures import COLUMNS, COUNTED_AS

# Each is answered by one index; `opened <= ?` twice is how long a case may stay untaken, and how long open.
CAME = prepared.among(
    "SELECT district, kind, practice, status, count(*) FROM cases "
    "WHERE district IN LIST AND opened >= ? AND NOT exercise GROUP BY district, kind, practice, status"
)
TAKEN = prepared.among("SELECT count(*) FROM cases WHERE desk IN LIST AND taken >= ? AND NOT exercise")
CLOSED = prepared.among(
    "SELECT count(*) FROM cases WHERE desk IN LIST AND done >= ? AND status = 'closed' AND NOT exercise"
)
STAND = prepared.among(
    "SELECT status, count(*), "
    "sum(CASE WHEN opened <= ? THEN 1 ELSE 0 END), sum(CASE WHEN opened <= ? THEN 1 ELSE 0 END) "
    "FROM cases WHERE desk IN LIST AND status <> 'closed' AND status <> 'withdrawn' AND NOT exercise GROUP BY status"
)
# By their own time of a shift that was told already. An id begins with the moment in which we took the report, and few
# are of the last hours: `+ 0` keeps the index of `opened`, which has all the older ones, out of it.
LATE = prepared.among(
    "SELECT id, district, kind, practice, status, urgent, taken, done, excluded FROM cases "
    "WHERE id >= ? AND opened + 0 < ? AND NOT exercise"
)
KEPT = prepared.among(
    f"{FACTS} WHERE excluded <> '' AND NOT exercise AND desk IN LIST UNION "
    f"{FACTS} WHERE excluded <> '' AND NOT exercise AND opened >= ? AND district IN LIST"
)
HANDLED = prepared.among("SELECT key, at FROM inbox WHERE key IN LIST")
CountKey = tuple[str, str, bool, Status]


def last(connection: Connection, keys: Mapping[Address, Sequence[str]]) -> dict[Address, datetime]:
    """When the newest of these events of each chat was handled; nothing where none was."""
    wanted = {key: chat for chat, listed in keys.items() for key in listed}
    found: dict[Address, datetime] = {}
    for key, at in prepared.ask(connection, HANDLED, list(wanted)):
        chat = wanted[key]
        found[chat] = max(moment(at), found.get(chat, moment(at)))
    return found


def count(connection: Connection, world: World, query: Query) -> Shift:
    """The counts for the eyes of this chat, of the places and since the moment that the query names."""
    places = list(everywhere(world) if query.districts is None else query.districts)
    since = milliseconds(query.shift or world.now)
    rules = world.rules
    allowed = (rules.overdue_new_hours, rules.overdue_open_hours)
    late = [milliseconds(world.now - timedelta(hours=hours)) for hours in allowed]
    came = Counter[CountKey]()
    for district, kind, practice, status, many in prepared.ask(connection, CAME, places, since):
        came[district, kind, bool(practice), Status(status)] += many
    came.update(belated(connection, world, places, since))
    ((taken,),) = prepared.ask(connection, TAKEN, places, since)
    ((closed,),) = prepared.ask(connection, CLOSED, places, since)
    stand, overdue = Counter[Status](), 0
    for status, many, late_new, late_open in prepared.ask(connection, STAND, *late, places):
        stand[Status(status)] = many
        overdue += int(late_new if status == NEW else late_open)
    out = (*hidden(connection, world, places, since), *early.cases(connection, world))
    for case in {c.id: c for c in out}.values():
        status, there = Status(case.status), case.desk in places
        if case.opened >= since and case.district in places:
            came[case.district, case.kind, bool(case.practice), status] -= 1
        taken -= there and case.taken is not None and case.taken >= since
        closed -= there and case.done is not None and case.done >= since and status is Status.CLOSED
        if there and status in stand:
            stand[status] -= 1
            overdue -= case.opened <= late[0 if status is NEW else 1]
    return Shift(counts(came), taken, closed, {s: many for s, many in stand.items() if many}, overdue)


def belated(connection: Connection, world: World, places: list[str], since: int) -> Iterator[CountKey]:
    """What officers could not know when the last digest was told: a platform brought it late, or its alert waited."""
    longest, known = world.rules.alert_delay, kept_from_some(world)
    oldest = max(0, since - int(longest * 1000)) << DRAWN
    for row, district, kind, practice, status, urgent, *moments, excluded in prepared.ask(
        connection, LATE, oldest, since
    ):
        alert = milliseconds(alerted(longest, row, prompt=bool(urgent or practice)))
        first = min([alert, *filter(None, moments)])
        told = since < first <= milliseconds(world.now) and district in places
        if told and not (known and keeps_out(excluded.split(","), world.group, world.member)):
            yield district, kind, bool(practice), Status(status)


def hidden(connection: Connection, world: World, places: list[str], since: int) -> Iterable[Facts]:
    """The cases there that whoever reads must not know of: they are in the other counts, and are taken out again."""
    if not kept_from_some(world):
        return ()
    rows = (Facts(*row) for row in prepared.ask(connection, KEPT, places, since, places))
    return (c for c in rows if keeps_out(c.excluded.split(","), world.group, world.member))


def kept_from_some(world: World) -> bool:
    """Whether there can be cases that the reader must not know of: none for a coordinator of more than a district."""
    member = world.member
    return world.group is not None or member is None or member.scope in world.gazetteer.districts


def counts(came: Counter[CountKey]) -> tuple[Count, ...]:
    by: dict[tuple[str, str, bool], Counter[str]] = {}
    for (district, kind, practice, status), many in came.items():
        by.setdefault((district, kind, practice), Counter())[COLUMNS[COUNTED_AS[status]]] += many
    made = (Count(*key, *(columns[name] for name in COLUMNS.values())) for key, columns in by.items())
    return tuple(one for one in made if one.all)


def everywhere(world: World) -> tuple[Any, ...]:
    """Every scope that can be in charge of a case."""
    atlas = world.gazetteer
    return (*atlas.districts, *map(province_scope, atlas.provinces), EVERYWHERE)
