"""Cases as decisions see them: found by what a query says, opened only where it asks for details."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, RowMapping, Select, select

from handlers.effects import Status
from handlers.world import Card, Case, File, Query
from storage import prepared
from storage.store import Store, context
from storage.tables import CARD, CASES, FILE, WRAP
from storage.vault import CannotOpen, CaseKey

MOST = 50  # cases one query brings into a turn


def find(connection: Connection, store: Store, query: Query, reporter: str) -> tuple[Case, ...]:
    """The cases a query names; none when it names none."""
    if query.untaken or query.open:
        statement: Select[Any] | None = select(CASES).where(CASES.c.id.in_(_oldest(connection, query)))
    else:
        statement = _statement(query, reporter)
    if statement is None:
        return ()
    rows = connection.execute(statement).mappings().all()
    ids = [row["id"] for row in rows]
    files, cards = _files(connection, ids), _cards(connection, store, ids)
    keys = _keys(connection, ids) if rows else {}
    return tuple(
        _case(store, row, keys.get(row["id"]), query.details, tuple(files[row["id"]]), tuple(cards[row["id"]]))
        for row in rows
    )


def _statement(query: Query, reporter: str) -> Select[Any] | None:
    found = select(CASES).limit(MOST)
    if query.districts is not None:
        found = found.where(CASES.c.district.in_(query.districts))
    if query.number:
        return found.where(CASES.c.number == query.number).with_for_update()
    if query.case:
        return found.where(CASES.c.id == query.case)
    if query.mine:
        return found.where(CASES.c.reporter == reporter).order_by(CASES.c.opened.desc())
    if query.unrouted:
        return found.where(CASES.c.routed.is_(False)).order_by(CASES.c.id)
    return None


def _oldest(connection: Connection, query: Query) -> list[int]:
    """What nobody took, or what is not done: the urgent, then the oldest, however many there are of others."""
    still = "status = 'new'" if query.untaken else "status <> 'done'"
    places = ("",) if query.districts is None else query.districts
    found: list[int] = []
    for urgent in (True, False):
        rows = [row for where in places for row in _first(connection, still, urgent, where)]
        found += [case for _, case in sorted(rows)]
    return found[:MOST]


def _first(connection: Connection, still: str, urgent: bool, district: str) -> list[tuple[int, int]]:
    some = "district = ? AND " if district else ""
    sql = f"SELECT opened, id FROM cases WHERE {some}urgent = ? AND {still} ORDER BY opened LIMIT {MOST}"  # noqa: S608
    given = (district, urgent) if district else (urgent,)
    return [(opened, case) for opened, case in prepared.ask(connection, prepared.among(sql), *given)]


def _case(
    store: Store,
    row: RowMapping,
    wrapped: bytes | None,
    details: bool,
    files: tuple[File, ...],
    cards: tuple[Card, ...],
) -> Case:
    key = _key(store, wrapped, row["id"]) if wrapped and (details or row["taken_by"]) else None
    return Case(
        id=row["id"],
        number=row["number"],
        kind=row["kind"],
        district=row["district"],
        status=Status(row["status"]),
        urgent=row["urgent"],
        language=row["language"],
        may_ask=row["may_ask"],
        practice=row["practice"],
        opened=row["opened"],
        taken=row["taken"],
        done=row["done"],
        taken_by=_read(key, row["taken_by"], "taken_by", row["id"]) or "",
        details=(_read(key, row["details"], "details", row["id"]) or {}) if details else {},
        files=files,
        cards=cards,
    )


def _key(store: Store, wrapped: bytes, case: int) -> CaseKey | None:
    """The case's key; None when the week key that wrapped it is gone: the case stays listed and cannot be read."""
    try:
        return store.vault.unwrap(wrapped, case)
    except CannotOpen:
        return None


def _read(key: CaseKey | None, sealed: bytes | None, column: str, case: int) -> Any:
    if key is None or not sealed:
        return None
    try:
        return orjson.loads(key.open(sealed, context("cases", column, case)))
    except CannotOpen:
        return None


def _keys(connection: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    rows = connection.execute(select(WRAP.c.case_id, WRAP.c.wrapped).where(WRAP.c.case_id.in_(ids)))
    return {case: wrapped for case, wrapped in rows}


def _files(connection: Connection, ids: Sequence[int]) -> defaultdict[int, list[File]]:
    found: defaultdict[int, list[File]] = defaultdict(list)
    if ids:
        rows = connection.execute(select(FILE).where(FILE.c.case_id.in_(ids)).order_by(FILE.c.at))
        for row in rows:
            found[row.case_id].append(File(row.file, row.kind, row.mime, row.state))
    return found


def _cards(connection: Connection, store: Store, ids: Sequence[int]) -> defaultdict[int, list[Card]]:
    """Cards in chats that are still ours: the tag is looked up among the groups and the people of the directory."""
    found: defaultdict[int, list[Card]] = defaultdict(list)
    if ids:
        known = {store.tag(chat): chat for chat in store.directory.groups}
        known |= {store.tag(m.chat): m.chat for m in store.directory.members.values()}
        rows = connection.execute(select(CARD).where(CARD.c.case_id.in_(ids)))
        for row in rows:
            if row.tag in known:
                found[row.case_id].append(Card(known[row.tag], row.message))
    return found
