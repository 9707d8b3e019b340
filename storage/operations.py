"""What an operator asks of the database: dead letters, the export, where reports would go."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, delete, func, select, update

from handlers.places import chain
from storage.core import CASES, OUTBOX, QUARANTINE, TALLY
from storage.store import Store

COLUMNS = ("number", "district", "kind", "status", "urgent", "practice", "opened", "taken", "done")
FEW = 5  # fewer reports than this in one cell, and somebody in a village knows whose they were


def reached(store: Store, district: str) -> list[str]:
    """The groups that a report of a district is offered to, nearest first, without their ids."""
    lines = []
    for scope in chain(store.gazetteer, district):
        groups = store.directory.of_scope(scope)
        lines += [f"{district} → {scope}: {g.chat.channel} group ({g.language}, {g.detail})" for g in groups]
        if groups:
            return lines
    watching = len(store.directory.coordinators((*chain(store.gazetteer, district), "*")))
    return [f"{district} → no group; {watching} coordinator(s) in private" if watching else f"{district} → nobody yet"]


def dead(connection: Connection) -> list[str]:
    rows = connection.execute(select(OUTBOX).where(OUTBOX.c.state == "dead").order_by(OUTBOX.c.id))
    return [f"{r.id} {r.channel} {r.kind} {r.made:%Y-%m-%d %H:%M} tries={r.attempts} {r.error}" for r in rows]


def retry(connection: Connection, ids: Sequence[int], now: datetime) -> int:
    again = update(OUTBOX).where(OUTBOX.c.state == "dead").values(state="todo", due=now, made=now, attempts=0)
    return connection.execute(again.where(OUTBOX.c.id.in_(ids)) if ids else again).rowcount


def drop(connection: Connection, ids: Sequence[int]) -> int:
    gone = delete(OUTBOX).where(OUTBOX.c.state == "dead")
    return connection.execute(gone.where(OUTBOX.c.id.in_(ids)) if ids else gone).rowcount


def export(connection: Connection, since: date | None) -> list[tuple[object, ...]]:
    """Coded answers only, a header first; without what is kept from somebody. `since` is a day (UTC), None for all."""
    practised = (CASES.c.practice | CASES.c.exercise).label("practice")
    columns = (practised if name == "practice" else CASES.c[name] for name in COLUMNS)
    found = select(*columns).where(CASES.c.excluded == "").order_by(CASES.c.opened)  # a kept one is in no list
    if since:
        found = found.where(CASES.c.opened >= datetime.combine(since, time(), UTC))
    rows = [tuple(v.isoformat() if isinstance(v, datetime) else v for v in row) for row in connection.execute(found)]
    return [COLUMNS, *rows]


def published(connection: Connection, today: date, since: date | None) -> list[tuple[object, ...]]:
    """Reports by week, district and kind, a header first; a number that could point at somebody reads `<5`.

    Whole weeks (from Monday, local days) that are over: two tables of different days never differ by one day's reports.
    """
    this_week = monday(today)
    days = select(TALLY).where(TALLY.c.day < this_week, TALLY.c.practice.is_(False))
    if since:
        days = days.where(TALLY.c.day >= monday(since))
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in connection.execute(days):
        counted[monday(row.day).isoformat(), row.district, row.kind] += row.untaken + row.taken + row.done
    cells = sorted((key, n) for key, n in counted.items() if n)
    return [("week", "district", "kind", "reports"), *((*key, n if n >= FEW else f"<{FEW}") for key, n in cells)]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def waiting(connection: Connection) -> tuple[int, int, int]:
    """How much waits to be sent, how much could not be, how much was set aside."""
    count = func.count()
    todo = connection.execute(select(count).where(OUTBOX.c.state == "todo")).scalar_one()
    lost = connection.execute(select(count).where(OUTBOX.c.state == "dead")).scalar_one()
    aside = connection.execute(select(count).select_from(QUARANTINE)).scalar_one()
    return todo, lost, aside
