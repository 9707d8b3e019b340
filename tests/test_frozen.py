"""A process that stands still in the middle of a turn, on PostgreSQL: its machine is frozen, or the network is gone."""

import asyncio
from time import monotonic

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.util import await_only

from handlers.events import Address, Command
from storage import recounting, schema
from storage.core import INBOX
from storage.database import BUSY_MS, IDLE_MS, connect, gone
from tests.town import Town

pytestmark = [pytest.mark.postgres, pytest.mark.parametrize("url", ["postgres"], indirect=True)]
LONGER = IDLE_MS / 1000 + 1.5  # seconds
CHAT = Address("telegram", "r1")


def still(_: Connection) -> None:
    """The process is not let run."""
    await_only(asyncio.sleep(LONGER))


async def test_who_stands_still_in_a_turn_keeps_nobody_waiting_for_ever(url: str, town: Town) -> None:
    """Its transaction is ended by the server, and nothing of it stands."""
    frozen, taken = connect(url), asyncio.Event()
    event = town.event(CHAT, Command("start"))

    def turn(connection: Connection) -> None:
        locked = town.store.tag(CHAT).encode()[:7]
        connection.execute(select(func.pg_advisory_xact_lock(int.from_bytes(locked, "big"))))
        connection.execute(INBOX.insert().values(key="frozen", at=town.store.now()))
        taken.set()
        still(connection)
        connection.execute(select(1))

    standing = asyncio.create_task(frozen.write(turn))
    await taken.wait()
    began = monotonic()
    await town.turns.handle([event])
    assert monotonic() - began < BUSY_MS / 1000
    with pytest.raises(Exception) as failed:
        await standing
    assert gone(failed.value)
    keys = await town.database.read(lambda c: list(c.execute(select(INBOX.c.key)).scalars()))
    assert keys == [f"telegram {event.id}"]
    assert await frozen.write(lambda c: c.execute(select(1)).scalar()) == 1, "it goes on with a new line"
    await frozen.close()


async def test_who_reads_or_repairs_may_think_as_long_as_it_takes(url: str, town: Town) -> None:
    def migrating(connection: Connection) -> int:
        schema.migrate(connection)
        return counted(connection)

    def rebuilding(connection: Connection) -> int:
        recounting.rebuild(connection, town.store.rules.zone)
        return counted(connection)

    def counted(connection: Connection) -> int:
        connection.execute(select(1))
        still(connection)
        return int(connection.execute(select(func.count()).select_from(INBOX)).scalar_one())

    database = town.database
    found = await asyncio.gather(database.read(counted), database.write(migrating), database.write(rebuilding))
    assert list(found) == [0, 0, 0]
