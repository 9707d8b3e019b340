"""In which order officers are shown what waits. Nothing is left out but what they are not to know of yet, and nobody is
told why something stands where it stands.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from handlers.due import is_early
from handlers.world import Case, World

# A report counts as so much later for each one of the same sender that officers found not to be true, less with every
# day, and never for more than a day: it always comes to the top. What is urgent stands where it stands.
LATER, MOST_LATER = timedelta(hours=6), timedelta(hours=24)


def place(case: Case) -> tuple[bool, datetime]:
    """What cases are sorted by: the urgent first, then by when they came."""
    return not case.urgent, case.opened if case.urgent else case.opened + min(LATER * case.doubt, MOST_LATER)


def known(world: World, cases: Iterable[Case]) -> list[Case]:
    """Those that officers may know of by now (handlers.due)."""
    return [c for c in cases if not is_early(world.rules.alert_delay, c, world.now)]


def waiting(cases: Iterable[Case]) -> list[tuple[Case, tuple[Case, ...]]]:
    """Cases in their order, each with those behind it that say the same words; the urgent with the urgent."""
    groups: dict[tuple[int, bool], list[Case]] = {}
    for case in sorted(cases, key=place):
        groups.setdefault((case.alike or case.id, case.urgent), []).append(case)
    return [(first, tuple(others)) for first, *others in groups.values()]
