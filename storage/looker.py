"""The connection of SQLite that looks at the outbox many times a second: a thread of its own, one hop, and no pool."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from storage.worker import Worker

T = TypeVar("T")
Work = Callable[[Connection], T]


class Looker:
    """One thread and the connection it holds; the engine is its own."""

    def __init__(self, engine: Engine) -> None:
        self._thread, self._engine = Worker("looker"), engine
        self._held: Connection | None = None

    async def look(self, work: Work[T]) -> T:
        return await self._thread.do(self._look, work)

    def _look(self, work: Work[T]) -> T:
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
        self._engine.dispose()
