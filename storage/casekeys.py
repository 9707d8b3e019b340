"""The data keys of cases and of their files: whoever holds a case's key opens its files, however old they are.

A file comes before its case or after it. Until both are there its key is under the week's hot key.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from storage.core import FILE, WRAP
from storage.store import Store
from storage.vault import CannotOpen, CaseKey, Vault


def of_case(connection: Connection, vault: Vault, case: int) -> CaseKey | None:
    """The key of a case; None when it was closed so long ago that this server cannot open it any more."""
    wrapped = connection.execute(select(WRAP.c.wrapped).where(WRAP.c.case_id == case)).scalar()
    try:
        return vault.unwrap(wrapped, case) if wrapped else None
    except CannotOpen:
        return None


def adopt(connection: Connection, store: Store, case: int, key: CaseKey, files: Sequence[str]) -> None:
    """The files belong to this case from now on."""
    found = connection.execute(select(FILE.c.file, FILE.c.wrapped).where(FILE.c.file.in_(files)))
    held = {file: wrapped for file, wrapped in found}
    for file in files:
        values = {"case_id": case, "wrapped": under(store.vault, key, file, held.get(file))}
        connection.execute(update(FILE).where(FILE.c.file == file).values(values))


def settled(connection: Connection, store: Store, file: str, wrapped: bytes) -> bytes | None:
    """The key of a file that was just fetched, as its row holds it."""
    case = connection.execute(select(FILE.c.case_id).where(FILE.c.file == file)).scalar()
    if case is None:
        return wrapped
    key = of_case(connection, store.vault, case)
    return under(store.vault, key, file, wrapped) if key else wrapped


def under(vault: Vault, key: CaseKey, file: str, wrapped: bytes | None) -> bytes | None:
    """A file's key, until now under a hot key, under the key of its case."""
    try:
        return key.wrap(vault.unwrap(wrapped, f"file:{file}"), f"file:{file}") if wrapped else None
    except CannotOpen:
        return None


def find(connection: Connection, vault: Vault, file: str) -> CaseKey | None:
    """The data key of a file of a case; None when the case's key is gone, or the file has no case."""
    row = connection.execute(select(FILE.c.case_id, FILE.c.wrapped).where(FILE.c.file == file)).first()
    key = of_case(connection, vault, row.case_id) if row and row.wrapped and row.case_id else None
    try:
        return key.unwrap(row.wrapped, f"file:{file}") if row and key else None
    except CannotOpen:
        return None
