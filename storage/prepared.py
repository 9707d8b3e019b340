"""Statements of the hot path: built from the tables with SQLAlchemy Core, compiled once, then run by the driver itself.

SQLAlchemy's own execution costs 0.1 to 0.2 ms a statement, whatever its rows; a turn has eight (docs/decisions/0003).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Boolean, Connection, LargeBinary, Table
from sqlalchemy.sql import ClauseElement

from storage.upsert import upserting

VALUES = re.compile(r"VALUES \([^)]*\)")
Process = Callable[[Any], Any] | None


class Prepared:
    """One compiled statement of one dialect; rows are mappings by column name."""

    __slots__ = ("_bulk", "_changed", "_pick", "_sql")

    def __init__(self, statement: ClauseElement, columns: Sequence[str], dialect: Any) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self._sql, self._bulk = str(compiled), ""
        names = compiled.positiontup or list(compiled.params)
        self._pick: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*names)
        processes = ((at, _process(compiled.binds[n].type, dialect)) for at, n in enumerate(names))
        self._changed = [(at, process) for at, process in processes if process is not None]
        if dialect.name == "postgresql":
            self._bulk = in_bulk(self._sql, [compiled.binds[n].type.compile(dialect) for n in names])

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        values = [self._values(row) for row in rows]
        cursor = connection.connection.cursor()
        try:
            if len(values) == 1:
                cursor.execute(self._sql, values[0])
            elif self._bulk:
                cursor.execute(self._bulk, tuple(map(list, zip(*values, strict=True))))
            else:
                cursor.executemany(self._sql, values)
        finally:
            cursor.close()

    def _values(self, row: Mapping[str, Any]) -> list[Any]:
        values = list(self._pick(row))
        for at, process in self._changed:
            values[at] = process(values[at])
        return values


def in_bulk(sql: str, types: Sequence[str]) -> str:
    """The same for PostgreSQL with an array a column: one execution of a statement costs the server more than a row."""
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, 1))
    rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - types of our own tables
    return VALUES.sub(lambda _: rows, sql, count=1)


def insert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows in one statement; nothing for no rows."""
    if rows:
        _insert(table, tuple(rows[0]), connection.dialect.name, connection.dialect).run(connection, rows)


def put(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    key: tuple[str, ...],
    add: tuple[str, ...] = (),
) -> None:
    """Insert rows, or change what stands under the same key (see storage.upsert); no key comes twice in `rows`."""
    if rows:
        _put(table, tuple(rows[0]), key, add, connection.dialect.name, connection.dialect).run(connection, rows)


def ask(connection: Connection, sql: Mapping[str, str], *values: Any) -> list[Any]:
    """Rows of a fixed query, spelled for each dialect; a list goes where the query says `LIST`."""
    name = connection.dialect.name
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql[name], tuple(_array(name, v) if isinstance(v, list) else v for v in values))
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()


def among(sql: str, kind: str = "varchar") -> dict[str, str]:
    """A query with `IN LIST` and `?`, spelled for both dialects. A list is one parameter: the text never changes."""
    postgres = sql.replace("IN LIST", f"= ANY(?::{kind}[])")
    for number in range(1, postgres.count("?") + 1):
        postgres = postgres.replace("?", f"${number}", 1)
    return {"sqlite": sql.replace("IN LIST", "IN (SELECT value FROM json_each(?))"), "postgresql": postgres}


def _array(dialect: str, values: list[Any]) -> Any:
    return orjson.dumps(values).decode() if dialect == "sqlite" else values


@cache
def _insert(table: Table, columns: tuple[str, ...], _name: str, dialect: Any) -> Prepared:
    return Prepared(table.insert(), columns, dialect)


@cache
def _put(
    table: Table, columns: tuple[str, ...], key: tuple[str, ...], add: tuple[str, ...], name: str, dialect: Any
) -> Prepared:
    return Prepared(upserting(name, table, key, add), columns, dialect)


def _process(kind: Any, dialect: Any) -> Process:
    """How a value becomes the driver's; both drivers take bytes, numbers, texts and booleans as they are."""
    made: Process = kind.dialect_impl(dialect).bind_processor(dialect)
    return None if isinstance(kind, LargeBinary | Boolean) else made
