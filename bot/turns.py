"""READ FIRST. Events in, one transaction per batch, outbox rows out. There is no second path."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from handlers.decide import decide
from handlers.events import Incoming
from storage import quarantine, turn
from storage.database import Database
from storage.store import Store
from storage.turn import Decide

log = logging.getLogger(__name__)
BATCH = 256  # group commit gains nothing beyond it, and one failing batch is taken again one by one


class Unavailable(Exception):
    """The database does not take anything now: the event was not stored, the platform must deliver it again."""


@dataclass
class Counts:
    """What this process has handled since it started."""

    events: int = 0
    new: int = 0
    batches: int = 0
    quarantined: int = 0
    seconds: float = 0.0


class Turns:
    """Takes whatever waits as one batch: look up the worlds, decide, write, commit; then wakes the dispatcher."""

    def __init__(
        self,
        database: Database,
        store: Store,
        wake: Callable[[], None] = lambda: None,
        *,
        most: int = BATCH,
        decide: Decide = decide,
    ) -> None:
        self._database, self._store, self._wake, self._most, self._decide = database, store, wake, most, decide
        self._waiting: deque[tuple[Incoming, asyncio.Future[None]]] = deque()
        self._running: asyncio.Task[None] | None = None
        self._closed = False
        self.counts = Counts()

    def on_commit(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    async def handle(self, events: Sequence[Incoming]) -> None:
        """Returns when the events and all their effects are durable. Raises Unavailable when they are not."""
        if self._closed:
            raise Unavailable
        if not events:
            return
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in events]
        self._waiting.extend(zip(events, futures, strict=True))
        if self._running is None:
            self._running = asyncio.create_task(self._drain())
        await asyncio.gather(*futures)

    async def _drain(self) -> None:
        """Batch after batch until nothing waits; a lone event never waits for company."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            await self._take(batch)
        self._running = None

    async def _take(self, batch: Sequence[tuple[Incoming, asyncio.Future[None]]]) -> None:
        started = perf_counter()
        try:
            await self._commit([event for event, _ in batch])
        except (OperationalError, InterfaceError, OSError) as down:
            self._fail(batch, down)
            return
        except Exception as bad:
            self._store.revision = -1  # what the failed transaction read is not to be trusted
            if len(batch) > 1:
                for single in batch:
                    await self._take([single])
                return
            if not await self._put_aside(batch[0][0], bad):
                self._fail(batch, bad)
                return
        self.counts.batches += 1
        self.counts.events += len(batch)
        self.counts.seconds += perf_counter() - started
        for _, future in batch:
            if not future.done():
                future.set_result(None)
        self._wake()

    async def _commit(self, events: Sequence[Incoming]) -> None:
        self.counts.new += await self._database.write(
            partial(turn.take, store=self._store, batch=events, decide=self._decide)
        )

    async def _put_aside(self, event: Incoming, bad: Exception) -> bool:
        """The event that fails alone is stored sealed and answered 200; nobody else notices."""
        log.error("event put aside", extra={"action": "quarantine", "error": type(bad).__name__})
        try:
            await self._database.write(partial(quarantine.put, store=self._store, event=event, why=type(bad).__name__))
        except DBAPIError:
            return False
        self.counts.quarantined += 1
        return True

    def _fail(self, batch: Sequence[tuple[Incoming, asyncio.Future[None]]], bad: BaseException) -> None:
        self._store.revision = -1
        log.error("database not available", extra={"action": "turn", "error": type(bad).__name__, "count": len(batch)})
        for _, future in batch:
            if not future.done():
                future.set_exception(Unavailable())

    def reopen(self) -> None:
        """Outcomes of what was under way are still written down at the end."""
        self._closed = False

    async def close(self) -> None:
        """Refuse new events, finish the turns in hand."""
        self._closed = True
        if self._running is not None:
            await self._running
