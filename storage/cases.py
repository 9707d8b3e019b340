"""Cases as decisions see them: found by what a query says, opened only where it asks for details."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, CompoundSelect, Connection, RowMapping, Select, and_, or_, select, text, union

from handlers.effects import NOBODY, By, Status
from handlers.events import Address
from handlers.world import Card, Case, File, Query
from storage import doubts, prepared, remarks
from storage.columns import OPEN, UNTAKEN
from storage.core import CARD, CASES, CONTACT, FILE, PROMPT, QUESTION, WRAP
from storage.store import Store, context
from storage.vault import CannotOpen, CaseKey

DAYS_AROUND = timedelta(days=2)  # what was reported earlier or later is hardly the same event
MOST = 50  # cases one query brings into a turn


def find(connection: Connection, store: Store, query: Query, chat: Address) -> tuple[Case, ...]:
    """The cases a query names; none when it names none. `chat` is the one that asks."""
    if query.untaken or query.open:
        statement: Select[Any] | None = select(CASES).where(CASES.c.id.in_(_oldest(connection, query)))
    else:
        statement = _statement(store, query, chat)
    if statement is None:
        return ()
    rows = [*connection.execute(statement).mappings()]
    if (query.number or query.asking) and query.details:
        rows += _with_others(connection, query, rows)
    ids = [row["id"] for row in rows]
    files, cards = _files(connection, ids), _cards(connection, store, ids)
    keys = _keys(connection, ids) if rows else {}
    own = _own(connection, store, chat, ids) if query.mine or query.receipts else set()
    scores = doubts.of(connection, store, rows) if query.untaken or query.open else {}
    found = tuple(
        _case(
            store,
            row,
            keys.get(row["id"]),
            query.details,
            tuple(files[row["id"]]),
            tuple(cards[row["id"]]),
            row["id"] in own,
            scores.get(row["reporter"], 0.0),
        )
        for row in rows
    )
    return with_remarks(connection, store, found, keys) if query.details or query.mine else found


def with_remarks(
    connection: Connection, store: Store, found: Sequence[Case], wrapped: Mapping[int, bytes]
) -> tuple[Case, ...]:
    """The cases with their questions and notes."""
    keys = {c.id: _key(store, wrapped[c.id], c.id) for c in found if c.id in wrapped}
    asked, notes = remarks.questions(connection, keys), remarks.notes(connection, keys)
    return tuple(replace(c, asked=tuple(asked[c.id]), notes=tuple(notes[c.id])) for c in found)


def _statement(store: Store, query: Query, chat: Address) -> Select[Any] | None:
    found = select(CASES).limit(MOST)
    if query.receipts:
        return found.where(CASES.c.receipt.in_([store.receipt(digits) for digits in query.receipts]))
    if query.mine:
        return _theirs(found, store, query, chat)
    if query.asking:
        asking = select(PROMPT.c.case_id).where(PROMPT.c.tag == store.tag(chat), PROMPT.c.message == query.asking)
        return found.where(CASES.c.id.in_(asking)).with_for_update()
    if query.number:
        return found.where(CASES.c.number.in_([query.number, query.other])).with_for_update()
    if query.districts is not None:
        found = found.where(CASES.c.desk.in_(query.districts))
    if query.case:
        return found.where(CASES.c.id == query.case)
    if query.held:
        holders = [store.person(by.channel, by.person) for by in query.held]
        return found.where(CASES.c.holder.in_(holders), CASES.c.holder != "", text(OPEN)).order_by(CASES.c.opened)
    if query.unrouted:
        return found.where(CASES.c.routed.is_(False)).order_by(CASES.c.id)
    return None


def _with_others(connection: Connection, query: Query, rows: Sequence[RowMapping]) -> list[RowMapping]:
    """Reports of the same events as those that were asked for, and what was reported near the first one."""
    ids, events = [r["id"] for r in rows], [r["event"] for r in rows if r["event"]]
    wanted: list[ColumnElement[bool]] = [CASES.c.event.in_(events)] if events else []
    if query.near and rows:
        opened = next(r["opened"] for r in rows if r["number"] == query.number)
        there = [] if query.districts is None else [CASES.c.desk.in_(query.districts)]
        wanted.append(and_(CASES.c.opened.between(opened - DAYS_AROUND, opened + DAYS_AROUND), *there))
    if not wanted:
        return []
    found = select(CASES).where(or_(*wanted), CASES.c.id.not_in(ids)).order_by(CASES.c.opened.desc()).limit(MOST)
    return list(connection.execute(found).mappings())


def _mine(store: Store, chat: Address) -> CompoundSelect[Any]:
    """Reports of this chat: those that can still be answered, and those of months whose key is still there."""
    answered = select(CONTACT.c.case_id).where(CONTACT.c.lane == store.tag(chat))
    return union(answered, select(CASES.c.id).where(CASES.c.reporter.in_(store.reporters(chat))))


def _own(connection: Connection, store: Store, chat: Address, ids: Sequence[int]) -> set[int]:
    """Which of these cases were reported from the chat that asks."""
    found = select(CASES.c.id).where(CASES.c.id.in_(ids), CASES.c.id.in_(_mine(store, chat)))
    return set(connection.execute(found).scalars())


def _theirs(found: Select[Any], store: Store, query: Query, chat: Address) -> Select[Any]:
    """Reports of the chat that asks, and one that it opened by its receipt; of a number where the query names one."""
    theirs: ColumnElement[bool] = CASES.c.id.in_(_mine(store, chat))
    if query.borrowed:
        theirs = theirs | (CASES.c.number == query.borrowed)
    if query.number:
        theirs = theirs & (CASES.c.number == query.number)
    if query.asked:
        theirs = theirs & CASES.c.id.in_(select(QUESTION.c.case_id))
    return found.where(theirs).order_by(CASES.c.opened.desc())


def _oldest(connection: Connection, query: Query) -> list[int]:
    """What nobody took, what is not done, or both: the urgent, then the oldest, however many there are of others."""
    stills = [still for still, wanted in ((UNTAKEN, query.untaken), (OPEN, query.open)) if wanted]
    places = ("",) if query.districts is None else query.districts
    found: dict[str, list[int]] = {}
    for still in stills:
        for urgent in (True, False):
            rows = [row for where in places for row in _first(connection, still, urgent, where)]
            found.setdefault(still, []).extend(case for _, case in sorted(rows))
    return [case for listed in found.values() for case in listed[:MOST]]


def _first(connection: Connection, still: str, urgent: bool, district: str) -> list[tuple[int, int]]:
    some = "desk = ? AND " if district else ""
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
    own: bool,
    doubt: float,
) -> Case:
    key = _key(store, wrapped, row["id"]) if wrapped and (details or row["taken_by"]) else None
    holder, closer = _hands(_read(key, row["taken_by"], "taken_by", row["id"]))
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
        desk=row["desk"],
        holder=holder,
        closer=closer,
        ending=row["ending"],
        offered=row["offered"],
        offered_until=row["offered_until"],
        event=row["event"] or 0,
        step=row["step"],
        step_at=row["step_at"],
        details=(_read(key, row["details"], "details", row["id"]) or {}) if details else {},
        files=files,
        cards=cards,
        behalf=row["behalf"],
        own=own,
        excluded=tuple(filter(None, row["excluded"].split(","))),
        felt=row["felt"],
        exercise=row["exercise"],
        alike=row["alike"] or 0,
        doubt=doubt,
    )


def _hands(kept: Any) -> tuple[By, By]:
    """Holder and closer; what the first release kept is the name of whoever moved the case last."""
    if not kept:
        return NOBODY, NOBODY
    if isinstance(kept, str):
        return By(kept), By(kept)
    holder, closer = kept
    return By(*holder), By(*closer)


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
