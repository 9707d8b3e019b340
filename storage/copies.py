"""Reports that say the same words within an hour belong together for whoever reads them; each one stays a case.

The words are known by a keyed hash, which is deleted after the hour: what stays is that some cases are alike.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from handlers.effects import OpenCase
from handlers.fold import skeleton
from storage import prepared
from storage.columns import milliseconds
from storage.store import Store

WITHIN = timedelta(hours=1)
# The case that said these words first; this one, where nobody did or its hour is over.
FIRST = prepared.among(
    "INSERT INTO copied (words, case_id, at) VALUES (?, CAST(? AS bigint), CAST(? AS bigint)) "
    "ON CONFLICT (words) DO UPDATE SET "
    "case_id = CASE WHEN copied.at <= CAST(? AS bigint) THEN excluded.case_id ELSE copied.case_id END, "
    "at = CASE WHEN copied.at <= CAST(? AS bigint) THEN excluded.at ELSE copied.at END RETURNING case_id"
)
LED = prepared.among("UPDATE cases SET alike = id WHERE id IN LIST", "bigint")
COMPARED = 2_000  # characters: who copies a text copies its beginning
SHORTEST = 20  # letters of a skeleton: "come quickly" is said by many who know nothing of each other


def words(store: Store, case: OpenCase) -> str:
    """A report's own words as a keyed hash; empty where they are few, or where nobody may know of the case."""
    if case.excluded or case.practice or case.exercise:
        return ""
    said = skeleton(" ".join(i["text"] for i in case.details.get("seen", ()) if i.get("text"))[:COMPARED])
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
        prepared.ask(connection, LED, sorted(led))


def _firsts(connection: Connection, store: Store, opened: Mapping[int, str]) -> Iterator[tuple[str, int]]:
    """Each hash with the case that said it first within the hour; in one order, so that no two processes lock."""
    earliest = {said: case for case, said in sorted(opened.items(), reverse=True)}
    now, over = milliseconds(store.now()), milliseconds(store.now() - WITHIN)
    for said in sorted(earliest):
        ((first,),) = prepared.ask(connection, FIRST, said, earliest[said], now, over, over)
        yield said, first
