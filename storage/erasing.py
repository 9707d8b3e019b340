"""A case that has had its time: its words, its key, its files, the way to its reporter go; a tombstone stays."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from handlers.dates import local_day
from storage.core import ARCHIVE, CARD, CASES, CONTACT, FILE, GONE, NOTE, OUTBOX, PROMPT, QUESTION, WRAP
from storage.figures import minutes_until
from storage.store import Store

CODED = ("id", "number", "district", "kind", "status", "ending", "urgent", "practice")
DAYS = ("opened", "taken", "done")


def erase(connection: Connection, store: Store, ids: Sequence[int], why: str) -> None:
    """Destroy cases, in the caller's transaction; the bytes of their files follow with the next purge."""
    if not ids:
        return
    rows = connection.execute(select(CASES).where(CASES.c.id.in_(ids))).mappings().all()
    if rows:
        connection.execute(
            GONE.insert(), [{**_coded(store, dict(row)), "erased": store.now(), "why": why} for row in rows]
        )
    connection.execute(update(FILE).where(FILE.c.case_id.in_(ids)).values(state="dropped", wrapped=None))
    connection.execute(delete(OUTBOX).where(OUTBOX.c.case_id.in_(ids)))
    for table in (WRAP, ARCHIVE, CONTACT, CARD, PROMPT, QUESTION, NOTE):
        connection.execute(delete(table).where(table.c.case_id.in_(ids)))
    connection.execute(delete(CASES).where(CASES.c.id.in_(ids)))


def _coded(store: Store, row: dict[str, object]) -> dict[str, object]:
    """What the figures need: codes, and days without the time of day."""
    days = {name: local_day(at, store.rules.zone) if isinstance(at := row[name], datetime) else None for name in DAYS}
    opened, taken = row["opened"], row["taken"]
    waited = minutes_until(opened, taken) if isinstance(opened, datetime) and isinstance(taken, datetime) else None
    told = {"practice": bool(row["practice"] or row["exercise"]), "waited": waited}
    return {name: row[name] for name in CODED} | days | told | {"counted": not (row["excluded"] or row["exercise"])}
