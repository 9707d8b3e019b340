"""Who was seen in which group, and when: written where a platform said so, read when an officer does something."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from handlers.events import Address, Incoming
from handlers.world import Case
from storage import prepared
from storage.core import INSIDE
from storage.store import Store


def rows(store: Store, group: Address, people: Sequence[str]) -> list[dict[str, Any]]:
    """Rows that say that these people are in a group now."""
    chat, now = store.tag(group), store.now()
    return [{"person": store.person(group.channel, person), "chat": chat, "at": now} for person in people]


def note(connection: Connection, seen: Sequence[dict[str, Any]]) -> None:
    latest = {(row["person"], row["chat"]): row for row in seen}
    prepared.put(connection, INSIDE, list(latest.values()), ("person", "chat"))


def askers(connection: Connection, store: Store, found: Sequence[Case]) -> frozenset[tuple[str, str]]:
    """Who asked the reporters of these cases something and was seen in a group a short while ago."""
    asked = (tuple(q.body.get("by", ())) for case in found for q in case.asked)
    people = {store.person(*by): by for by in asked if len(by) == 2}
    since = store.now() - timedelta(minutes=store.rules.membership_minutes)
    rows = select(INSIDE.c.person).where(INSIDE.c.person.in_(list(people)), INSIDE.c.at > since)
    return frozenset(people[tag] for tag in connection.execute(rows).scalars()) if people else frozenset()


def inside(connection: Connection, store: Store, event: Incoming) -> Mapping[Address, datetime]:
    """The groups of ours in which the sender was seen, and when."""
    person = store.person(event.chat.channel, event.sender)
    known = {store.tag(chat): chat for chat in store.directory.groups}
    found = connection.execute(select(INSIDE.c.chat, INSIDE.c.at).where(INSIDE.c.person == person))
    return {known[row.chat]: row.at for row in found if row.chat in known}
