"""Whether the clock can be believed: what a wrong one deletes is gone for good."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from storage.core import CASES, MARK
from storage.upsert import upsert

SLACK = timedelta(minutes=10)  # clocks of platforms and machines differ by seconds; a wrong one is off by more
ALLOWED_FOR = timedelta(hours=24)  # how long an operator's word stands when no run follows
PURGED, STOPPED, ALLOWED = "purged", "stopped", "allowed"


class Stopped(Exception):
    """Nothing is deleted until somebody has looked; says why."""


def doubt(connection: Connection, now: datetime, longest: timedelta, drift: timedelta) -> str:
    """Why `now` is not to be believed; empty when it is.

    It is compared with the last run and the newest report (whose time is the platform's). `longest` is how long the bot
    may have been off, `drift` what the clock moved beyond the time that passed since the process started.
    """
    if abs(drift) > SLACK:
        return f"the clock jumped by {drift.total_seconds() / 3600:+.1f} h while the bot ran"
    seen = max(filter(None, (at(connection, PURGED), newest_report(connection))), default=None)
    if seen is None:
        return ""
    if now < seen - SLACK:
        return f"the clock is {(seen - now).total_seconds() / 3600:.1f} h behind what was seen before"
    if now - seen > longest:
        return f"the clock is {(now - seen).days} days ahead of what was seen last"
    return ""


def newest_report(connection: Connection) -> datetime | None:
    found = select(CASES.c.opened).where(CASES.c.practice.is_(False)).order_by(CASES.c.id.desc()).limit(1)
    return connection.execute(found).scalar()


def at(connection: Connection, name: str) -> datetime | None:
    return connection.execute(select(MARK.c.at).where(MARK.c.name == name)).scalar()


def of_server(connection: Connection) -> datetime:
    """What time it is where PostgreSQL runs."""
    at: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return at


def stopped(connection: Connection) -> tuple[datetime, str] | None:
    """Since when nothing is deleted, and why."""
    found = connection.execute(select(MARK.c.at, MARK.c.why).where(MARK.c.name == STOPPED)).first()
    return (found.at, found.why) if found else None


def allowed(connection: Connection, now: datetime) -> bool:
    """Whether an operator has looked, and said that the next run is right."""
    given = at(connection, ALLOWED)
    return given is not None and timedelta(0) <= now - given <= ALLOWED_FOR


def allow(connection: Connection, now: datetime) -> None:
    _mark(connection, ALLOWED, now)


def stop(connection: Connection, now: datetime, why: str) -> None:
    """Remember that a run was stopped, since the first time it was."""
    since = stopped(connection)
    _mark(connection, STOPPED, since[0] if since else now, why)


def passed(connection: Connection, now: datetime) -> None:
    """A run went through."""
    connection.execute(delete(MARK).where(MARK.c.name.in_((STOPPED, ALLOWED))))
    _mark(connection, PURGED, now)


def _mark(connection: Connection, name: str, at: datetime, why: str = "") -> None:
    connection.execute(upsert(connection, MARK, {"name": name, "at": at, "why": why}, ("name",)))
