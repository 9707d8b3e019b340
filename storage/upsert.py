"""INSERT ... ON CONFLICT, which SQLite and PostgreSQL both have and SQLAlchemy spells twice."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert


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
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement: Any = make(table).values(values) if values else make(table)
    others = [c.name for c in table.columns if c.name not in key]
    changes = {
        name: table.c[name] + statement.excluded[name] if name in add else statement.excluded[name] for name in others
    }
    result: Insert = statement.on_conflict_do_update(index_elements=list(key), set_=changes)
    return result


def insert_new(connection: Connection, table: Table) -> Insert:
    """Insert rows, and leave alone what is there already."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    result: Insert = make(table).on_conflict_do_nothing()
    return result
