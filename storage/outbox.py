"""What is to be sent: rows written with the turn that said it, read by the dispatcher, gone when delivered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    FromClause,
    String,
    Subquery,
    all_,
    bindparam,
    func,
    literal_column,
    null,
    select,
)

from handlers.effects import Recall, Reporter, Say
from handlers.events import Address, Incoming, Outcome
from handlers.values import dataclass
from storage import handles, prepared
from storage.columns import MOMENT, moment
from storage.core import CONTACT, HANDLE, OUTBOX
from storage.store import Store, context
from storage.vault import CannotOpen

NEXT = prepared.among("SELECT nextval('outbox_id') FROM generate_series(1, ?)")
DELIVERED = prepared.among("DELETE FROM outbox WHERE id IN LIST", "bigint")
CHARGED = prepared.among("DELETE FROM outbox WHERE id IN LIST RETURNING id", "bigint")
CLAIM = {"postgresql": "UPDATE outbox SET due = $1, claimed = $2 WHERE id = ANY($3::bigint[])"}
PUT_BACK = {
    "postgresql": """
        UPDATE outbox SET due = back.due, claimed = nullif(back.claimed, '')
        FROM unnest($1::bigint[], $2::bigint[], $3::varchar[]) AS back (id, due, claimed)
        WHERE outbox.id = back.id AND outbox.state = 'todo'"""
}
LEASE = timedelta(seconds=30)  # of a claim: longer than any send takes
FARTHEST = timedelta(
    hours=12
)  # nothing waits longer: what is due later than that was written by a clock that was wrong
TODO: ColumnElement[str] = literal_column("'todo'")  # spelled out, or SQLite does not see that the index serves
C = OUTBOX.c
OPENED = (
    C.id,
    C.channel,
    C.lane,
    C.kind,
    C.payload,
    C.case_id,
    C.urgent,
    C.attempts,
    C.made,
    C.claimed,
    C.way,
)  # for _row
REPLY_SECONDS = 20  # after the event; who takes the row over, a LEASE later at most, can still ask by the same token
HELD: ColumnElement[bool] = OUTBOX.c.state == "held"
# Until something leaves to its chat anyway, or the month turns (storage.meter); spelled out for the index.
WAITS: ColumnElement[bool] = OUTBOX.c.state == literal_column("'waits'")
LATER = " later"
SOON = 5.0  # seconds; what waits longer may find its reply token used up


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
    waiting: int = 1  # rows of its chat that wait, itself included
    claimed: str = ""  # by this process, which never wrote down how its try ended; on PostgreSQL only
    way: str = ""  # how it may have left already: "push", or "any", which is by its reply token where it has one
    rule: str = ""  # of a reporter: when they may be written to first


def ids(connection: Connection, store: Store, count: int) -> list[int]:
    """Row ids in the order of sending. SQLite has one writer: microseconds of the clock, always growing, so that no id
    comes twice even after the highest rows were deleted. PostgreSQL: a sequence."""
    if connection.dialect.name == "postgresql":
        return [number for (number,) in prepared.ask(connection, NEXT, count)]
    if not store.last_id:
        store.last_id = connection.execute(select(func.max(OUTBOX.c.id))).scalar() or 0
    first = max(store.last_id + 1, int(store.now().timestamp() * 1_000_000))
    store.last_id = first + count - 1
    return list(range(first, first + count))


def part(say: Say) -> dict[str, Any]:
    """A said thing as the channels take it: JSON, neutral of any platform."""
    made: dict[str, Any] = {"text": say.text, "buttons": [[b.label, b.value, b.kind] for b in say.buttons]}
    if say.card and say.buttons and (number := handles.number_in(say.buttons[0].value)):
        made["number"] = number
    if say.attachments:
        made["attachments"] = [
            {"kind": a.kind, "file": a.file, "mime": a.mime, "latitude": a.latitude, "longitude": a.longitude}
            for a in say.attachments
        ]
    if say.replaces:
        made["replaces"] = say.replaces
    if say.clears:
        made["clears"] = True
    if say.drawn:
        made["drawn"] = say.drawn
    return made


def requests(store: Store, event: Incoming, says: Sequence[Say], channel: str) -> list[dict[str, Any]]:
    """What is said to one chat in one turn, cut into requests: payloads without an address."""
    split = store.splits[channel]
    made: list[dict[str, Any]] = []
    for plain, together in groupby(says, _is_plain):
        for run in [list(together)] if plain else [[say] for say in together]:
            extra = {} if plain else _beside(run[0])
            made += [{"parts": parts, **extra} for parts in split([part(say) for say in run])]
    return made


def _is_plain(say: Say) -> bool:
    return not (say.card or say.otherwise or say.after or say.news or say.asks)


def _beside(say: Say) -> dict[str, Any]:
    """What a request tells the dispatcher besides its parts, where it is more than words."""
    extra: dict[str, Any] = {"card": say.card, "after": say.after, "urgent": say.urgent}
    if say.news:
        extra["news"] = say.news
    if say.asks:
        extra["asks"] = say.asks
    if say.otherwise and isinstance(say.otherwise.to, Address):
        to = say.otherwise.to
        extra["otherwise"] = {**part(say.otherwise), "channel": to.channel, "chat": to.chat}
    return extra


def rows(
    connection: Connection, store: Store, made: Sequence[tuple[Address | Reporter, Incoming, str, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Rows of the table for (to whom, because of which event, kind, payload)."""
    contacts = _contacts(connection, [to.case for to, *_ in made if isinstance(to, Reporter)])
    reached = [m for m in made if isinstance(m[0], Address) or m[0].case in contacts]
    now = store.now()
    result: list[dict[str, Any]] = []
    claims: list[dict[str, Any]] = []
    said: list[tuple[dict[str, Any], str]] = []
    answered: set[tuple[Address, str]] = set()
    for number, (to, event, kind, asked) in zip(ids(connection, store, len(reached)), reached, strict=True):
        payload, after = {**asked}, asked.get("after", 0.0)
        if isinstance(to, Reporter):
            channel, chat = contacts[to.case]
            lane = news_lane(chat)
        else:
            channel, chat = to.channel, store.tag(to)
            lane = later_lane(chat) if after and payload.get("card") else chat
            payload["chat"] = to.chat
            serves = event.reply_token and kind == "say" and to == event.chat and after <= SOON
            if serves and (to, event.id) not in answered:  # it serves once
                answered.add((to, event.id))
                payload["token"] = event.reply_token
                payload["until"] = event.at.timestamp() + REPLY_SECONDS
        if kind == "say" and not (isinstance(to, Address) and handles.is_spoken(store, to)):
            payload["parts"] = handles.hide(store, chat, payload["parts"], claims)
        said.append((payload, context("outbox", "payload", number)))
        result.append(
            {
                "id": number,
                "channel": channel,
                "lane": lane if kind == "say" else f"{kind} {number}",
                "kind": kind,
                "case_id": to.case if isinstance(to, Reporter) else None,
                "urgent": bool(payload.get("urgent")),
                "due": now + timedelta(seconds=after) if after else now,
                "made": now,
                "attempts": 0,
                "state": "todo",
                "error": "",
            }
        )
    prepared.insert(connection, HANDLE, claims)
    for row, sealed in zip(result, store.seal_all(said), strict=True):
        row["payload"] = sealed
    return result


def _contacts(connection: Connection, case_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Channel and lane of reporters; a reporter whose address is gone is not there any more."""
    if not case_ids:
        return {}
    found = connection.execute(
        select(CONTACT.c.case_id, CONTACT.c.channel, CONTACT.c.lane).where(CONTACT.c.case_id.in_(case_ids))
    )
    return {case: (channel, lane) for case, channel, lane in found}


def news_lane(lane: str) -> str:
    """What we say first waits apart: held until morning, it must not hold back the answers to what they write."""
    return f"{lane} news"


def later_lane(lane: str) -> str:
    """An alert that waits on purpose waits apart, too: what is urgent, and every answer to officers, goes past it."""
    return f"{lane}{LATER}"


def chat_of(lane: str) -> str:
    """The chat whose pace and cards such an alert shares."""
    return lane.removesuffix(LATER)


def take_back(connection: Connection, store: Store, chats: Sequence[Address]) -> None:
    """What waits in these chats on purpose and was not tried yet is not said: something newer says it all."""
    if chats:
        waits = OUTBOX.c.lane.in_([store.tag(chat) for chat in chats]) & (OUTBOX.c.due > store.now())
        connection.execute(OUTBOX.delete().where(waits, OUTBOX.c.state == TODO, OUTBOX.c.attempts == 0))


def recall(connection: Connection, store: Store, effect: Recall) -> list[tuple[Address, Say]]:
    """Cards of a case that wait on purpose and were not tried yet go; what is said there instead, at the same time.

    What a process has claimed may be on its way: it is left alone.
    """
    now = store.now()
    waits = WAITS | ((OUTBOX.c.state == TODO) & (OUTBOX.c.due > now) & (OUTBOX.c.attempts == 0))
    aside = (OUTBOX.c.kind == "say") & OUTBOX.c.case_id.is_(None) & OUTBOX.c.claimed.is_(None)
    found = connection.execute(
        select(OUTBOX.c.id, OUTBOX.c.channel, OUTBOX.c.payload, OUTBOX.c.due).where(waits, aside)
    )
    gone: list[int] = []
    times: dict[Address, datetime] = {}
    for row, channel, sealed, due_at in found:
        payload = store.open(sealed, context("outbox", "payload", row))
        if payload.get("card") == effect.case:
            gone.append(row)
            times[Address(channel, payload["chat"])] = max(now, due_at)
        others = [part for part in payload["parts"] if part.get("case") != effect.case]
        if len(others) < len(payload["parts"]):  # it came along with another one (storage.meter.carry)
            sealed = store.seal({**payload, "parts": others}, context("outbox", "payload", row))
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == row).values(payload=sealed))
    if gone:
        connection.execute(OUTBOX.delete().where(OUTBOX.c.id.in_(gone)))
    return [
        (say.to, replace(say, after=(times[say.to] - now).total_seconds()))
        for say in effect.instead
        if isinstance(say.to, Address) and say.to in times
    ]


def release(connection: Connection, store: Store, chat: Address) -> list[dict[str, Any]]:
    """What waited until this person wrote, as answers to them; it waits no more."""
    lane = news_lane(store.tag(chat))
    held = connection.execute(select(OUTBOX.c.id, OUTBOX.c.payload).where(OUTBOX.c.lane == lane, HELD)).all()
    if held:
        connection.execute(OUTBOX.delete().where(OUTBOX.c.id.in_([row for row, _ in held])))
    latest = held[-1:]  # each says that there is news: once is enough
    return [store.open(sealed, context("outbox", "payload", row)) for row, sealed in latest]


def due(
    connection: Connection, store: Store, now: datetime, most: int, busy: Collection[str] = (), process: str = ""
) -> tuple[list[Row], datetime | None]:
    """The oldest waiting row of every chat that is due, urgent ones first; and when the next one will be.

    `busy` chats are left out: nothing more of theirs may leave now. On PostgreSQL they are `process`'s for a while.
    """
    dialect = connection.dialect
    asked = _ready(dialect.name, dialect).ask(connection, now=now, far=now + FARTHEST, most=most, busy=list(busy))
    found = [_row(store, *row) for row in asked]
    if dialect.name == "postgresql":
        until = MOMENT.process_bind_param(now + LEASE, dialect)
        prepared.ask(connection, CLAIM, until, process, [row.id for row in found])
    ((later,),) = _later(dialect.name, dialect).ask(connection, now=now)
    return found, None if later is None else moment(later)


@cache  # made once: the dispatcher looks after every turn and every send
def _ready(name: str, dialect: Any) -> prepared.Question:
    heads = _heads(name)
    listed = select(func.json_each(bindparam("busy")).table_valued("value").c.value)
    idle: ColumnElement[bool] = heads.c.lane.not_in(listed)
    if name == "postgresql":
        idle = heads.c.lane != all_(bindparam("busy", type_=ARRAY(String)))
    first = select(heads.c.id, heads.c.waiting).where(_is_due(heads), idle)
    picked = first.order_by(heads.c.urgent.desc(), heads.c.id).limit(bindparam("most")).subquery()
    rows = select(*OPENED, CONTACT.c.address, CONTACT.c.rule, picked.c.waiting).join(picked, picked.c.id == OUTBOX.c.id)
    rows = rows.outerjoin(CONTACT, CONTACT.c.case_id == OUTBOX.c.case_id)
    # Asked of the row once more: another process may have claimed it since the heads were read.
    rows = rows.where(OUTBOX.c.state == TODO, _is_due(OUTBOX)).order_by(OUTBOX.c.urgent.desc(), OUTBOX.c.id)
    return prepared.Question(
        rows.with_for_update(skip_locked=True, of=OUTBOX) if name == "postgresql" else rows, dialect
    )


def _heads(dialect: str) -> Subquery:
    """The oldest waiting row of every chat, and how many wait there, from the index alone."""
    lane, row, due_at, urgent = OUTBOX.c.lane, OUTBOX.c.id, OUTBOX.c.due, OUTBOX.c.urgent
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import distinct_on  # SQLite's start does not pay for it

        waiting = func.count().over(partition_by=lane).label("waiting")
        first = select(lane, row, due_at, urgent, waiting).ext(distinct_on(lane))
        return first.where(OUTBOX.c.state == TODO).order_by(lane, row).subquery()
    # SQLite takes plain columns from the row that has the minimum (sqlite.org/lang_select.html#bareagg).
    oldest = select(lane, func.min(row).label("id"), due_at, urgent, func.count().label("waiting"))
    return oldest.where(OUTBOX.c.state == TODO).group_by(lane).subquery()


def _is_due(rows: FromClause) -> ColumnElement[bool]:
    return (rows.c.due <= bindparam("now")) | (rows.c.due > bindparam("far"))


@cache
def _later(_: str, dialect: Any) -> prepared.Question:
    later = select(func.min(OUTBOX.c.due)).where(OUTBOX.c.state == TODO, OUTBOX.c.due > bindparam("now"))
    return prepared.Question(later, dialect)


def put_back(connection: Connection, rows: Sequence[tuple[Row, datetime]]) -> None:
    """Claimed and not sent: as they were before, and due at these times."""
    due_at = [MOMENT.process_bind_param(at, connection.dialect) for _, at in rows]
    prepared.ask(connection, PUT_BACK, [row.id for row, _ in rows], due_at, [row.claimed for row, _ in rows])


def free(connection: Connection, processes: Sequence[str], now: datetime) -> None:
    """What these processes had claimed may be taken at once; that they had it stays written."""
    theirs = OUTBOX.update().where(OUTBOX.c.claimed.in_(processes), OUTBOX.c.state == TODO)
    connection.execute(theirs.values(due=now))


def merge(connection: Connection, store: Store, into: Row, rest: Sequence[Row]) -> None:
    """One row says from now on what several said: a try that is repeated sends the very same message."""
    sealed = store.seal(into.payload, context("outbox", "payload", into.id))
    changed = {"payload": sealed, "urgent": into.urgent}
    connection.execute(OUTBOX.update().where(OUTBOX.c.id == into.id).values(changed))
    connection.execute(OUTBOX.delete().where(OUTBOX.c.id.in_([r.id for r in rest])))


def behind(connection: Connection, store: Store, first: Row, now: datetime, most: int) -> list[Row]:
    """What waits right behind a row in its chat, and is due."""
    dialect = connection.dialect
    asked = _behind(dialect.name, dialect).ask(connection, lane=first.lane, first=first.id, now=now, most=most)
    return [_row(store, *row) for row in asked]


@cache
def _behind(_: str, dialect: Any) -> prepared.Question:
    # Officers' groups have no address kept apart.
    found = select(*OPENED, null().label("address"), null().label("rule"), literal_column("1").label("waiting")).where(
        OUTBOX.c.state == TODO,
        OUTBOX.c.lane == bindparam("lane"),
        OUTBOX.c.id > bindparam("first"),
        OUTBOX.c.due <= bindparam("now"),
    )
    return prepared.Question(found.order_by(OUTBOX.c.id).limit(bindparam("most")), dialect)


def _row(
    store: Store,
    number: int,
    channel: str,
    lane: str,
    kind: str,
    sealed: bytes,
    case: int | None,
    urgent: bool,
    attempts: int,
    made: int,
    claimed: str | None,
    way: str | None,
    address: bytes | None,
    rule: str | None,
    waiting: int,
) -> Row:
    payload: Mapping[str, Any] | None
    try:
        payload = store.open(sealed, context("outbox", "payload", number))
        chat = payload.get("chat", "") if payload else ""
        if case is not None and address is not None:
            chat = store.vault.open_contact(address, context("contact", "address", case)).decode()
    except CannotOpen:
        payload, chat = None, ""
    said = (number, channel, lane, kind, bool(urgent), attempts, moment(made), chat, payload)
    return Row(*said, waiting, claimed or "", way or "", rule or "")


def pushed(connection: Connection, row: int) -> None:
    """From now on it leaves by push alone; written before the first push, so that nobody asks its reply token."""
    connection.execute(OUTBOX.update().where(OUTBOX.c.id == row).values(way="push"))


def settle(connection: Connection, outcomes: Sequence[Outcome]) -> int:
    """Write down how tries ended: delivered rows are wiped, failed ones wait or are dead letters. What the platform
    charges for those that went, each once however often it is said that they did."""
    done = [o.row for o in outcomes if o.fate in ("sent", "dropped")]
    costs = {o.row: o.cost for o in outcomes if o.cost}
    charged = 0
    if costs:
        charged = sum(costs.get(row, 0) for (row,) in prepared.ask(connection, CHARGED, done))
    elif done:
        prepared.ask(connection, DELIVERED, done)
    for outcome in outcomes:
        if outcome.fate == "later":
            tried = 0 if outcome.why.startswith("wait") else 1
            changed = {"due": outcome.due, "attempts": OUTBOX.c.attempts + tried, "error": outcome.why, "claimed": None}
            if outcome.unsure:
                changed["way"] = func.coalesce(OUTBOX.c.way, "any")
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == outcome.row).values(changed))
        elif outcome.fate in ("dead", "held", "waits"):
            changed = {"state": str(outcome.fate), "error": outcome.why, "claimed": None}
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == outcome.row).values(changed))
    return charged
