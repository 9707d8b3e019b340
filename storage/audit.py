"""The history of what people with a role did and read, bound so that no row is changed, moved or taken out unseen.

Every row carries an HMAC-SHA256 over itself and the mac of the row before it. The key lies in the keystore: who has
only the database cannot make a row that fits. The newest rows could still be cut off: a witness outside of the
database remembers the last row it saw.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from hmac import compare_digest
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, select

from handlers.events import Incoming
from handlers.history import BY_CLOCK, BY_REPORTER, Entry
from handlers.values import dataclass
from storage import prepared
from storage.core import CASES, HISTORY
from storage.store import Store
from storage.vault import Vault

LOCK = {"postgresql": "SELECT pg_advisory_xact_lock(7237954630)"}  # one writer of the history at a time; any number
NEWEST = prepared.among("SELECT id, mac FROM history ORDER BY id DESC LIMIT 1")
AT_ONCE = 10_000  # rows in memory while the history is verified
PURGED = "history purged"
REPORTER = "reporter"  # whoever it was
CLOCK = "clock"
OPERATOR = "operator"  # the command line, and the clock; a person's tag is longer


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row."""

    id: int = 0
    mac: str = ""


def append(connection: Connection, vault: Vault, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows in order. Other processes wait for the lock until our transaction ends: no two follow the same row."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        prepared.ask(connection, LOCK)
    last = head(connection)
    made = []
    for row in rows:
        number = last.id + 1
        last = Head(number, vault.chained(last.mac, entry(number, **row)))
        made.append({"id": number, **row, "mac": last.mac})
    prepared.insert(connection, HISTORY, made)


def head(connection: Connection) -> Head:
    found = prepared.ask(connection, NEWEST)
    return Head(*found[0]) if found else Head()


def entry(id: int, at: datetime, action: str, by: str, case_id: int | None, facts: str) -> bytes:
    """A row as it is signed: every field framed, so that no two rows read the same."""
    return orjson.dumps([id, round(at.timestamp() * 1000), action, by, case_id, facts])


def who(store: Store, event: Incoming, action: str, by: str) -> str:
    if action in BY_REPORTER:
        return REPORTER
    return CLOCK if action in BY_CLOCK else store.person(event.chat.channel, by)


def row(store: Store, event: Incoming, action: str, by: str, case: int, facts: Mapping[str, str]) -> dict[str, Any]:
    return {
        "at": event.at,
        "action": action,
        "by": who(store, event, action, by),
        "case_id": case or None,
        "facts": orjson.dumps(dict(facts)).decode(),
    }


def of(connection: Connection, store: Store, event: Incoming, most: int) -> tuple[Entry, ...]:
    """What the person behind an event did last, the newest first."""
    if not event.sender:
        return ()
    found = select(HISTORY.c.at, HISTORY.c.action, HISTORY.c.facts, CASES.c.number)
    found = found.outerjoin(CASES, CASES.c.id == HISTORY.c.case_id)
    found = found.where(HISTORY.c.by == store.person(event.chat.channel, event.sender))
    rows = connection.execute(found.order_by(HISTORY.c.id.desc()).limit(most))
    return tuple(Entry(r.at, r.action, r.number or "", orjson.loads(r.facts)) for r in rows)


def operator(connection: Connection, vault: Vault, now: datetime, action: str, **facts: str) -> None:
    """Write down what was done on the command line, or by the clock."""
    told = orjson.dumps(facts).decode()
    append(connection, vault, [{"at": now, "action": action, "by": OPERATOR, "case_id": None, "facts": told}])


def forget(connection: Connection, vault: Vault, now: datetime, before: datetime) -> int:
    """Delete what is older than `before`; a row that says so binds the rest to it. How many went."""
    last = connection.execute(
        select(HISTORY.c.id, HISTORY.c.mac).where(HISTORY.c.at < before).order_by(HISTORY.c.id.desc()).limit(1)
    ).first()
    if last is None or not last.mac:
        return 0
    gone = connection.execute(delete(HISTORY).where(HISTORY.c.id <= last.id)).rowcount
    operator(connection, vault, now, PURGED, through=str(last.id), mac=last.mac)
    return gone


def verify(connection: Connection, vault: Vault, seen: Head | None = None) -> str:
    """Where the history is broken, in words; empty when it is whole and what a witness has `seen` stands in it."""
    before = _beginning(connection)
    first = before.id
    met = seen is None or seen.id <= first
    while rows := _after(connection, before.id):
        for r in rows:
            if not r.mac and not before.mac:
                before = Head(r.id)  # from before rows were bound; the next one would not fit if it had been blanked
                continue
            if r.id != before.id + 1:
                return f"entries {before.id + 1} to {r.id - 1} were taken out"
            fits = vault.chained(before.mac, entry(r.id, r.at, r.action, r.by, r.case_id, r.facts))
            if not compare_digest(fits.encode(), r.mac.encode()):
                return f"entry {r.id} was changed, moved or put in by another hand"
            before = Head(r.id, r.mac)
            met = met or before == seen
    if met or seen is None:
        return ""
    if seen.id > before.id:
        return f"entries {before.id + 1} to {seen.id} were cut off at its end"
    return f"entry {seen.id} is not the one that was there"


def _after(connection: Connection, number: int) -> Sequence[Row[Any]]:
    rows = select(HISTORY).where(HISTORY.c.id > number).order_by(HISTORY.c.id).limit(AT_ONCE)
    return connection.execute(rows).all()


def _beginning(connection: Connection) -> Head:
    """What stood before the first row: nothing, or the last row of what was old and is gone, as a later row says."""
    first = connection.execute(select(func.min(HISTORY.c.id))).scalar() or 1
    said = connection.execute(select(HISTORY.c.facts).where(HISTORY.c.action == PURGED)).scalars()
    gone = (orjson.loads(facts) for facts in said)
    return next((Head(int(g["through"]), g["mac"]) for g in gone if int(g["through"]) == first - 1), Head())


class Witness:
    """A file beside the database that remembers the newest row, so that the end of the history cannot be cut off."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def seen(self) -> Head | None:
        """None when there is no such file yet, or nothing that can be read in it."""
        try:
            return Head(**orjson.loads(self._path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def note(self, newest: Head) -> None:
        """Remember this row. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(".new")
        aside.write_bytes(orjson.dumps({"id": newest.id, "mac": newest.mac}))
        os.replace(aside, self._path)
