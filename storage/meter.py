"""What pushes to LINE cost, kept for every process: counted when a row is delivered, compared with what LINE says."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from handlers.effects import Metered
from handlers.meter import WINDOW, Level, Meter, day_of, midnight, month_of
from storage import outbox, prepared
from storage.core import CARD, GROUP, METER_DAY, METER_MONTH, OUTBOX, SIZE
from storage.store import Store, context
from storage.upsert import insert_new, upsert

KEPT = timedelta(days=400)  # of days: the same month of last year can be looked up


def count(connection: Connection, store: Store, messages: int) -> None:
    """So many more messages were pushed today."""
    if messages:
        row = {"day": day_of(store.now()), "count": messages}
        prepared.put(connection, METER_DAY, [row], ("day",), ("count",))


def load(connection: Connection, store: Store) -> Meter:
    """The account as it is now."""
    now = store.now()
    today = day_of(now)
    first = min(today.replace(day=1), today - timedelta(days=WINDOW - 1))
    pushed = connection.execute(select(METER_DAY.c.day, METER_DAY.c.count).where(METER_DAY.c.day >= first))
    days = {day: messages for day, messages in pushed}
    since = connection.execute(select(func.min(METER_DAY.c.day))).scalar()
    month = connection.execute(select(METER_MONTH).where(METER_MONTH.c.month == month_of(now))).mappings().first()
    told: Mapping[str, Any] = {k: v for k, v in (month or {}).items() if k != "month"}
    return Meter(now, days, since, waiting=waiting(connection), sizes=sizes(connection, store), **told)


def waiting(connection: Connection) -> int:
    """How many messages wait for a next request, or for the month's turn."""
    return int(connection.execute(select(func.count()).select_from(OUTBOX).where(outbox.WAITS)).scalar_one())


def sizes(connection: Connection, store: Store) -> dict[Any, int]:
    """How many people get what is said in a group, as LINE said last."""
    tags = {store.tag(chat): chat for chat in store.directory.groups}
    return {tags[r.tag]: r.members for r in connection.execute(select(SIZE)) if r.tag in tags}


def size(connection: Connection, store: Store, tag: str, members: int) -> None:
    """What LINE says of a group; of one that is ours no more nothing is kept."""
    ours = select(GROUP.c.tag)
    connection.execute(upsert(connection, SIZE, {"tag": tag, "members": members, "at": store.now()}, ("tag",)))
    connection.execute(delete(SIZE).where(SIZE.c.tag.not_in(ours)))


def read(connection: Connection, store: Store, limit: int | None, told: int) -> int:
    """Keep what LINE says of this month, and let leave what may; how many chats hear something by that."""
    connection.execute(delete(METER_DAY).where(METER_DAY.c.day < day_of(store.now() - KEPT)))
    if told and told >= _last_month(connection, store) > 0 and not _known(connection, store):
        return 0  # by LINE's clock the old month goes on
    _month(connection, store)
    # Before the account is looked at: another process that asked at the same time waits here.
    _set(connection, store, limit=limit, told=told, read=store.now())
    _set(connection, store, then=load(connection, store).counted)
    if load(connection, store).opens:
        _set(connection, store, refused=0, refused_at=None)
    account = load(connection, store)
    freed = 0 if account.refused else release(connection, store, "quota")
    return freed + (release(connection, store, "news") if account.level is Level.ALL else 0)


def _known(connection: Connection, store: Store) -> bool:
    """Whether LINE has told anything of this month; after its first day nothing is waited for."""
    read = select(METER_MONTH.c.read).where(METER_MONTH.c.month == month_of(store.now()))
    return day_of(store.now()).day > 1 or connection.execute(read).scalar() is not None


def _last_month(connection: Connection, store: Store) -> int:
    """What LINE said last of the month before."""
    before = month_of(midnight(day_of(store.now()).replace(day=1)) - timedelta(days=1))
    told = select(METER_MONTH.c.told).where(METER_MONTH.c.month == before)
    return int(connection.execute(told).scalar() or 0)


def learn(connection: Connection, store: Store, effect: Metered) -> None:
    """What a turn found out: LINE refuses, or the coordinators were told."""
    _month(connection, store)
    known = load(connection, store)
    changed: dict[str, Any] = {"warned": max(known.warned, effect.warned)}
    if effect.refused:
        changed |= {"refused": min(effect.refused, known.refused or effect.refused), "refused_at": store.now()}
    _set(connection, store, **changed)


def release(connection: Connection, store: Store, why: str) -> int:
    """Let what waits for this reason leave: the newest of every chat goes, and takes the others along (`carry`)."""
    leaving = select(OUTBOX.c.lane).where(OUTBOX.c.state == outbox.TODO)
    newest = select(func.max(OUTBOX.c.id)).where(outbox.WAITS, OUTBOX.c.error == why, OUTBOX.c.lane.not_in(leaving))
    ids = list(connection.execute(newest.group_by(OUTBOX.c.lane)).scalars())
    now = store.now()
    # As if it was made now: it was never sent, and what is a day old is given up when it fails.
    leave = {"state": "todo", "due": now, "made": now, "attempts": 0, "claimed": None}
    connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(**leave))
    return len(ids)


def carry(connection: Connection, store: Store, into: outbox.Row, rest: Sequence[outbox.Row]) -> None:
    """One row says from now on what others said that waited; the cards among them are known in that chat."""
    outbox.merge(connection, store, into, rest)
    cards = {row.payload["card"]: row for row in rest if row.payload and row.payload.get("card")}
    made = [{"case_id": case, "tag": outbox.chat_of(row.lane), "message": ""} for case, row in cards.items()]
    prepared.put(connection, CARD, made, ("case_id", "tag"))


def held(connection: Connection, store: Store, lanes: Collection[str]) -> list[outbox.Row]:
    """What waits in these chats, the oldest first."""
    found = connection.execute(
        select(OUTBOX.c.id, OUTBOX.c.lane, OUTBOX.c.payload, OUTBOX.c.urgent, OUTBOX.c.made, OUTBOX.c.channel)
        .where(outbox.WAITS, OUTBOX.c.lane.in_(lanes))
        .order_by(OUTBOX.c.id)
    )
    return [
        outbox.Row(r.id, r.channel, r.lane, "say", r.urgent, 0, r.made, "", opened)
        for r in found
        if (opened := store.open_all([(r.payload, context("outbox", "payload", r.id))])[0]) is not None
    ]


def lanes(connection: Connection) -> frozenset[str]:
    """Chats in which something waits."""
    return frozenset(connection.execute(select(OUTBOX.c.lane).where(outbox.WAITS).distinct()).scalars())


def _month(connection: Connection, store: Store) -> None:
    row = {"month": month_of(store.now()), "told": 0, "then": 0, "refused": 0, "warned": 0}
    connection.execute(insert_new(connection, METER_MONTH), [row])


def _set(connection: Connection, store: Store, **values: Any) -> None:
    connection.execute(update(METER_MONTH).where(METER_MONTH.c.month == month_of(store.now())).values(**values))
