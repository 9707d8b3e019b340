"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL both have and SQLAlchemy spells twice."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.sql.dml import Insert


def insertion(dialect: str, table: Table) -> Any:
    """The dialect's own INSERT; its module is read when it is needed: the other one costs 20 ms of a start."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


def upsert(
    connection: Connection,
    table: Table,
    values: dict[str, Any] | None,
    key: Sequence[str],
    *,
    add: Sequence[str] = (),
) -> Insert:
    """Insert, or where `key` is there already set the other columns; columns in `add` are added up instead.

    With `values` None the statement takes its rows from `connection.execute(statement, rows)`.
    """
    statement = upserting(connection.dialect.name, table, tuple(key), tuple(add))
    return statement.values(values) if values else statement


@cache  # a statement costs 0.4 ms to make, and there is a handful of them
def upserting(dialect: str, table: Table, key: tuple[str, ...], add: tuple[str, ...]) -> Insert:
    """The statement behind `upsert`, without values."""
    statement = insertion(dialect, table)
    excluded = statement.excluded
    changes = {
        c.name: c + excluded[c.name] if c.name in add else excluded[c.name] for c in table.columns if c.name not in key
    }
    result: Insert = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    return result


def insert_new(connection: Connection, table: Table) -> Insert:
    """Insert rows, and leave alone what is there already."""
    result: Insert = insertion(connection.dialect.name, table).on_conflict_do_nothing()
    return result
