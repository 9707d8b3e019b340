"""What is to be sent: rows written with the turn that said it, read by the dispatcher, gone when delivered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    LargeBinary,
    Select,
    Subquery,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import distinct_on

from handlers.effects import Reporter, Say
from handlers.events import Address, Incoming, Outcome
from storage import prepared
from storage.store import Store, context
from storage.tables import CONTACT, OUTBOX
from storage.vault import CannotOpen

DELIVERED = prepared.among("DELETE FROM outbox WHERE id IN LIST", "bigint")
# Of a claim: longer than any send takes, and short enough that LINE's reply token still tells whether a process that
# died had used it.
LEASE = timedelta(seconds=30)
FARTHEST = timedelta(
    hours=12
)  # nothing waits longer: what is due later than that was written by a clock that was wrong
TODO: ColumnElement[str] = literal_column("'todo'")  # spelled out, or SQLite does not see that the index serves
REPLY_SECONDS = 40  # LINE takes a reply token for a minute after the webhook; sending may take the rest of it


@dataclass(frozen=True, slots=True)
class Row:
    """One request that is due. `payload` is opened; None when the key is gone and nobody can send it any more."""

    id: int
    channel: str
    lane: str
    kind: str
    urgent: bool
    attempts: int
    made: datetime
    chat: str
    payload: Mapping[str, Any] | None


def ids(connection: Connection, store: Store, count: int) -> list[int]:
    """Row ids in the order of sending. SQLite has one writer: microseconds of the clock, always growing, so that no id
    comes twice even after the highest rows were deleted. PostgreSQL: a sequence."""
    if connection.dialect.name == "postgresql":
        query = text("SELECT nextval('outbox_id') FROM generate_series(1, :count)")
        return [int(i) for i in connection.execute(query, {"count": count}).scalars()]
    if not store.last_id:
        store.last_id = connection.execute(select(func.max(OUTBOX.c.id))).scalar() or 0
    first = max(store.last_id + 1, int(store.now().timestamp() * 1_000_000))
    store.last_id = first + count - 1
    return list(range(first, first + count))


def part(say: Say) -> dict[str, Any]:
    """A said thing as the channels take it: JSON, neutral of any platform."""
    made: dict[str, Any] = {"text": say.text, "buttons": [[b.label, b.value, b.kind] for b in say.buttons]}
    if say.attachments:
        made["attachments"] = [
            {"kind": a.kind, "file": a.file, "mime": a.mime, "latitude": a.latitude, "longitude": a.longitude}
            for a in say.attachments
        ]
    if say.replaces:
        made["replaces"] = say.replaces
    return made


def requests(store: Store, event: Incoming, says: Sequence[Say], channel: str) -> list[dict[str, Any]]:
    """What is said to one chat in one turn, cut into requests: payloads without an address."""
    split = store.splits[channel]
    made: list[dict[str, Any]] = []
    plain: list[Say] = []
    for say in [*says, None]:
        if say is not None and not (say.card or say.otherwise or say.after):
            plain.append(say)
            continue
        if plain:
            made += [{"parts": parts} for parts in split([part(s) for s in plain])]
            plain = []
        if say is not None:
            extra: dict[str, Any] = {"card": say.card, "after": say.after, "urgent": say.urgent}
            if say.otherwise and isinstance(say.otherwise.to, Address):
                other = say.otherwise
                extra["otherwise"] = {**part(other), "channel": say.otherwise.to.channel, "chat": say.otherwise.to.chat}
            made += [{"parts": parts, **extra} for parts in split([part(say)])]
    return made


def rows(
    connection: Connection, store: Store, made: Sequence[tuple[Address | Reporter, Incoming, str, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Rows of the table for (to whom, because of which event, kind, payload)."""
    contacts = _contacts(connection, [to.case for to, *_ in made if isinstance(to, Reporter)])
    reached = [m for m in made if isinstance(m[0], Address) or m[0].case in contacts]
    now = store.now()
    result = []
    answered: set[tuple[Address, str]] = set()
    for number, (to, event, kind, payload) in zip(ids(connection, store, len(reached)), reached, strict=True):
        if isinstance(to, Reporter):
            channel, lane = contacts[to.case]
        else:
            channel, lane = to.channel, store.tag(to)
            payload = {**payload, "chat": to.chat}
            first = kind == "say" and (to, event.id) not in answered
            if first and to == event.chat and event.reply_token and not payload.get("after"):  # it serves once
                answered.add((to, event.id))
                payload["token"] = event.reply_token
                payload["until"] = event.at.timestamp() + REPLY_SECONDS
        result.append(
            {
                "id": number,
                "channel": channel,
                "lane": lane if kind == "say" else f"{kind} {number}",
                "kind": kind,
                "payload": store.seal(payload, context("outbox", "payload", number)),
                "case_id": to.case if isinstance(to, Reporter) else None,
                "urgent": bool(payload.get("urgent")),
                "due": now + timedelta(seconds=payload.get("after", 0.0)),
                "made": now,
                "attempts": 0,
                "state": "todo",
                "error": "",
            }
        )
    return result


def _contacts(connection: Connection, case_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Channel and lane of reporters; a reporter whose address is gone is not there any more."""
    if not case_ids:
        return {}
    found = connection.execute(
        select(CONTACT.c.case_id, CONTACT.c.channel, CONTACT.c.lane).where(CONTACT.c.case_id.in_(case_ids))
    )
    return {case: (channel, lane) for case, channel, lane in found}


def due(connection: Connection, store: Store, now: datetime, most: int) -> tuple[list[Row], datetime | None]:
    """The oldest waiting row of every chat that is due, urgent ones first; and when the next one will be."""
    given = {"now": now, "far": now + FARTHEST, "most": most}
    found = [_row(store, r) for r in connection.execute(_ready(connection.dialect.name), given).mappings()]
    if connection.dialect.name == "postgresql":
        put_back(connection, {row.id: now + LEASE for row in found})  # ours until then, whoever else looks
    return found, connection.execute(_later(), {"now": now}).scalar()


@cache  # made once: the dispatcher looks after every turn and every send
def _ready(dialect: str) -> Select[Any]:
    heads = _heads(dialect)
    picked = select(heads.c.id).where(_is_due(heads)).order_by(heads.c.urgent.desc(), heads.c.id)
    rows = select(OUTBOX, CONTACT.c.address).outerjoin(CONTACT, CONTACT.c.case_id == OUTBOX.c.case_id)
    # Asked of the row once more: another process may have claimed it since the heads were read.
    rows = rows.where(OUTBOX.c.id.in_(picked.limit(bindparam("most"))), OUTBOX.c.state == TODO, _is_due(OUTBOX))
    found = rows.order_by(OUTBOX.c.urgent.desc(), OUTBOX.c.id)
    return found.with_for_update(skip_locked=True, of=OUTBOX) if dialect == "postgresql" else found


def _heads(dialect: str) -> Subquery:
    """The oldest waiting row of every chat, from the index alone."""
    lane, row, due_at, urgent = OUTBOX.c.lane, OUTBOX.c.id, OUTBOX.c.due, OUTBOX.c.urgent
    if dialect == "postgresql":
        first = select(row, due_at, urgent).ext(distinct_on(lane))
        return first.where(OUTBOX.c.state == TODO).order_by(lane, row).subquery()
    # SQLite takes plain columns from the row that has the minimum (sqlite.org/lang_select.html#bareagg).
    oldest = select(func.min(row).label("id"), due_at, urgent)
    return oldest.where(OUTBOX.c.state == TODO).group_by(lane).subquery()


def _is_due(rows: FromClause) -> ColumnElement[bool]:
    return (rows.c.due <= bindparam("now")) | (rows.c.due > bindparam("far"))


@cache
def _later() -> Select[Any]:
    return select(func.min(OUTBOX.c.due)).where(OUTBOX.c.state == TODO, OUTBOX.c.due > bindparam("now"))


def put_back(connection: Connection, due_at: Mapping[int, datetime]) -> None:
    """Rows are due at these times: claimed for a while, or waiting for their chat's pace."""
    for row, at in due_at.items():
        connection.execute(OUTBOX.update().where(OUTBOX.c.id == row, OUTBOX.c.state == "todo").values(due=at))


def merge(connection: Connection, store: Store, into: Row, rest: Sequence[Row]) -> None:
    """One row says from now on what several said: a try that is repeated sends the very same message."""
    sealed = store.seal(into.payload, context("outbox", "payload", into.id))
    changed = {"payload": sealed, "urgent": into.urgent}
    connection.execute(OUTBOX.update().where(OUTBOX.c.id == into.id).values(changed))
    connection.execute(OUTBOX.delete().where(OUTBOX.c.id.in_([r.id for r in rest])))


def behind(connection: Connection, store: Store, first: Row, now: datetime, most: int) -> list[Row]:
    """What waits right behind a row in its chat, and is due."""
    found = select(OUTBOX, literal(None, LargeBinary).label("address")).where(
        OUTBOX.c.state == "todo", OUTBOX.c.lane == first.lane, OUTBOX.c.id > first.id, OUTBOX.c.due <= now
    )
    return [_row(store, r) for r in connection.execute(found.order_by(OUTBOX.c.id).limit(most)).mappings()]


def _row(store: Store, r: Any) -> Row:
    payload: Mapping[str, Any] | None
    try:
        payload = store.open(r["payload"], context("outbox", "payload", r["id"]))
        chat = payload.get("chat", "") if payload else ""
        if r["case_id"] is not None and r["address"] is not None:
            chat = store.vault.open_contact(r["address"], context("contact", "address", r["case_id"])).decode()
    except CannotOpen:
        payload, chat = None, ""
    return Row(r["id"], r["channel"], r["lane"], r["kind"], r["urgent"], r["attempts"], r["made"], chat, payload)


def settle(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write down how tries ended: delivered rows are wiped, failed ones wait or are dead letters."""
    done = [o.row for o in outcomes if o.fate == "sent"]
    if done:
        prepared.ask(connection, DELIVERED, done)
    for outcome in outcomes:
        if outcome.fate == "later":
            tried = 0 if outcome.why.startswith("wait") else 1
            changed = {"due": outcome.due, "attempts": OUTBOX.c.attempts + tried, "error": outcome.why}
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == outcome.row).values(changed))
        elif outcome.fate == "dead":
            connection.execute(
                OUTBOX.update().where(OUTBOX.c.id == outcome.row).values(state="dead", error=outcome.why)
            )
