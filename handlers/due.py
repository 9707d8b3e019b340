"""When the alert of a case leaves, and when it is due for its first step on the ladder: as it comes in, and as it comes
back to the queue."""

from datetime import UTC, datetime, timedelta

from handlers.effects import Status
from handlers.patience import Patience
from handlers.world import Case

DRAWN = 20  # random bits at the end of a row's id
MOST = (1 << DRAWN) - 1


def case_id(now: datetime, drawn: bytes) -> int:
    """A row id nobody has to hand out: milliseconds of the clock, then 20 random bits; below 2^63."""
    return int(now.timestamp() * 1000) << DRAWN | int.from_bytes(drawn, "big") & MOST


def alerted(longest: float, case: int, *, prompt: bool) -> datetime:
    """When the alert of the case with this id leaves: at once, or after a random while of at most so many seconds.

    The id tells both, so that everybody who lists or counts cases knows it without a look at the outbox.
    """
    wait = 0 if prompt else int(longest * 1000 * (case & MOST) / MOST)
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(case >> DRAWN) + wait)


def is_early(longest: float, case: Case, now: datetime) -> bool:
    """Whether no officer is to know of a case yet: its alert waits, so that nobody can tell who was seen typing."""
    there = case.urgent or case.practice or case.status not in (Status.NEW, Status.WITHDRAWN)
    return not there and now < alerted(longest, case.id, prompt=False)


def at_risk(case: Case) -> bool:
    """Somebody needs help now: the reporter said so."""
    return bool(case.details.get("help") == "yes")


def waits(patience: Patience, case: Case) -> tuple[timedelta, ...]:
    return patience.waits(case.kind, urgent=case.urgent, life=at_risk(case))


def begun(patience: Patience, case: Case, alerted: datetime) -> tuple[int, datetime | None]:
    """The step a new case stands on, and when the next is due. An alert is the first step where that does not wait."""
    times = () if case.practice or case.exercise else waits(patience, case)
    if not times:
        return 0, None
    done = 0 if times[0] else 1
    return done, alerted + times[done]


def again(patience: Patience, case: Case, at: datetime) -> datetime | None:
    """When the first step is due of a case that has come back to the queue."""
    times = () if case.practice or case.exercise else waits(patience, case)
    return at + times[0] if times else None
