"""Which cases are due for the next step of the ladder, and where each stands on it."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, update

from handlers.effects import Climb
from storage import prepared
from storage.tables import CASES, milliseconds

MOST_DUE = 100  # cases in one look; what is left comes in the next, before anything else
DUE = prepared.among(
    f"SELECT number, step, step_at FROM cases WHERE step_at <= ? ORDER BY step_at LIMIT {MOST_DUE}"  # noqa: S608
)


class Due(NamedTuple):
    """A case whose next step is due. The moment (ms) tells this time from a later one, when it was given back."""

    number: str
    step: int
    at: int


def due(connection: Connection, now: datetime) -> list[Due]:
    return [Due(*row) for row in prepared.ask(connection, DUE, milliseconds(now))]


def climb(connection: Connection, effect: Climb) -> None:
    """One that was taken meanwhile stays as it is."""
    here = update(CASES).where(CASES.c.id == effect.case, CASES.c.status == "new")
    connection.execute(here.values(step=effect.step, step_at=effect.at))
