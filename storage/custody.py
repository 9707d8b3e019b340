"""What coordinators do with their offline keys, on machines that are not the server: make them, open with them.

A key file is text, sealed by its passphrase with age (age-encryption.org): an X25519 key that opens the archive's
cases, and an age identity that opens backups. The stock `age` tool opens the file, and with it a backup.
"""

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import orjson
import pyrage
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from handlers.values import dataclass
from storage.files import CLEAN, ORIGINAL, open_by
from storage.shelf import place
from storage.store import context
from storage.vault import CannotOpen, CaseKey, open_archive

ARCHIVE_LINE = "ARCHIVE-SECRET-KEY-"
CASE = "SELECT id, number, kind, district, status, opened, details FROM cases WHERE id = ?"


class WrongKey(Exception):
    """Not a key file of ours, or another passphrase."""


@dataclass(frozen=True, slots=True)
class Custodian:
    """The private half of what the settings name: it opens the archive and the backups."""

    archive: X25519PrivateKey
    age: Any  # pyrage.x25519.Identity, which ships no types

    @classmethod
    def new(cls) -> Self:
        return cls(X25519PrivateKey.generate(), pyrage.x25519.Identity.generate())

    @classmethod
    def read(cls, sealed: bytes, passphrase: str) -> Self:
        """From a key file. Raises WrongKey."""
        try:
            lines = pyrage.passphrase.decrypt(sealed, passphrase).decode().split()
            secret = next(line for line in lines if line.startswith(ARCHIVE_LINE)).removeprefix(ARCHIVE_LINE)
            age = next(line for line in lines if line.startswith("AGE-SECRET-KEY-"))
            key = X25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
            return cls(key, pyrage.x25519.Identity.from_str(age))
        except (pyrage.DecryptError, pyrage.IdentityError, StopIteration, ValueError):
            raise WrongKey from None

    def sealed(self, passphrase: str) -> bytes:
        """The key file."""
        archive = f"{ARCHIVE_LINE}{self.archive.private_bytes_raw().hex()}"
        made: bytes = pyrage.passphrase.encrypt(f"{archive}\n{self.age}\n".encode(), passphrase)
        return made

    def public(self, name: str) -> tuple[str, str]:
        """What the server's settings need: for `seal.archive_recipients` and for `seal.backup_recipients`."""
        return f"{name}:{self.archive.public_key().public_bytes_raw().hex()}", str(self.age.to_public())


@dataclass(frozen=True, slots=True)
class Opened:
    """One case of the archive."""

    facts: dict[str, Any]
    key: CaseKey
    files: tuple[tuple[str, str, bytes], ...]  # id, type, wrapped key


def opened(database: Path, custodians: Sequence[Custodian]) -> Iterator[Opened]:
    """Every case that these keys open, alone or together, from a database that `storage.backups.restore` made."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        for case, sealed in connection.execute("SELECT case_id, wrapped FROM archive ORDER BY case_id").fetchall():
            key = _key(sealed, case, [custodian.archive for custodian in custodians])
            if key is not None:
                yield _case(connection, case, key)


def _key(sealed: bytes, case: int, private: Sequence[X25519PrivateKey]) -> CaseKey | None:
    """By one key, or by several in whatever order the settings name them."""
    for count in range(1, len(private) + 1):
        for keys in itertools.permutations(private, count):
            try:
                return open_archive(sealed, case, keys)
            except CannotOpen:
                continue
    return None


def _case(connection: sqlite3.Connection, case: int, key: CaseKey) -> Opened:
    _, number, kind, district, status, at, details = connection.execute(CASE, (case,)).fetchone()
    facts = {"number": number, "kind": kind, "district": district, "status": status, "opened": at}
    try:
        facts["details"] = orjson.loads(key.open(details, context("cases", "details", case)))
    except CannotOpen:
        facts["details"] = None
    found = "SELECT file, mime, wrapped FROM file WHERE case_id = ? AND wrapped IS NOT NULL"
    return Opened(facts, key, tuple(connection.execute(found, (case,))))


def files(case: Opened, media: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a case from a copy of the media folder: what officers saw, and what came (`.orig`)."""
    for file, _, wrapped in case.files:
        try:
            key = case.key.unwrap(wrapped, f"file:{file}")
        except CannotOpen:
            continue
        for name in (file + CLEAN, file + ORIGINAL):
            path = place(media, name)
            content = open_by(key, name, path.read_bytes()) if path.exists() else None
            if content is not None:
                yield name, content
