"""One time for all processes of a database: a lease that one writes down is read on a machine with another clock."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from storage import clock
from storage.database import Database

log = logging.getLogger(__name__)
# Clocks that are kept right differ by less, and so may two readings of one; one that is set again and again goes back
# again and again.
SLIGHT = timedelta(seconds=1)


class Agreed:
    """The clock of this machine, set by the database's where the two differ."""

    def __init__(self, own: Callable[[], datetime]) -> None:
        self._own, self._ahead = own, timedelta(0)

    def __call__(self) -> datetime:
        return self._own() + self._ahead

    async def agree(self, database: Database) -> None:
        """Look at the database's clock. To be done again and again: either may be set."""
        ahead = await lag(database, self._own)
        if abs(ahead - self._ahead) < SLIGHT:
            return
        self._ahead = ahead
        log.warning("by the database's clock", extra={"action": "clock", "count": round(ahead.total_seconds())})


async def lag(database: Database, own: Callable[[], datetime]) -> timedelta:
    """How far the database's clock is ahead of this one."""
    before = own()
    there = await database.read(clock.of_server)
    return there - before - (own() - before) / 2
