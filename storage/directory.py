"""Groups, people with a role, rules and switched districts: small, read whole, and again when it changed."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select, update

from handlers.effects import (
    AddRule,
    AskLink,
    Dismiss,
    Doubt,
    DropLink,
    DropRule,
    Enroll,
    LinkGroup,
    MoveChat,
    SwitchDistrict,
    Train,
    UnlinkGroup,
)
from handlers.events import Address
from handlers.seats import linked
from handlers.world import AskedLink, Directory, Group, Member, RouteRule
from storage import prepared
from storage.core import CARD, GROUP, HANDLE, INSIDE, LINK_ASKED, MEMBER, OUTBOX, REVISION, RULE, SWITCHED, TRAINING
from storage.outbox import WAITS, later_lane
from storage.store import Store, context
from storage.upsert import upsert

NEWEST = prepared.among("SELECT value FROM revision WHERE name = 'directory'")
Change = (
    LinkGroup
    | UnlinkGroup
    | Doubt
    | MoveChat
    | Enroll
    | Dismiss
    | AddRule
    | DropRule
    | SwitchDistrict
    | Train
    | AskLink
    | DropLink
)


def refresh(connection: Connection, store: Store, revision: int | None = None) -> None:
    """Bring `store.directory` up to what is committed, if anybody changed it. `revision` is given by who knows it."""
    if revision is None:
        found = prepared.ask(connection, NEWEST)
        revision = found[0][0] if found else 0
    if revision != store.revision:
        store.directory, store.revision = load(connection, store), revision


def load(connection: Connection, store: Store) -> Directory:
    groups = [(_group(store, row), row["away"]) for row in connection.execute(select(GROUP)).mappings()]
    members = [_member(store, row) for row in connection.execute(select(MEMBER)).mappings()]
    rules = [_rule(row) for row in connection.execute(select(RULE).order_by(RULE.c.id)).mappings()]
    switched = {r.district: bool(r.active) for r in connection.execute(select(SWITCHED))}
    asked = [_asked(store, row) for row in connection.execute(select(LINK_ASKED)).mappings()]
    trainings = {r.district: r.until for r in connection.execute(select(TRAINING))}
    return Directory(
        {g.chat: g for g, away in groups if not away},
        {(m.channel, m.person): m for m in members},
        tuple(rules),
        switched,
        {g.chat: g for g, away in groups if away},
        trainings,
        {link.chat: link for link in asked},
    )


def change(connection: Connection, store: Store, changes: Iterable[Change]) -> None:
    """Carry out changes in order and let every process know."""
    wanted = list(changes)
    if not wanted:
        return
    for one in wanted:
        _apply(connection, store, one)
    counted = upsert(connection, REVISION, {"name": "directory", "value": 1}, ("name",), add=("value",))
    connection.execute(counted)
    refresh(connection, store)


def _apply(connection: Connection, store: Store, change: Change) -> None:
    match change:
        case LinkGroup(chat=chat):
            connection.execute(upsert(connection, GROUP, _group_row(store, change), ("tag",)))
        case UnlinkGroup(chat=chat, away=away):
            connection.execute(delete(INSIDE).where(INSIDE.c.chat == store.tag(chat)))
            this = GROUP.c.tag == store.tag(chat)
            connection.execute(update(GROUP).where(this).values(away=True) if away else delete(GROUP).where(this))
            _unsaid(connection, store, chat)
        case Doubt(chat=chat, reasons=reasons, accepted=accepted):
            looked = {"doubt": ",".join(reasons), "accepted": ",".join(accepted)}
            connection.execute(update(GROUP).where(GROUP.c.tag == store.tag(chat)).values(looked))
        case MoveChat(old=old, new=new):
            _move(connection, store, old, new)
        case Enroll():
            connection.execute(upsert(connection, MEMBER, _member_row(store, change), ("tag",)))
        case Dismiss(channel=channel, person=person):
            tag = store.person(channel, person)
            connection.execute(delete(MEMBER).where(MEMBER.c.tag == tag))
            connection.execute(delete(INSIDE).where(INSIDE.c.person == tag))
            if member := store.directory.members.get((channel, person)):
                _unsaid(connection, store, member.chat)
        case AddRule():
            hours = f"{change.hours[0]}-{change.hours[1]}" if change.hours else ""
            values = {
                "districts": ",".join(change.districts),
                "kinds": ",".join(change.kinds),
                "hours": hours,
                "targets": ",".join(change.to),
            }
            connection.execute(RULE.insert(), [values])
        case DropRule(id=number):
            connection.execute(delete(RULE).where(RULE.c.id == number))
        case SwitchDistrict(district=district, on=on):
            connection.execute(upsert(connection, SWITCHED, {"district": district, "active": on}, ("district",)))
        case Train() | AskLink() | DropLink():
            _for_a_while(connection, store, change)


def _for_a_while(connection: Connection, store: Store, change: Train | AskLink | DropLink) -> None:
    """What ends by itself: a training day, a group that waits for a second word."""
    match change:
        case Train(district=district, until=until):
            connection.execute(delete(TRAINING).where(TRAINING.c.district == district))
            if until:
                connection.execute(TRAINING.insert(), [{"district": district, "until": until}])
        case AskLink(chat=chat):
            tag = store.tag(chat)
            row: dict[str, Any] = {
                "tag": tag,
                "channel": chat.channel,
                "chat": store.seal(chat.chat, context("link_asked", "chat", tag)),
                "scope": change.scope,
                "language": change.language,
                "by": change.by,
                "at": store.now(),
            }
            connection.execute(upsert(connection, LINK_ASKED, row, ("tag",)))
        case DropLink(chat=chat):
            connection.execute(delete(LINK_ASKED).where(LINK_ASKED.c.tag == store.tag(chat)))


def _unsaid(connection: Connection, store: Store, chat: Address) -> None:
    """What waits for a later day is not said to a chat that has no right to it any more."""
    tag = store.tag(chat)
    connection.execute(delete(OUTBOX).where(WAITS, OUTBOX.c.lane.in_((tag, later_lane(tag)))))


def _move(connection: Connection, store: Store, old: Address, new: Address) -> None:
    """A chat goes on under another id: the group, its buttons, and everything still to send to it."""
    was, now = store.tag(old), store.tag(new)
    group = store.directory.groups.get(old)
    if group:
        connection.execute(delete(GROUP).where(GROUP.c.tag == was))
        moved = linked(group, chat=new)
        connection.execute(upsert(connection, GROUP, _group_row(store, moved), ("tag",)))
    # Telegram starts new message ids in a supergroup: the old cards cannot be edited there.
    connection.execute(delete(CARD).where(CARD.c.tag == was))
    connection.execute(delete(INSIDE).where(INSIDE.c.chat == was))
    connection.execute(HANDLE.update().where(HANDLE.c.chat == was).values(chat=now, message=""))
    waiting = connection.execute(
        select(OUTBOX.c.id, OUTBOX.c.lane, OUTBOX.c.payload).where(
            OUTBOX.c.lane.in_((was, later_lane(was))), OUTBOX.c.state == "todo"
        )
    ).all()
    for row, lane, sealed in waiting:
        bound = context("outbox", "payload", row)
        payload = store.seal({**store.open(sealed, bound), "chat": new.chat}, bound)
        there = OUTBOX.update().where(OUTBOX.c.id == row)
        connection.execute(there.values(lane=lane.replace(was, now), payload=payload))


def _group_row(store: Store, group: LinkGroup) -> dict[str, object]:
    tag = store.tag(group.chat)
    return {
        "tag": tag,
        "channel": group.chat.channel,
        "chat": store.seal(group.chat.chat, context("officer_group", "chat", tag)),
        "scope": group.scope,
        "language": group.language,
        "detail": group.detail,
        "doubt": ",".join(group.doubt),
        "accepted": ",".join(group.accepted),
        "away": False,
    }


def _group(store: Store, row: RowMapping) -> Group:
    chat = store.open(row["chat"], context("officer_group", "chat", row["tag"]))
    doubt, accepted = (tuple(filter(None, row[name].split(","))) for name in ("doubt", "accepted"))
    return Group(Address(row["channel"], chat), row["scope"], row["language"], row["detail"], doubt, accepted)


def _asked(store: Store, row: RowMapping) -> AskedLink:
    chat = store.open(row["chat"], context("link_asked", "chat", row["tag"]))
    return AskedLink(Address(row["channel"], chat), row["scope"], row["language"], row["by"], row["at"])


def _member_row(store: Store, who: Enroll) -> dict[str, object]:
    tag = store.person(who.chat.channel, who.person)
    return {
        "tag": tag,
        "channel": who.chat.channel,
        "person": store.seal([who.person, who.chat.chat, who.name], context("member", "person", tag)),
        "role": who.role,
        "scope": who.scope,
        "language": who.language,
        "seat": who.seat,
        "since": who.since,
        "duty_from": who.duty[0] if who.duty else None,
        "duty_until": who.duty[1] if who.duty else None,
        "same": who.same,
    }


def _member(store: Store, row: RowMapping) -> Member:
    person, chat, name = store.open(row["person"], context("member", "person", row["tag"]))
    return Member(
        row["channel"],
        person,
        row["role"],
        row["scope"],
        Address(row["channel"], chat),
        row["language"],
        name,
        row["seat"],
        row["since"],
        (row["duty_from"], row["duty_until"]) if row["duty_until"] else None,
        row["same"],
        row["tag"],
    )


def _rule(row: RowMapping) -> RouteRule:
    split = {k: tuple(filter(None, row[k].split(","))) for k in ("districts", "kinds", "targets")}
    start, _, end = row["hours"].partition("-")
    return RouteRule(
        row["id"], split["districts"], split["kinds"], (int(start), int(end)) if end else None, split["targets"]
    )
