"""The two engines: one writer, in whose thread a whole batch runs, and readers that see what was committed."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

T = TypeVar("T")
Work = Callable[[Connection], T]
BUSY_MS = 5_000  # a second process (the command line) may hold the lock this long before we say it is not there


class Database(Protocol):
    """Runs SQL. The work is ordinary synchronous SQLAlchemy Core: the same code on every database."""

    dialect: str

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction: all of it is durable when this returns, or none of it is."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run `work` on what is committed."""
        ...

    async def close(self) -> None: ...


class Sqlite:
    """SQLite has one writer. One connection in one thread makes turns queue here, in order, instead of polling for the
    file lock; a batch costs one thread hop instead of one a statement (docs/decisions/0003). Readers are aiosqlite's.
    """

    dialect = "sqlite"

    def __init__(self, url: URL) -> None:
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._thread = ThreadPoolExecutor(1, "writer")
        self._writer: Engine = create_engine(
            url.set(drivername="sqlite"), pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
        )
        self._readers: AsyncEngine = create_async_engine(
            url.set(drivername="sqlite+aiosqlite"), pool_size=2, max_overflow=0
        )
        event.listen(self._writer, "connect", functools.partial(_prepare, writes=True))
        event.listen(self._writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        event.listen(self._readers.sync_engine, "connect", functools.partial(_prepare, writes=False))

    async def write(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact, work)

    def _transact(self, work: Work[T]) -> T:
        with self._writer.begin() as connection:
            return work(connection)

    async def read(self, work: Work[T]) -> T:
        async with self._readers.connect() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._readers.dispose()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.dispose)
        self._thread.shutdown()


class Postgres:
    """PostgreSQL: as many processes as wanted; a chat's turns are serialised by an advisory lock (storage.turn)."""

    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        self._engine = create_async_engine(url, pool_size=5, max_overflow=5, pool_pre_ping=True)

    async def write(self, work: Work[T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def read(self, work: Work[T]) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


def connect(url: str) -> Database:
    """The database of a settings url: `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://...`."""
    parsed = make_url(url)
    return Sqlite(parsed) if parsed.get_backend_name() == "sqlite" else Postgres(parsed)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database that is closed at the end."""
    database = connect(url)
    try:
        yield database
    finally:
        await database.close()


def _prepare(connection: Any, _record: Any, *, writes: bool) -> None:
    """FULL: a committed event survives a power cut, and we answer 200 on the word of a commit."""
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    pragmas = [f"busy_timeout={BUSY_MS}", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON"]
    pragmas += ["journal_mode=WAL", "synchronous=FULL"] if writes else ["query_only=ON"]
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
