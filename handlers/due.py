"""When a case is due for its first step on the ladder: as it comes in, and as it comes back to the queue."""

from datetime import datetime, timedelta

from handlers.patience import Patience
from handlers.world import Case


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
