"""The peer that most bots are: one SQLModel session an event. One connection: more of them lock each other out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import Field, MetaData, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.raw import MEMORY, SAID


class Base(SQLModel):
    """A registry of its own: these tables are no part of the product."""

    metadata = MetaData()


class Inbox(Base, table=True):
    key: str = Field(primary_key=True)
    at: int


class Conversation(Base, table=True):
    tag: str = Field(primary_key=True)
    memory: bytes
    at: int


class Outbox(Base, table=True):
    id: int | None = Field(default=None, primary_key=True)
    lane: str
    payload: bytes
    due: int


class Orm:
    """Durable in the same way as ours: WAL, `synchronous=FULL`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    async def turn(self, number: int, chat: int) -> None:
        async with self._session() as session:
            if await session.get(Inbox, f"telegram {number}"):
                return
            tag = f"{chat:022d}"
            kept = await session.get(Conversation, tag) or Conversation(tag=tag, memory=b"", at=0)
            kept.memory, kept.at = MEMORY + bytes([number % 251]), number
            session.add(Inbox(key=f"telegram {number}", at=number))
            session.add(kept)
            session.add(Outbox(lane=tag, payload=SAID, due=number))
            await session.commit()


@asynccontextmanager
async def orm(file: Path) -> AsyncIterator[Orm]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", pool_size=1, max_overflow=0)
    event.listen(engine.sync_engine, "connect", _prepare)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        yield Orm(engine)
    finally:
        await engine.dispose()


def _prepare(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
