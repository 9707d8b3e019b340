"""The peer without any comfort: `sqlite3` in one thread, three rows an event, each event committed by itself."""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

MEMORY, SAID = b"m" * 328, b"s" * 885  # bytes, the average of our own rows

SCHEMA = """
CREATE TABLE inbox (key TEXT PRIMARY KEY, at INTEGER) WITHOUT ROWID;
CREATE TABLE conversation (tag TEXT PRIMARY KEY, memory BLOB, at INTEGER) WITHOUT ROWID;
CREATE TABLE outbox (id INTEGER PRIMARY KEY, lane TEXT, payload BLOB, due INTEGER);
"""


class Raw:
    """Durable in the same way as ours: WAL, `synchronous=FULL`."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, bad: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def turn(self, number: int, chat: int) -> None:
        """One event: known before? what is kept of the chat, three rows, commit."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        if run("SELECT 1 FROM inbox WHERE key = ?", (f"telegram {number}",)).fetchone() is None:
            tag = f"{chat:022d}"
            run("SELECT memory FROM conversation WHERE tag = ?", (tag,)).fetchone()
            run("INSERT INTO inbox VALUES (?, ?)", (f"telegram {number}", number))
            run(
                "INSERT INTO conversation VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET memory = excluded.memory",
                (tag, MEMORY, number),
            )
            run("INSERT INTO outbox VALUES (?, ?, ?, ?)", (number, tag, SAID, number))
        run("COMMIT")
