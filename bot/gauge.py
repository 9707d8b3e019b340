"""LINE's price as the dispatcher meets it: what may be pushed now, what goes along, what it cost.

The account itself is in the database (storage.meter), the same for every process; this is one process's view of it,
a few seconds old at most.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from bot import carrying
from bot.channels import SendError
from bot.turns import Unavailable
from handlers.events import Address, Incoming, Tick
from handlers.meter import Meter, month_of
from storage import meter, outbox
from storage.database import Database, gone
from storage.outbox import Row
from storage.store import Store

log = logging.getLogger(__name__)
FRESH = timedelta(seconds=5)  # that the view of another process's work may be old
SIZE_FRESH = timedelta(minutes=10)  # people come and go, and LINE's own count sets it right every few minutes
LONG_AGO = datetime.min.replace(tzinfo=UTC)
CLOCK = Address("clock", "clock")  # the chat of a tick that is no chat's


@runtime_checkable
class Priced(Protocol):
    """A channel that charges for every recipient of a push."""

    name: str

    def is_group(self, chat: str) -> bool: ...

    async def members(self, chat: str) -> int:
        """How many people get what is said there. Raises SendError."""
        ...

    async def quota(self) -> tuple[int | None, int]:
        """What the month has, None for no limit, and what is used of it. Raises SendError."""
        ...


class Gauge:
    """`meter` and `holding` (chats in which something waits) as they were lately."""

    def __init__(
        self,
        database: Database,
        store: Store,
        channel: Priced,
        handle: Callable[[Sequence[Incoming]], Awaitable[None]],
    ) -> None:
        self._database, self._store, self._channel, self._handle = database, store, channel, handle
        self._stale = True
        self.name = channel.name
        self.meter = Meter(store.now())
        self.holding: frozenset[str] = frozenset()
        self._sizes: dict[str, tuple[datetime, int]] = {}

    def stale(self) -> None:
        """Something was written that changes the account."""
        self._stale = True

    async def fresh(self) -> None:
        """Look at the account, unless that was just done; coordinators hear of a stage that it reached."""
        if not self._stale and abs(self._store.now() - self.meter.now) < FRESH:
            return
        self._stale = False
        self.meter, self.holding = await self._database.look(self._load)
        for chat, members in self.meter.sizes.items():
            self._sizes.setdefault(self._store.tag(chat), (LONG_AGO, members))
        if self.meter.stage > self.meter.warned:
            await self._tell(str(self.meter.stage), {})

    def _load(self, connection: Connection) -> tuple[Meter, frozenset[str]]:
        return meter.load(connection, self._store), meter.lanes(connection)

    def holds(self, row: Row) -> str:
        """Why a push of this row must wait (`handlers.meter.Meter.holds`); empty: it may leave."""
        news = carrying.news_of(row) if self._channel.is_group(row.chat) else ""
        return self._why(row, self.meter.holds(news, row.urgent, self._price(row)))

    def _why(self, row: Row, why: str) -> str:
        return "news" if why and carrying.news_of(row) and not row.urgent else why

    def _price(self, row: Row) -> int:
        """What a push costs, as far as we know; a group that nobody counted is taken for a large one."""
        if not self._channel.is_group(row.chat):
            return 1
        chat = outbox.chat_of(row.lane)
        return self._sizes[chat][1] if chat in self._sizes else max(1, self.meter.refused)

    async def carry(self, row: Row) -> Row:
        """The row with what waited for its chat, written down before it is sent; itself where nothing does."""
        chat = outbox.chat_of(row.lane)
        lanes = self.holding & {chat, outbox.news_lane(chat), outbox.later_lane(chat)}
        if not lanes or row.kind != "say" or not row.payload or row.attempts:
            return row
        try:
            waiting = await self._database.look(partial(meter.held, store=self._store, lanes=lanes))
            one, rest = carrying.along(row, waiting)
            if not rest:
                return row
            await self._database.write(partial(meter.carry, store=self._store, into=one, rest=rest))
        except Exception as bad:
            if not gone(bad):
                raise
            return row
        if len(rest) == len(waiting):
            self.holding -= lanes
        log.info("carried along", extra={"action": "carry", "count": len(rest)})
        return one

    async def cost(self, row: Row) -> int:
        """For how many people LINE charges the push of this row that it took."""
        if not self._channel.is_group(row.chat):
            return 1
        chat = outbox.chat_of(row.lane)
        at, members = self._sizes.get(chat, (LONG_AGO, 0))
        if abs(self._store.now() - at) < SIZE_FRESH:
            return members
        try:
            members = await self._channel.members(row.chat)
        except SendError as bad:  # what we knew is near enough: LINE's own count sets it right
            log.warning("group not counted", extra={"action": "members", "error": bad.why})
            return max(1, members)
        self._sizes[chat] = self._store.now(), members
        try:
            await self._database.write(partial(meter.size, store=self._store, tag=chat, members=members))
        except Exception as bad:
            if not gone(bad):
                raise
        return members

    async def refused(self, row: Row) -> str:
        """LINE takes no more this month; everybody knows from now on. Why the row waits."""
        cost = await self.cost(row)
        log.error("the month's messages are used up", extra={"action": "quota", "channel": self.name})
        await self._tell(f"refused:{cost}:{self._store.now():%dT%H}", {"refused": str(cost)})
        return self._why(row, "quota")

    async def _tell(self, what: str, facts: dict[str, str]) -> None:
        now = self._store.now()
        event = Incoming(f"quota:{month_of(now)}:{what}", now, CLOCK, "", Tick("quota", facts), group=True)
        try:
            await self._handle([event])
        except Unavailable:
            return  # what is not written down is found out again
        self._stale = True

    async def asked(self) -> Meter:
        """The account with what LINE says now, without writing anything down. Raises SendError."""
        limit, told = await self._channel.quota()
        account = await self._database.read(partial(meter.load, store=self._store))
        return replace(account, limit=limit, told=told, then=account.counted, read=account.now)

    async def read(self) -> int:
        """Ask LINE what it has counted; let leave what may leave again. How many chats that were."""
        try:
            limit, told = await self._channel.quota()
        except SendError as bad:
            log.warning("quota not read", extra={"action": "quota", "error": bad.why})
            return 0
        freed = await self._database.write(partial(meter.read, store=self._store, limit=limit, told=told))
        self._stale = True
        await self.fresh()
        return freed
