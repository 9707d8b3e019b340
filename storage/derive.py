"""`make core` writes storage/core.py, the tables of a running process, from the models; a test compares them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table

from storage.columns import ROW_ID
from storage.tables import MODELS

WHERE = Path(__file__).with_name("core.py")
TYPES = {
    "AutoString": "TEXT",
    "Boolean": "FLAG",
    "Integer": "NUMBER",
    "BigInteger": "LONG",
    "LargeBinary": "BYTES",
    "Date": "DAY",
    "Moment": "MOMENT",
}
SHORTER = {"officer_group": "GROUP", "group_size": "SIZE"}  # what the code calls them; `group` is a word of SQL
HEAD = '''"""The tables of storage/tables.py as SQLAlchemy Core, without indexes: what a running process speaks.

Written by `make core`. Change the models, not this file (docs/decisions/0019).
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, MetaData, String, Table

from storage.columns import MOMENT, ROW_ID

ALL = MetaData()
TEXT, FLAG, NUMBER, LONG, BYTES, DAY = String(), Boolean(), Integer(), BigInteger(), LargeBinary(), Date()
'''


class Unknown(Exception):
    """The models say something that this file cannot write down yet; the message says where."""


def module(tables: Iterable[Table] = MODELS.tables.values()) -> str:
    """The text of storage/core.py."""
    return HEAD + "".join(map(table, sorted(tables, key=lambda one: one.name)))


def table(made: Table) -> str:
    columns = "".join(f"    {column(one)},\n" for one in made.columns)
    return f'\n{name(made)} = Table(\n    "{made.name}",\n    ALL,\n{columns})\n'


def name(made: Table) -> str:
    return SHORTER.get(made.name, made.name.upper())


def column(made: "Column[Any]") -> str:
    """What statements need of it: its type, whether it is in the key, what it is where nothing is said."""
    if made.server_default or made.onupdate or made.computed or made.identity or made.foreign_keys:
        raise Unknown(f"{made}: storage/derive.py writes types, keys and plain defaults only")
    said = [f'"{made.name}"', kind(made)]
    said += ["primary_key=True"] if made.primary_key else []
    said += [] if made.autoincrement == "auto" else [f"autoincrement={made.autoincrement}"]
    if made.default is not None:
        if not made.default.is_scalar:
            raise Unknown(f"{made}: its default is no plain value")
        said.append("default=" + repr(made.default.arg).replace("'", '"'))  # type: ignore[attr-defined]
    return f"Column({', '.join(said)})"


def kind(made: "Column[Any]") -> str:
    found = "ROW_ID" if made.type is ROW_ID else TYPES.get(type(made.type).__name__)
    if found is None:
        raise Unknown(f"{made}: no name for the type {made.type!r}")
    return found


if __name__ == "__main__":
    WHERE.write_text(module(), "utf-8")
