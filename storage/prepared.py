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
ALONE = "sqlite, lists of one"  # json_each costs a lone turn 10 µs each time
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
        cursor = connection.connection.cursor()
        try:
            if len(rows) == 1:
                cursor.execute(self._sql, self._one(rows[0]))
            elif self._bulk:
                cursor.execute(self._bulk, tuple(map(list, self._columns(rows))))
            else:
                cursor.executemany(self._sql, list(zip(*self._columns(rows), strict=True)))
        finally:
            cursor.close()

    def _one(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        values = list(self._pick(row))
        for at, process in self._changed:
            values[at] = process(values[at])
        return tuple(values)

    def _columns(self, rows: Sequence[Mapping[str, Any]]) -> list[Sequence[Any]]:
        columns: list[Sequence[Any]] = list(zip(*map(self._pick, rows), strict=True))
        for at, process in self._changed:
            columns[at] = list(map(cache(process), columns[at]))  # a moment is mostly the same in all rows
        return columns


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
            cursor.execute(self._sql, tuple([self._driven(given[name]) for name in self._names]))
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def _driven(self, value: Any) -> Any:
        return _read(value) if isinstance(value, list) and self._dialect == "sqlite" else value


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
    spelled, driven = sql[name], values
    if name == "sqlite":
        lists = [value for value in values if isinstance(value, list)]
        alone = bool(lists) and all(len(one) == 1 for one in lists)
        spelled = sql[ALONE] if alone else spelled
        driven = tuple(
            [value if not isinstance(value, list) else value[0] if alone else _read(value) for value in values]
        )
    cursor = connection.connection.cursor()
    try:
        cursor.execute(spelled, driven)
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
    alone = sql.replace("IN LIST", "= ?").replace("FROM LIST", "FROM (SELECT ? AS value)")
    return {"sqlite": sqlite, ALONE: alone, "postgresql": postgres}


def _read(values: list[Any]) -> str:
    """A list as SQLite reads it with json_each."""
    return orjson.dumps(values).decode()


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
