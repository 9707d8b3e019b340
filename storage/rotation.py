"""The weekly turn of the keys: what lives is sealed anew under this week's key, and old keys are destroyed.

A key is destroyed three weeks after its week began, but never while something that lives still needs it. Every step is
a transaction of its own that finds its work by what is there: it can be killed anywhere, and several processes can do
it at once. Nothing waits for it: a step takes some milliseconds.
"""

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    Table,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)

from handlers.values import dataclass
from storage.columns import OPEN
from storage.core import CASES, CONTACT, CONVERSATION, GROUP, MEMBER, WRAP
from storage.database import Database, shred
from storage.keystore import Purpose, month, week
from storage.store import Store, context
from storage.vault import CannotOpen, named

log = logging.getLogger(__name__)
CHUNK = 200  # rows of one step: others wait for so long
KEPT = timedelta(weeks=3)  # from the beginning of its week; what is sealed on its last day lives two of them
FORGOTTEN = timedelta(weeks=4)  # after closing: no wrap of the case can be opened any more


@dataclass(frozen=True, slots=True)
class Renewed:
    """A column whose values outlive the week that sealed them; what is sealed in no such column dies with its key."""

    table: Table
    key: str
    column: str
    purpose: Purpose = "hot"
    wraps: bool = False  # it holds data keys of cases, and only those of open ones are renewed

    def found(self) -> Select[Any]:
        key, sealed = self.table.c[self.key], self.table.c[self.column]
        rows = select(key, sealed).order_by(key).limit(CHUNK)
        return rows.join(CASES, CASES.c.id == key).where(text(OPEN)) if self.wraps else rows

    def under(self, head: bytes) -> ColumnElement[bool]:
        """Sealed by the key that this beginning of an envelope names."""
        begins: ColumnElement[bytes] = func.substr(self.table.c[self.column], 1, len(head), type_=LargeBinary)
        return begins == head

    def after(self, last: Any) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = self.table.c[self.key] > last
        return beyond

    def again(self, store: Store, row: Any, sealed: bytes) -> bytes:
        if self.wraps:
            return store.vault.rewrap(sealed, row)
        return store.vault.reseal(sealed, context(self.table.name, self.column, row))


RENEWED = (
    Renewed(GROUP, "tag", "chat"),
    Renewed(MEMBER, "tag", "person"),
    Renewed(CONVERSATION, "tag", "memory"),
    Renewed(CONTACT, "case_id", "address", "contact"),
    Renewed(WRAP, "case_id", "wrapped", wraps=True),
)


async def turn(database: Database, store: Store, *, sure: bool = True) -> int:
    """All that is due of it now; how many keys were destroyed: none unless one is `sure` what time it is."""
    for what in RENEWED:
        last: Any = None
        while (last := await database.write(partial(renew, store=store, what=what, last=last))) is not None:
            pass
    if not sure:
        return 0
    gone = 0
    for purpose, epoch in old(store):
        if await database.read(partial(needed, store=store, purpose=purpose, epoch=epoch)):
            log.error("an old key is still needed", extra={"action": "rotate"})
            continue
        store.vault.destroy(purpose, epoch)
        gone += 1
    await database.write(partial(forget_wraps, before=store.now() - FORGOTTEN))
    await shred(database)
    return gone


def renew(connection: Connection, store: Store, what: Renewed, last: Any = None) -> Any:
    """The next rows after the key `last` that this week's key did not seal; the last of them, None at the end."""
    found = what.found().where(~what.under(named(store.vault.kid(what.purpose), what.wraps)))
    rows = connection.execute(found if last is None else found.where(what.after(last))).all()
    changed = []
    for row, sealed in rows:
        try:
            changed.append({"row": row, "was": sealed, "now": what.again(store, row, sealed)})
        except CannotOpen:  # nobody can read it any more: it stays as it is, and keeps no key alive
            continue
    if changed:
        key, column = what.table.c[what.key], what.table.c[what.column]
        # Only what is still as it was read: whoever changed it since has sealed it under this week's key.
        same = update(what.table).where(key == bindparam("row"), column == bindparam("was"))
        connection.execute(same.values({what.column: bindparam("now")}), changed)
    return rows[-1][0] if len(rows) == CHUNK else None


def old(store: Store) -> list[tuple[Purpose, str]]:
    """Keys whose time is over; of the months, the current and the one before it stay."""
    now = store.now()
    last_week, last_month = week(now - KEPT), month(now.replace(day=1) - timedelta(days=1))
    weekly: tuple[Purpose, ...] = ("hot", "contact")
    found = [(purpose, epoch) for purpose in weekly for epoch in store.vault.epochs(purpose) if epoch <= last_week]
    return [*found, *(("reporter", epoch) for epoch in store.vault.epochs("reporter") if epoch < last_month)]


def needed(connection: Connection, store: Store, purpose: Purpose, epoch: str) -> bool:
    """Whether anything that lives can be opened by this key alone."""
    return any(_needs(connection, store, what, f"{purpose}:{epoch}") for what in RENEWED if what.purpose == purpose)


def _needs(connection: Connection, store: Store, what: Renewed, kid: str) -> bool:
    found = what.found().where(what.under(named(kid, what.wraps)))
    rows = connection.execute(found).all()
    while rows:
        if any(_opens(store, what, row, sealed) for row, sealed in rows):
            return True
        rows = connection.execute(found.where(what.after(rows[-1][0]))).all()
    return False


def _opens(store: Store, what: Renewed, row: Any, sealed: bytes) -> bool:
    try:
        what.again(store, row, sealed)
    except CannotOpen:
        return False
    return True


def forget_wraps(connection: Connection, before: datetime) -> int:
    """Closed cases that only the coordinators' offline keys can open: their rows go."""
    closed = select(CASES.c.id).where(text(f"NOT ({OPEN})"), CASES.c.done < before)
    return connection.execute(delete(WRAP).where(WRAP.c.case_id.in_(closed))).rowcount
