"""Which cases are due for the next step of the ladder, where each stands on it, and whose it is or may be."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, update

from handlers.effects import Climb, Hand, Offer
from storage import prepared
from storage.columns import milliseconds
from storage.core import CASES

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


def change(connection: Connection, effect: Climb | Offer | Hand) -> None:
    """Where a case stands on the ladder, whom it is offered to, whose it is. One that was taken climbs no more."""
    case = update(CASES).where(CASES.c.id == effect.case)
    match effect:
        case Climb(step=step, at=at):
            connection.execute(case.where(CASES.c.status == "new").values(step=step, step_at=at))
        case Offer(to=to, until=until):
            connection.execute(case.values(offered=to, offered_until=until))
        case Hand(desk=desk):
            connection.execute(case.values(desk=desk, offered="", offered_until=None))
