"""The two engines: one writer, in whose thread a whole batch runs, and readers that see what was committed."""

import asyncio
import functools
import importlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from storage.held import Held, Work, transacted

if TYPE_CHECKING:  # it brings the whole ORM: a quarter of a start
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")
BUSY_MS = 5_000  # a second process (the command line) may hold the lock this long before we say it is not there
# Pages of the log until it is copied into the file, 16 MB: four times as many as usual, of which most are the same ones
# again and are copied once; and the copying waits for the disk twice, while turns wait for it.
LOG_PAGES = 4_000
READERS = 2  # a summary that takes long does not keep the web page from its letters
SHREDDED = "wrap, archive, contact, conversation, cases"
HELD = 3  # connections to PostgreSQL that are kept for turns; what is beyond them is given back after every use
# A process that is frozen or cut off in the middle of a transaction keeps its locks until its line breaks, which may
# take hours. So PostgreSQL ends it, before whoever waits for a lock gives up. Usually milliseconds lie between two
# statements.
IDLE_MS = 4_000
# Seconds until PostgreSQL notices that the machine at the other end has lost its power, and lets go of what it held.
SILENCE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
CONNECT_SECONDS = 5.0  # asyncpg would wait a minute for a server that does not answer

# Classes of SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html): connection, resources (a full disk),
# operator (shutdown), system, a lock that was not to be had in time, a transaction that stood still for too long. The
# event is not to blame for any of them.
GONE = ("08", "53", "57", "58", "55P03", "25P03")
HUNG_UP = ("InterfaceError", "InternalClientError")  # of asyncpg and of SQLAlchemy's layers before it
COLLIDED = ("40", "23505")  # serialisation, deadlock, a unique key: another process was faster


def gone(bad: BaseException) -> bool:
    """Whether the database is at fault (not there, locked, full) and not what it was asked."""
    if isinstance(_driver(bad), ValueError):  # asyncpg's word for a value that it cannot send
        return False
    if isinstance(bad, OSError | NoConnection | OperationalError | InterfaceError | sqlite3.OperationalError):
        return True
    return getattr(bad, "connection_invalidated", False) or state(bad).startswith(GONE) or _hung_up(bad)


def collided(bad: BaseException) -> bool:
    """Whether the same work may well succeed when it is done once more."""
    return isinstance(bad, IntegrityError | sqlite3.IntegrityError) or state(bad).startswith(COLLIDED)


def state(bad: BaseException) -> str:
    """PostgreSQL's SQLSTATE, empty where there is none; statements of the hot path raise the driver's own errors."""
    cause = bad.orig if isinstance(bad, DBAPIError) else bad
    return str(getattr(cause, "sqlstate", None) or "")


def reason(bad: BaseException) -> str:
    """The driver's name of what is wrong, such as SQLITE_FULL or DuplicateTableError; none of its words."""
    driver = _driver(bad)
    return str(getattr(driver, "sqlite_errorname", "") or type(driver).__name__)


def _driver(bad: BaseException) -> BaseException:
    """SQLAlchemy puts asyncpg's own error behind one of its own, and that behind another one."""
    cause = bad.orig if isinstance(bad, DBAPIError) and bad.orig else bad
    return cause.__cause__ or cause


def _hung_up(bad: BaseException) -> bool:
    """The driver's own words for a connection that is closed, or that it cannot follow any more: a process that was
    frozen reads the answer to its question and the end of its connection at once, as it does when a server dies in the
    middle of an answer.
    """
    layers = (bad, bad.orig if isinstance(bad, DBAPIError) else None, _driver(bad))
    return any(kind.__name__ in HUNG_UP for layer in layers for kind in type(layer).__mro__)


class Database(Protocol):
    """Runs SQL. The work is ordinary synchronous SQLAlchemy Core: the same code on every database."""

    dialect: str

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction: all of it is durable when this returns, or none of it is."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run `work` on what is committed."""
        ...

    async def look(self, work: Work[T]) -> T:
        """The same for what is looked at many times a second: the outbox."""
        ...

    async def stand(self, name: str) -> None:
        """Show the other processes that this one lives, until it ends, however it ends. To be said again and again."""
        ...

    async def close(self) -> None: ...


class Sqlite:
    """SQLite has one writer. One connection in one thread makes turns queue here, in order, instead of polling for the
    file lock; a batch costs one thread hop, not one a statement as with aiosqlite, which serves the readers
    (docs/decisions/0003).
    """

    dialect = "sqlite"

    def __init__(self, url: URL) -> None:
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._url = url
        self._writer, self._looker = Held("writer", _writing(url)), Held("looker", _readonly(url))
        self._readers: AsyncEngine | None = None
        self._opening = asyncio.Lock()

    async def write(self, work: Work[T]) -> T:
        return await self._writer.do(work)

    async def shred(self) -> bool:
        return await self._writer.aside(_truncated)

    async def read(self, work: Work[T]) -> T:
        async with (await self._open_readers()).connect() as connection:
            return await connection.run_sync(work)

    async def _open_readers(self) -> "AsyncEngine":
        """With the first reading: a start is sooner done without them."""
        async with self._opening:
            if self._readers is None:
                await asyncio.to_thread(importlib.import_module, "sqlalchemy.ext.asyncio")
                self._readers = _readers(self._url)
        return self._readers

    async def look(self, work: Work[T]) -> T:
        return await self._looker.do(work)

    async def stand(self, name: str) -> None:
        """There are no others."""

    async def close(self) -> None:
        if self._readers is not None:
            await self._readers.dispose()
        self._looker.close()
        self._writer.close()


class Postgres:
    """PostgreSQL: as many processes as wanted; a chat's turns are serialised by an advisory lock (storage.turn)."""

    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        from sqlalchemy.ext.asyncio import create_async_engine

        limits = {"lock_timeout": str(BUSY_MS), "idle_in_transaction_session_timeout": str(IDLE_MS), **SILENCE}
        waits = {"timeout": CONNECT_SECONDS, "server_settings": limits}
        self._engine = create_async_engine(url, pool_size=5, max_overflow=5, pool_pre_ping=True, connect_args=waits)
        self._held: list[AsyncConnection] = []  # the pool looks at a connection before it gives it out: a round trip
        self._standing: AsyncConnection | None = None

    async def write(self, work: Work[T]) -> T:
        connection = self._held.pop() if self._held else await self._engine.connect()
        try:
            result = await connection.run_sync(transacted, work)
        except BaseException:
            await self._let_go(connection)
            raise
        if len(self._held) < HELD:
            self._held.append(connection)
        else:
            await connection.close()
        return result

    async def _let_go(self, *connections: "AsyncConnection") -> None:
        """After a failure the pool looks at all of them before they are used again."""
        held, self._held = self._held, []
        for connection in (*connections, *held):
            await connection.close()

    async def read(self, work: Work[T]) -> T:
        """It may take its time over every row, as nobody waits for it."""
        async with self._engine.connect() as connection:
            await connection.run_sync(unhurried)
            return await connection.run_sync(work)

    async def look(self, work: Work[T]) -> T:
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def stand(self, name: str) -> None:
        """Hold a lock on a line of its own: the server drops it when the line breaks."""
        try:
            if self._standing is not None:
                await self._standing.execute(select(1))
                return
        except SQLAlchemyError:
            await self._sit()
        self._standing = await self._engine.connect()
        try:
            await self._standing.execution_options(isolation_level="AUTOCOMMIT")
            await self._standing.execute(select(func.pg_advisory_lock(standing(name))))
        except BaseException:
            await self._sit()
            raise

    async def _sit(self) -> None:
        standing, self._standing = self._standing, None
        if standing is not None:
            await standing.invalidate()
            await standing.close()

    async def shred(self) -> bool:
        """Dead rows are overwritten; archives of the server's log are the operator's (docs/operators.md)."""
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.exec_driver_sql(f"VACUUM {SHREDDED}")
        return True

    async def close(self) -> None:
        await self._sit()
        await self._let_go()
        await self._engine.dispose()


def unhurried(connection: Connection) -> None:
    """Let this transaction stand still between its statements for as long as it likes."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def standing(name: str | ColumnElement[str]) -> ColumnElement[int]:
    """The number of the lock that the process of this name holds while it lives."""
    return func.hashtextextended(name, 0)


def connect(url: str) -> Database:
    """The database of a settings url: `sqlite+aiosqlite:///FILE` or `postgresql+asyncpg://...`."""
    parsed = make_url(url)
    return Sqlite(parsed) if parsed.get_backend_name() == "sqlite" else Postgres(parsed)


async def shred(database: Database) -> bool:
    """Take what was deleted out of the files as well; False when somebody reads there, and it must be tried again."""
    return isinstance(database, Sqlite | Postgres) and await database.shred()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database that is closed at the end."""
    database = connect(url)
    try:
        yield database
    finally:
        await database.close()


def _truncated(connection: Connection) -> bool:
    """The log becomes empty: until then it holds pages as they were before rows went (sqlite.org/wal.html)."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")  # turns are waiting behind us
    try:
        return not driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _writing(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite"), pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
    )
    event.listen(engine, "connect", functools.partial(_prepare, writes=True))
    event.listen(engine, "begin", _begin)
    return engine


def _readonly(url: URL) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite"),
        pool_size=1,
        max_overflow=0,
        pool_reset_on_return=None,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", functools.partial(_prepare, writes=False))
    return engine


def _readers(url: URL) -> "AsyncEngine":
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url, pool_size=READERS, max_overflow=0)
    event.listen(engine.sync_engine, "connect", functools.partial(_prepare, writes=False))
    return engine


def _begin(connection: Connection) -> None:
    """Before anything is read, the lock to write. Said to the driver: SQLAlchemy's way to it costs 0.04 ms."""
    connection.connection.cursor().execute("BEGIN IMMEDIATE")


def _prepare(connection: Any, _record: Any, *, writes: bool) -> None:
    """FULL: a committed event survives a power cut, and we answer 200 on the word of a commit."""
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    pragmas = [f"busy_timeout={BUSY_MS}", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON"]
    log = ["journal_mode=WAL", "synchronous=FULL", f"wal_autocheckpoint={LOG_PAGES}"]
    pragmas += log if writes else ["query_only=ON"]
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
