"""Connections of SQLite that only read, each in a thread of its own: a look costs one hop, and no pool."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from storage.worker import Worker

T = TypeVar("T")
Work = Callable[[Connection], T]


class Reader:
    """One thread and the connection it holds."""

    def __init__(self, name: str, engine: Engine) -> None:
        self.busy = 0  # works that wait here or are under way
        self._thread, self._engine = Worker(name), engine
        self._held: Connection | None = None

    async def read(self, work: Work[T]) -> T:
        self.busy += 1
        try:
            return await self._thread.do(self._read, work)
        finally:
            self.busy -= 1

    def _read(self, work: Work[T]) -> T:
        connection = self._held = self._held or self._engine.connect()
        try:
            with connection.begin():
                return work(connection)
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        """After a failure a new connection is made: this one may be broken."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def close(self) -> None:
        self._thread.close()
        self._let_go()
