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
Process = Callable[[Any], Any]


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
        columns: list[Sequence[Any]] = list(zip(*map(self._pick, rows), strict=True))
        for at, process in self._changed:
            process = cache(process) if len(rows) > 1 else process  # a moment is mostly the same in all rows
            columns[at] = list(map(process, columns[at]))
        cursor = connection.connection.cursor()
        try:
            if self._bulk and len(rows) > 1:
                cursor.execute(self._bulk, tuple(map(list, columns)))
            elif len(rows) == 1:
                cursor.execute(self._sql, tuple(column[0] for column in columns))
            else:
                cursor.executemany(self._sql, list(zip(*columns, strict=True)))
        finally:
            cursor.close()


class Question:
    """One compiled query of one dialect: asked with values by name, rows come as the driver has them."""

    __slots__ = ("_changed", "_dialect", "_fixed", "_names", "_sql")

    def __init__(self, query: ClauseElement, dialect: Any) -> None:
        compiled: Any = query.compile(dialect=dialect)
        self._sql, self._dialect = str(compiled), dialect.name
        self._names = compiled.positiontup or list(compiled.params)
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._changed = {n: process for n in self._names if (process := _process(compiled.binds[n].type, dialect))}

    def ask(self, connection: Connection, **values: Any) -> list[Any]:
        given = {**self._fixed, **values}
        for name, process in self._changed.items():
            given[name] = process(given[name])
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._sql, tuple(_driven(self._dialect, given[name]) for name in self._names))
            return list(cursor.fetchall())
        finally:
            cursor.close()


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
        cursor.execute(sql[name], tuple(_driven(name, v) for v in values))
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()


def among(sql: str, kind: str = "varchar") -> dict[str, str]:
    """A query with `?`, and `IN LIST` or `FROM LIST` (of `value`), spelled for both dialects. A list is one parameter:
    the text never changes."""
    postgres = sql.replace("IN LIST", f"= ANY(?::{kind}[])").replace("FROM LIST", f"FROM unnest(?::{kind}[]) AS value")
    for number in range(1, postgres.count("?") + 1):
        postgres = postgres.replace("?", f"${number}", 1)
    sqlite = sql.replace("IN LIST", "IN (SELECT value FROM json_each(?))").replace("FROM LIST", "FROM json_each(?)")
    return {"sqlite": sqlite, "postgresql": postgres}


def _driven(dialect: str, value: Any) -> Any:
    """A value as the driver takes it: a list is one parameter, which SQLite reads with json_each."""
    return orjson.dumps(value).decode() if isinstance(value, list) and dialect == "sqlite" else value


@cache
def _insert(table: Table, columns: tuple[str, ...], _name: str, dialect: Any) -> Prepared:
    return Prepared(table.insert(), columns, dialect)


@cache
def _put(
    table: Table, columns: tuple[str, ...], key: tuple[str, ...], add: tuple[str, ...], name: str, dialect: Any
) -> Prepared:
    return Prepared(upserting(name, table, key, add), columns, dialect)


def _process(kind: Any, dialect: Any) -> Process | None:
    """How a value becomes the driver's; both drivers take bytes, numbers, texts and booleans as they are."""
    made: Process | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return None if isinstance(kind, LargeBinary | Boolean) else made
