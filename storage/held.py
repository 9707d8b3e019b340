"""A connection of SQLite in a thread of its own: work queues there, in order, one hop each, and no pool between."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine

from storage.worker import Worker

T = TypeVar("T")
Work = Callable[[Connection], T]


class Held:
    """One thread and the connection it holds: taking it out of the pool and putting it back costs 0.1 ms."""

    def __init__(self, name: str, engine: Engine) -> None:
        self._thread, self._engine = Worker(name), engine
        self._held: Connection | None = None

    async def do(self, work: Work[T]) -> T:
        """Run `work` in one transaction."""
        return await self._thread.do(self._transact, work)

    async def aside(self, work: Work[T]) -> T:
        """Run `work` between transactions."""
        return await self._thread.do(lambda: work(self._connection()))

    def _transact(self, work: Work[T]) -> T:
        connection = self._connection()
        try:
            return transacted(connection, work)
        except BaseException:
            self._let_go()
            raise

    def _connection(self) -> Connection:
        self._held = self._held or self._engine.connect()
        return self._held

    def _let_go(self) -> None:
        """After a failure the pool looks at the connection before it is used again."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def close(self) -> None:
        """Finish what is begun, then end."""
        self._thread.close()
        self._let_go()
        self._engine.dispose()


def transacted(connection: Connection, work: Work[T]) -> T:
    with connection.begin():
        return work(connection)
