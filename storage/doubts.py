"""How often officers found that what a chat reported was not true: it decays, and is known by the month's tag alone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, RowMapping, select

from storage.core import CASES
from storage.store import Store

HALF_LIFE = 14.0  # days


def of(connection: Connection, store: Store, rows: Iterable[RowMapping]) -> Mapping[str, float]:
    """The tags of these cases' reporters, each with its score; nothing is asked about an urgent case.

    The tag is another one every month, so no score goes beyond it; what is deleted as not true does not count either.
    """
    tags = {row["reporter"] for row in rows if row["reporter"] and not row["urgent"]}
    if not tags:
        return {}
    found = select(CASES.c.reporter, CASES.c.done).where(
        CASES.c.reporter.in_(tags), CASES.c.ending == "false", CASES.c.exercise.is_(False)
    )
    scores: defaultdict[str, float] = defaultdict(float)
    for tag, done in connection.execute(found):
        days = max(0.0, (store.now() - done).total_seconds() / 86_400)
        scores[tag] += 0.5 ** (days / HALF_LIFE)
    return scores
