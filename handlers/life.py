"""A case's life: one table of moves, and who may make each. To change what may be done, change a row."""

from collections.abc import Set
from enum import StrEnum

from handlers.effects import Ending, Status
from handlers.values import dataclass
from locales import N

NEW, TAKEN, CHECKING, WAITING = Status.NEW, Status.TAKEN, Status.CHECKING, Status.WAITING
CLOSING, CLOSED, WITHDRAWN = Status.CLOSING, Status.CLOSED, Status.WITHDRAWN


class Who(StrEnum):
    """What somebody is to a case; one person may be several of these."""

    OFFICER = "officer"  # may work on it at all: of the group in charge, or above it
    HOLDER = "holder"  # has taken it
    LEAD = "lead"  # watches the place: a coordinator
    SECOND = "second"  # an officer who is not the one that closes it
    RECEIVER = "receiver"  # an officer of the place it is offered to
    REPORTER = "reporter"
    CLOCK = "clock"  # a time has passed, or somebody has left


@dataclass(frozen=True, slots=True)
class Move:
    """`name` is what buttons, commands and the history call it. Every one of `who` may make it."""

    name: str
    since: tuple[Status, ...]
    to: Status
    who: tuple[Who, ...]


WORKED_ON = (TAKEN, CHECKING, WAITING)
OPEN = (NEW, *WORKED_ON, CLOSING)
ENDED = (CLOSED, WITHDRAWN)

LIFE = (
    Move("take", (NEW,), TAKEN, (Who.OFFICER,)),
    Move("take", WORKED_ON, TAKEN, (Who.LEAD,)),
    Move("checking", (TAKEN, WAITING), CHECKING, (Who.HOLDER, Who.LEAD)),
    Move("ask", WORKED_ON, WAITING, (Who.HOLDER, Who.LEAD)),
    Move("answered", (WAITING,), CHECKING, (Who.REPORTER, Who.CLOCK)),
    Move("accept", (NEW, *WORKED_ON), TAKEN, (Who.RECEIVER,)),
    Move("release", (*WORKED_ON, CLOSING), NEW, (Who.HOLDER, Who.LEAD, Who.CLOCK)),
    Move("close", WORKED_ON, CLOSED, (Who.HOLDER, Who.LEAD)),
    Move("close", (NEW,), CLOSED, (Who.LEAD,)),
    Move("propose", WORKED_ON, CLOSING, (Who.HOLDER, Who.LEAD)),  # in place of `close` where two have to agree
    Move("propose", (NEW,), CLOSING, (Who.LEAD,)),
    Move("confirm", (CLOSING,), CLOSED, (Who.SECOND,)),
    Move("contest", (CLOSING,), CHECKING, (Who.OFFICER,)),
    Move("reopen", (CLOSED,), NEW, (Who.OFFICER, Who.REPORTER)),
    Move("withdraw", OPEN, WITHDRAWN, (Who.REPORTER,)),
)
MOVES = tuple(dict.fromkeys(move.name for move in LIFE))


def move(name: str, status: Status, who: Set[Who]) -> Move | None:
    """The row that lets somebody who is all of `who` do that now; None: they may not, or not any more."""
    return next((m for m in LIFE if m.name == name and status in m.since and not who.isdisjoint(m.who)), None)


def possible(name: str, status: Status) -> bool:
    """Whether anybody may do that now."""
    return any(m.name == name and status in m.since for m in LIFE)


# TRANSLATORS: how a case ended, on a button: at most 15 letters, for all of these.
ENDINGS = {
    # TRANSLATORS: officers did something about the case.
    Ending.ACTED: ("👮", N("Acted on")),
    # TRANSLATORS: the case was given to somebody outside this bot: another office, another country.
    Ending.HANDED: ("📨", N("Passed on")),
    Ending.NOTHING: ("🔍", N("Nothing found")),
    # TRANSLATORS: the same thing was reported before.
    Ending.DUPLICATE: ("👥", N("Known already")),
    Ending.FALSE: ("🚫", N("Not true")),
}
# TRANSLATORS: how a case stands, in a list that officers read.
STANDS = {
    NEW: N("not taken"),
    TAKEN: N("taken"),
    CHECKING: N("being checked"),
    WAITING: N("waiting for the reporter"),
    CLOSING: N("waiting for a second person"),
    CLOSED: N("closed"),
    WITHDRAWN: N("taken back by the reporter"),
}
