"""Copies of the database for another place, and the way back from them.

A backup is two files, so that they can have lives of their own: FILE, and FILE.keys with the wrapped keys of cases and
the addresses of reporters. Whoever is to be forgotten is forgotten everywhere when the last FILE.keys that knew them
is gone. Both are sealed with age to offline keys; the stock `age` tool opens them.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyrage

APART = ("wrap", "archive", "contact")
KEYS = ".keys"
SEALED = b"age-encryption.org/"


class NotOpened(Exception):
    """A backup that none of the keys opens, or that is none."""


def keys_of(file: Path) -> Path:
    return file.with_name(file.name + KEYS)


def backup(source: str, file: Path, recipients: Sequence[str]) -> None:
    """VACUUM INTO: a consistent copy without the remnants of deleted rows, while the bot goes on.

    Without recipients the copy is as locked as the database. Raises OSError when a file is there already or cannot be
    made.
    """
    for taken in (file, keys_of(file)):
        if taken.exists():
            raise FileExistsError(taken)
    to = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder:  # mode 0700, on the same disk
        copy, apart = Path(folder) / "copy.db", Path(folder) / "keys.db"
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        _part(copy, apart)
        for made, target in ((copy, file), (apart, keys_of(file))):
            _keep(made, target, to)


def _part(copy: Path, apart: Path) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS apart", (str(apart),))
        for table in APART:
            connection.execute(f"CREATE TABLE apart.{table} AS SELECT * FROM main.{table}")  # noqa: S608 - our own
            connection.execute(f"DELETE FROM main.{table}")  # noqa: S608
        connection.execute("DETACH apart")
        connection.execute("VACUUM")


def _keep(made: Path, target: Path, recipients: Sequence[Any]) -> None:
    handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as out, made.open("rb") as plain:
        if recipients:
            pyrage.encrypt_io(plain, out, recipients)
        else:
            shutil.copyfileobj(plain, out)
        out.flush()
        os.fsync(out.fileno())


def restore(file: Path, target: Path, identities: Sequence[Any]) -> bool:
    """The database of a backup in a new file; whether its keys were there too. Raises NotOpened and OSError.

    What waited to be sent may have left after the backup was made: the urgent goes again, the rest is dead letters.
    """
    if target.exists():
        raise FileExistsError(target)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=target.parent) as folder:
        copy, apart = Path(folder) / "copy.db", Path(folder) / "keys.db"
        _open(file, copy, identities)
        whole = keys_of(file).exists()
        if whole:
            _open(keys_of(file), apart, identities)
        try:
            _join(copy, apart if whole else None)
        except sqlite3.DatabaseError:
            raise NotOpened("not a backup of this program") from None
        os.chmod(copy, 0o600)
        os.link(copy, target)
    return whole


def _open(file: Path, target: Path, identities: Sequence[Any]) -> None:
    with file.open("rb") as held, target.open("wb") as out:
        sealed = held.read(len(SEALED)) == SEALED
        held.seek(0)
        if not sealed:
            shutil.copyfileobj(held, out)
            return
        try:
            pyrage.decrypt_io(held, out, list(identities))
        except pyrage.DecryptError:
            raise NotOpened("sealed to another key; name the right one with --key") from None


def _join(copy: Path, apart: Path | None) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        if apart is not None:
            connection.execute("ATTACH ? AS apart", (str(apart),))
            for table in APART:
                connection.execute(f"INSERT INTO main.{table} SELECT * FROM apart.{table}")  # noqa: S608
        late = "UPDATE outbox SET state = 'dead', error = 'restored' WHERE state = 'todo' AND NOT urgent"
        connection.execute(late)
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise NotOpened("the database in it is damaged")
