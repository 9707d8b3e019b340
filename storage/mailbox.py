"""Letters for the web page, sealed, kept a while so that a phone that lost its line gets what it missed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from handlers.events import Address
from handlers.values import dataclass
from storage.core import LETTER
from storage.database import Database
from storage.outbox import ids
from storage.store import Store, context
from storage.upsert import insert_new

MOST = 200  # letters of one answer; the page asks again
LOOK_AGAIN = 1.0  # seconds: with several processes the letter may have been put by another one


@dataclass(frozen=True, slots=True)
class Kept:
    """One letter as the page gets it."""

    id: int
    chat: str
    messages: Sequence[Mapping[str, Any]]
    at: datetime


class Mailbox:
    """Where letters of the web channel wait. Writing one twice under the same key keeps one."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database, self._store = database, store
        self._news: dict[str, asyncio.Event] = {}

    async def put(self, key: str, chat: str, messages: Sequence[Mapping[str, Any]]) -> int:
        number = await self._database.write(partial(_put, store=self._store, key=key, chat=chat, messages=messages))
        news = self._news.pop(chat, None)
        if news:
            news.set()
        return number

    async def after(self, chats: Sequence[str], last: int) -> list[Kept]:
        return await self._database.read(partial(_after, store=self._store, chats=chats, last=last))

    async def wait(self, chats: Sequence[str], seconds: float, /) -> None:
        """Until something new may be there; a little early is fine."""
        alone = self._database.dialect == "sqlite"
        events = [self._news.setdefault(chat, asyncio.Event()) for chat in chats]
        waiting = [asyncio.ensure_future(e.wait()) for e in events]
        try:
            pause = seconds if alone else min(seconds, LOOK_AGAIN)
            await asyncio.wait(waiting, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()


def _put(connection: Connection, store: Store, key: str, chat: str, messages: Sequence[Mapping[str, Any]]) -> int:
    known = connection.execute(select(LETTER.c.id).where(LETTER.c.key == key)).scalar()
    if known is not None:
        return int(known)
    [number] = ids(connection, store, 1)
    lane = store.tag(Address("web", chat))
    body = store.seal(list(messages), context("letter", "body", number))
    row = {"id": number, "key": key, "lane": lane, "body": body, "at": store.now()}
    connection.execute(insert_new(connection, LETTER), [row])
    return number


def _after(connection: Connection, store: Store, chats: Sequence[str], last: int) -> list[Kept]:
    lanes = {store.tag(Address("web", chat)): chat for chat in chats}
    found = select(LETTER).where(LETTER.c.lane.in_(lanes), LETTER.c.id > last).order_by(LETTER.c.id).limit(MOST)
    return [
        Kept(r.id, lanes[r.lane], store.open(r.body, context("letter", "body", r.id)), r.at)
        for r in connection.execute(found)
    ]
