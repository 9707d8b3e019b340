"""What the dashboard reads and writes: a link is used up once, and rights are those of this moment."""

from copy import copy
from datetime import datetime

from sqlalchemy import Connection, delete, select

from handlers.dashboard import PURPOSE, panels
from handlers.events import Command, Incoming
from handlers.numbers import read_code
from handlers.world import Member
from storage import audit, directory, worlds
from storage.core import CODE
from storage.store import Store


def enter(connection: Connection, store: Store, text: str) -> Member | None:
    """Whose link this was; it opens nothing any more. None where it is no good."""
    code = read_code(text)
    if code is None:
        return None
    mine = (CODE.c.hash == store.vault.code_hash(code)) & (CODE.c.purpose == PURPOSE)
    by = connection.execute(select(CODE.c.by).where(mine, CODE.c.expires > store.now())).scalar()
    connection.execute(delete(CODE).where(mine))
    store = seeing(connection, store)
    member = next((m for m in coordinators(store) if store.person(m.channel, m.person) == by), None)
    if member is not None:
        row = audit.row(store, opened(store, member), "dashboard", member.person, 0, {"scope": member.scope})
        audit.append(connection, store.vault, [row])
    return member


def show(connection: Connection, store: Store, channel: str, person: str) -> tuple[Member, list[str]] | None:
    """The page of this person in their language, a text a panel; None when they are no coordinator any more."""
    store = seeing(connection, store)
    member = next((m for m in coordinators(store) if (m.channel, m.person) == (channel, person)), None)
    if member is None:
        return None
    event = opened(store, member)
    world = worlds.world(worlds.shared(store), store.now(), event, worlds.NOTHING, bytes(worlds.DICE))
    texts = (say(worlds.fulfil(connection, store, event, world, query)) for query, say in panels(world))
    return member, [text for text in texts if text]


def seeing(connection: Connection, store: Store) -> Store:
    """A copy of the store with the directory as it is now."""
    own = copy(store)
    directory.refresh(connection, own)
    return own


def coordinators(store: Store) -> list[Member]:
    return [m for m in store.directory.members.values() if m.role == "coordinator"]


def opened(store: Store, member: Member) -> Incoming:
    now: datetime = store.now()
    return Incoming(f"desk {now.isoformat()}", now, member.chat, member.person, Command("desk"))
