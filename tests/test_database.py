"""Whose fault an error of the database is: what is nobody's is tried again, what is the question's is put aside."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import DBAPIError, OperationalError

from handlers.events import Address, Command
from storage import prepared
from storage.core import INBOX
from storage.database import gone
from tests.town import Town

FAR = 2**80
NUMBER = prepared.among("SELECT value FROM LIST", "bigint")


class Layer(Exception):
    sqlstate: str


def behind(driver: Exception) -> DBAPIError:
    """As SQLAlchemy raises what asyncpg raises."""
    layer = Layer("its own")
    layer.sqlstate, layer.__cause__ = getattr(driver, "sqlstate", ""), driver
    return DBAPIError("SELECT 1", None, layer)


@pytest.mark.parametrize(
    "bad",
    [
        asyncpg.InternalClientError("got result for unknown protocol state 0"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.IdleInTransactionSessionTimeoutError("terminating connection"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.LockNotAvailableError("canceling statement due to lock timeout"),
        asyncpg.DiskFullError("could not extend file"),
    ],
    ids=lambda bad: type(bad).__name__,
)
@pytest.mark.parametrize("layered", [lambda bad: bad, behind], ids=["alone", "behind others"])
def test_a_connection_that_broke_is_the_databases_fault(
    bad: Exception, layered: Callable[[Exception], BaseException]
) -> None:
    assert gone(layered(bad))


def test_a_locked_file_is_the_databases_fault() -> None:
    assert gone(sqlite3.OperationalError("database is locked"))
    assert gone(OperationalError("BEGIN", None, sqlite3.OperationalError("disk is full")))


@pytest.mark.parametrize(
    "bad",
    [
        ValueError("no number"),
        asyncpg.DataError("value out of int64 range"),
        asyncpg.CharacterNotInRepertoireError("0x00"),
    ],
    ids=lambda bad: type(bad).__name__,
)
def test_a_value_that_cannot_be_kept_is_the_events_fault(bad: Exception) -> None:
    assert not gone(bad)


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    "ask",
    [
        lambda c: prepared.ask(c, NUMBER, [FAR]),
        lambda c: c.execute(select(bindparam("far", FAR)).where(INBOX.c.at == datetime(1, 1, 1, tzinfo=UTC))),
        lambda c: c.execute(INBOX.insert().values(key="\x00", at=datetime.now(UTC))),
    ],
    ids=["a number", "a bound number", "a letter"],
)
async def test_the_driver_says_so_too(town: Town, ask: Callable[[Connection], Any]) -> None:
    with pytest.raises(Exception) as failed:
        await town.database.write(ask)
    assert not gone(failed.value)
    await town.turns.handle([town.event(Address("telegram", "r1"), Command("start"))])
