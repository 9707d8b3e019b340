"""Reports that say the same words within an hour belong together for whoever reads them; each one stays a case.

The words are known by a keyed hash, which is deleted after the hour: what stays is that some cases are alike.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from handlers.effects import OpenCase
from handlers.fold import skeleton
from storage.store import Store
from storage.tables import CASES, COPIED
from storage.upsert import insert_new

WITHIN = timedelta(hours=1)
SHORTEST = 20  # letters of a skeleton: "come quickly" is said by many who know nothing of each other


def words(store: Store, case: OpenCase) -> str:
    """A report's own words as a keyed hash; empty where they are few, or where nobody may know of the case."""
    if case.excluded or case.practice or case.exercise:
        return ""
    said = skeleton(" ".join(item["text"] for item in case.details.get("seen", ()) if item.get("text")))
    return store.vault.code_hash(f"words {said}") if len(said) >= SHORTEST else ""


def mark(connection: Connection, store: Store, opened: Mapping[int, str], rows: list[dict[str, Any]]) -> None:
    """Give the rows of these new cases (id -> hash of their words) the first case that said the same."""
    first = dict(_firsts(connection, store, opened))
    for row in rows:
        found = first.get(opened.get(row["id"], ""))
        if found and found != row["id"]:
            row["alike"] = found
    # The first one learns that there are others; in a new batch it is a row that is not written yet.
    led = {row["alike"] for row in rows if row["alike"]}
    for row in rows:
        if row["id"] in led:
            row["alike"] = row["id"]
    if led:
        connection.execute(update(CASES).where(CASES.c.id.in_(led)).values(alike=CASES.c.id))


def _firsts(connection: Connection, store: Store, opened: Mapping[int, str]) -> Iterator[tuple[str, int]]:
    """Each hash with the case that said it first within the hour.

    Written before it is read: whoever says the same at this moment in another process waits for us, or we for them.
    """
    earliest = {said: case for case, said in sorted(opened.items(), reverse=True)}
    connection.execute(delete(COPIED).where(COPIED.c.words.in_(earliest), COPIED.c.at <= store.now() - WITHIN))
    new = [{"words": said, "case_id": earliest[said], "at": store.now()} for said in sorted(earliest)]  # in one order
    connection.execute(insert_new(connection, COPIED), new)
    for row in connection.execute(select(COPIED.c.words, COPIED.c.case_id).where(COPIED.c.words.in_(earliest))):
        yield row.words, row.case_id
