"""Which processes run on one database: each says that it is there, counts the others, knows who died, and cuts off who
stands still.
"""

from datetime import timedelta

from sqlalchemy import Connection, delete, func, select, text

from storage import outbox, prepared
from storage.core import PROCESS
from storage.database import IDLE_MS, standing
from storage.store import Store

SILENT = timedelta(seconds=30)  # three beats: a process that missed them is gone
# asyncpg prepares a statement and sends what is to be done with it afterwards. To PostgreSQL a process that is frozen
# in between is in the middle of a question, and no limit of its own ends that (transaction_timeout does, from 17 on).
STANDING_STILL = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND backend_type = 'client backend'
    AND state = 'active' AND wait_event = 'ClientRead'
    AND state_change < clock_timestamp() - :allowed * interval '1 millisecond'""")


def beat(connection: Connection, store: Store, name: str) -> int:
    """Say that `name` is there; how many are, this one included."""
    prepared.put(connection, PROCESS, [{"id": name, "at": store.now()}], ("id",))
    connection.execute(delete(PROCESS).where(PROCESS.c.at < store.now() - SILENT))
    return int(connection.execute(select(func.count()).select_from(PROCESS)).scalar_one())


def cut_off(connection: Connection) -> int:
    """End the lines of ours on which a process stands still in the middle of a question, and holds locks. How many."""
    return len(connection.execute(STANDING_STILL, {"allowed": IDLE_MS}).all())


def bury(connection: Connection, store: Store, name: str) -> int:
    """Forget the others that died, and free what they had claimed. Nobody holds a dead process's lock: PostgreSQL lets
    go of it when the line breaks, which is in the moment of the death. How many they were.
    """
    others = select(PROCESS.c.id).where(PROCESS.c.id != name)
    dead = others.where(func.pg_try_advisory_xact_lock(standing(PROCESS.c.id)))
    found = list(connection.execute(dead).scalars())
    _go(connection, store, found)
    return len(found)


def leave(connection: Connection, store: Store, name: str) -> None:
    """This process ends: what it had claimed and not sent is anybody's."""
    _go(connection, store, [name])


def _go(connection: Connection, store: Store, names: list[str]) -> None:
    connection.execute(delete(PROCESS).where(PROCESS.c.id.in_(names)))
    outbox.free(connection, names, store.now())
