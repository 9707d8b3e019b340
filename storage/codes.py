"""One-time codes made on the command line; the ones made in a chat go through a turn."""

from datetime import timedelta

from sqlalchemy import Connection

from handlers.numbers import code as drawn
from handlers.numbers import read_code
from storage.core import CODE
from storage.store import Store

INVITATION = timedelta(hours=24)  # an operator hands it over in person or by telephone


def invite(connection: Connection, store: Store, purpose: str, role: str, scope: str, seat: str = "") -> str:
    """A code for `/join` (or `/link`), kept only as a keyed hash; as it is written to people."""
    code = drawn(store.random(16))
    row = {
        "hash": store.vault.code_hash(read_code(code) or code),
        "purpose": purpose,
        "role": role,
        "scope": scope,
        "seat": seat,
        "by": "",
        "expires": store.now() + INVITATION,
    }
    connection.execute(CODE.insert(), [row])
    return code
