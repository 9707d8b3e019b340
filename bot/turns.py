"""READ FIRST. Events in, one transaction per batch, outbox rows out. There is no second path."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

from handlers.decide import decide
from handlers.events import Address, Incoming, Outcome
from storage import quarantine, turn
from storage.database import Database, collided, gone
from storage.keystore import KeyGone
from storage.saving import Overtaken
from storage.spool import Spool
from storage.store import Store
from storage.turn import Decide

log = logging.getLogger(__name__)
BATCH = 256  # group commit gains nothing beyond it, and a batch that fails is taken again in halves
TRIES = 10  # of an event that another process got in the way of; each loses to somebody who won
# Batches under way at once: SQLite has one writer; on PostgreSQL one is decided while the server works on another.
AT_ONCE = {"sqlite": 1, "postgresql": 2}
WORTH = 64  # events; what waits is not divided into less: a batch costs eight round trips, 1 to 2 ms, whatever it holds
AGAIN = 1.0  # seconds until a database that was not there is asked again
Waiting = tuple[Incoming, asyncio.Future[None]]


class Unavailable(Exception):
    """The database does not take anything now: the event was not stored, the platform must deliver it again."""


@dataclass
class Counts:
    """What this process has handled since it started."""

    events: int = 0
    new: int = 0
    batches: int = 0
    quarantined: int = 0
    spooled: int = 0
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
        spool: Spool | None = None,
        again: float = AGAIN,
    ) -> None:
        self._database, self._store, self._wake, self._most, self._decide = database, store, wake, most, decide
        self._spool, self._again = spool, again
        self._spooled = spool.waiting() if spool else 0  # files there and being written: while there are any, all queue
        self._writing: set[int] = set()  # numbers of files
        self._written = 0
        self._down = False
        self._recovering: asyncio.Task[None] | None = None
        self._waiting: deque[Waiting] = deque()
        self._beginning = False
        self._at_once = AT_ONCE[database.dialect]
        self._running: set[asyncio.Task[None]] = set()
        self._busy: set[Address] = set()  # chats of the batches under way: what else they say waits until then
        self._closed = False
        self.counts = Counts()

    def on_commit(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    @property
    def behind(self) -> bool:
        """The database takes nothing now, or has not yet got what it missed."""
        return self._down or self._spooled > 0

    async def handle(self, events: Sequence[Incoming]) -> None:
        """Returns when the events are durable: with all their effects, or, while the database is not there, sealed in
        the spool. Raises Unavailable when they are not.
        """
        if self._closed:
            raise Unavailable
        if self._spool is None or any(isinstance(e.body, Outcome) for e in events):
            await self._submit(events)
            return
        if not self._spooled:
            try:
                await self._submit(events)
                return
            except Unavailable:
                pass
        await self._keep(self._spool, events)

    async def _submit(self, events: Sequence[Incoming]) -> None:
        if not events:
            return
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in events]
        self._waiting.extend(zip(events, futures, strict=True))
        if not self._beginning:  # and what else comes in this turn of the loop is in the same batch
            self._beginning = True
            loop.call_soon(self._begin)
        await (futures[0] if len(futures) == 1 else asyncio.gather(*futures))

    async def _keep(self, spool: Spool, events: Sequence[Incoming]) -> None:
        """Into the spool, in the order of the calls; what came later than a spooled event must not overtake it."""
        number = spool.number()
        self._spooled += 1
        self._writing.add(number)
        try:
            await asyncio.to_thread(spool.keep, number, events)
        except (OSError, KeyGone) as bad:
            self._spooled -= 1
            log.error("spool not writable", extra={"action": "spool", "error": type(bad).__name__})
            raise Unavailable from None
        finally:
            self._writing.discard(number)
        self._written += 1
        self.counts.spooled += len(events)
        self.recover()

    def recover(self) -> None:
        """Begin to replay what the spool holds, unless that is under way."""
        if self.behind and self._recovering is None and not self._closed:
            self._recovering = asyncio.create_task(self._recover())

    async def _recover(self) -> None:
        """Ask again and again until the database is back, then give it what it missed, oldest first."""
        while self.behind:
            try:
                await self._replay()
            except Exception as bad:  # whatever it is, what waits in the spool is not given up
                log.info("still waiting", extra={"action": "spool", "error": type(bad).__name__})
                await asyncio.sleep(self._again)
        self._recovering = None

    async def _replay(self) -> None:
        spool = self._spool
        kept = await asyncio.to_thread(spool.oldest, self._most) if spool else []
        if kept and spool:
            await self._submit([event for one in kept for event in one.events])
            await asyncio.to_thread(spool.forget, kept)
            log.warning("replayed", extra={"action": "spool", "count": len(kept)})
        else:
            await self._probe()
        if spool:
            await self._recount(spool)

    async def _recount(self, spool: Spool) -> None:
        """Look what is left: other processes may share the folder, and replay what is ours as we do with theirs."""
        written = self._written
        left = await asyncio.to_thread(spool.waiting, frozenset(self._writing))
        if written == self._written:  # else a file came into being while we looked, and we look again
            self._spooled = left + len(self._writing)

    async def _probe(self) -> None:
        """Nothing is in the spool: a file is just being written, or the spool failed too."""
        await asyncio.sleep(self._again)
        await self._database.write(lambda _: None)
        self._down = False

    def _begin(self) -> None:
        """Begin a batch of what waits, or as many as may be under way; a lone event never waits for company."""
        self._beginning = False
        while len(self._running) < self._at_once and (batch := self._next()):
            chats = {event.chat for event, _ in batch}
            self._busy |= chats
            self._running.add(task := asyncio.create_task(self._take(batch)))
            task.add_done_callback(partial(self._end, chats))

    def _end(self, chats: set[Address], task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._busy -= chats
        self._begin()

    def _next(self) -> list[Waiting]:
        """A fair share of what waits, in order, but for chats that a batch under way is busy with."""
        share = -(-len(self._waiting) // (self._at_once - len(self._running)))
        most = min(self._most, max(WORTH, share))
        batch: list[Waiting] = []
        later: list[Waiting] = []
        while self._waiting and len(batch) < most:
            one = self._waiting.popleft()
            (later if one[0].chat in self._busy else batch).append(one)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _take(self, batch: Sequence[Waiting], tries: int = TRIES) -> None:
        started = perf_counter()
        try:
            await self._commit([event for event, _ in batch])
        except Exception as bad:
            if gone(bad):
                self._fail(batch, bad)
                return
            if len(batch) > 1:  # what it is that fails is found by halving
                middle = len(batch) // 2
                await self._take(batch[:middle])
                await self._take(batch[middle:])
                return
            if tries > 1 and (isinstance(bad, Overtaken) or collided(bad)):
                await self._take(batch, tries - 1)
                return
            if not await self._put_aside(batch[0][0], bad):
                self._fail(batch, bad)
                return
        self._down = False
        self.counts.batches += 1
        self.counts.events += len(batch)
        self.counts.seconds += perf_counter() - started
        for _, future in batch:
            if not future.done():
                future.set_result(None)
        self._wake()

    async def _commit(self, events: Sequence[Incoming]) -> None:
        store = self._store.at_once()  # what it sees of the directory is everybody's only when it is committed
        self.counts.new += await self._database.write(
            partial(turn.take, store=store, batch=events, decide=self._decide)
        )
        self._store.learn(store)

    async def _put_aside(self, event: Incoming, bad: Exception) -> bool:
        """The event that fails alone is stored sealed and answered 200; nobody else notices."""
        log.error("event put aside", extra={"action": "quarantine", "error": type(bad).__name__})
        try:
            await self._database.write(partial(quarantine.put, store=self._store, event=event, why=type(bad).__name__))
        except Exception as worse:  # whoever waits for the answer must get one
            log.error("not put aside", extra={"action": "quarantine", "error": type(worse).__name__})
            return False
        self.counts.quarantined += 1
        return True

    def _fail(self, batch: Sequence[Waiting], bad: BaseException) -> None:
        log.error("database not available", extra={"action": "turn", "error": type(bad).__name__, "count": len(batch)})
        self._down = True
        for _, future in (*batch, *self._waiting):  # those that wait would each wait for the lock as long
            if not future.done():
                future.set_exception(Unavailable())
        self._waiting.clear()
        self.recover()

    def reopen(self) -> None:
        """Outcomes of what was under way are still written down at the end."""
        self._closed = False

    async def close(self) -> None:
        """Refuse new events, finish the turns in hand."""
        self._closed = True
        if self._recovering is not None:
            self._recovering.cancel()
            await asyncio.gather(self._recovering, return_exceptions=True)
        while self._beginning or self._running:
            await asyncio.sleep(0) if self._beginning else await asyncio.wait(self._running)
