"""Which processes run on one database: each says that it is there, and counts the others."""

from datetime import timedelta

from sqlalchemy import Connection, delete, func, select

from storage import prepared
from storage.store import Store
from storage.tables import PROCESS

SILENT = timedelta(seconds=30)  # three beats: a process that missed them is gone


def beat(connection: Connection, store: Store, name: str) -> int:
    """Say that `name` is there; how many are, this one included."""
    prepared.put(connection, PROCESS, [{"id": name, "at": store.now()}], ("id",))
    connection.execute(delete(PROCESS).where(PROCESS.c.at < store.now() - SILENT))
    return int(connection.execute(select(func.count()).select_from(PROCESS)).scalar_one())


def leave(connection: Connection, name: str) -> None:
    connection.execute(delete(PROCESS).where(PROCESS.c.id == name))
