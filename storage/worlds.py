"""Load the worlds that a round of events needs: one look-up for the chats, then what a few of them ask beyond it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from handlers.decide import needs
from handlers.events import Incoming, Outcome, Tick
from handlers.resident import spoken
from handlers.world import CodeRow, Memory, Query, World
from storage import cases, figures, prepared
from storage.store import Store, context
from storage.tables import CODE

REMEMBERED = prepared.among("SELECT tag, memory FROM conversation WHERE tag IN LIST")
DICE = 64  # bytes of fresh randomness a turn: number, codes, file name, delay


def load(connection: Connection, store: Store, turns: Sequence[Incoming]) -> list[World]:
    memories = remember(connection, store, turns)
    made = [world(store, event, memories.get(store.tag(event.chat), Memory())) for event in turns]
    return [fulfil(connection, store, event, w, needs(w, event)) for event, w in zip(turns, made, strict=True)]


def world(store: Store, event: Incoming, memory: Memory) -> World:
    people = store.directory
    group = people.groups.get(event.chat)
    member = people.members.get((event.chat.channel, event.sender))
    return World(
        now=store.now(),
        words=store.words,
        gazetteer=store.gazetteer,
        rules=store.rules,
        directory=people,
        memory=memory,
        language=spoken(memory, group, member, event),
        channel=event.chat.channel,
        group=group,
        member=member,
        dice=store.random(DICE),
    )


def remember(connection: Connection, store: Store, turns: Sequence[Incoming]) -> dict[str, Memory]:
    """What is kept of the private chats of these events."""
    tags = [store.tag(e.chat) for e in turns if not e.group and not isinstance(e.body, Outcome | Tick)]
    if not tags:
        return {}
    rows = prepared.ask(connection, REMEMBERED, tags)
    return {tag: read_memory(store.open(sealed, context("conversation", "memory", tag))) for tag, sealed in rows}


def read_memory(kept: dict[str, Any]) -> Memory:
    at = kept.pop("at", None)
    return Memory(**kept, at=datetime.fromisoformat(at) if isinstance(at, str) else None)


def write_memory(memory: Memory) -> dict[str, Any]:
    """What is kept of a chat as JSON, without what is empty."""
    kept = {name: getattr(memory, name) for name in Memory.__slots__}
    return {name: value for name, value in kept.items() if value}


def fulfil(connection: Connection, store: Store, event: Incoming, seen: World, query: Query | None) -> World:
    """The world with what the query asks for."""
    if query is None:
        return seen
    found = cases.find(connection, store, query, store.tag(event.chat))
    code = find_code(connection, store, query) if query.code or query.any_code else None
    counted = figures.count(connection, query) if query.figures else seen.figures
    return replace(seen, cases=found, code=code, figures=counted)


def find_code(connection: Connection, store: Store, query: Query) -> CodeRow | None:
    """The code asked for, or any link code that is still good."""
    good = select(CODE).where(CODE.c.expires > store.now())
    wanted = CODE.c.hash == store.vault.code_hash(query.code) if query.code else CODE.c.purpose == "link"
    row = connection.execute(good.where(wanted).limit(1)).mappings().first()
    return CodeRow(query.code, row["purpose"], row["role"], row["scope"]) if row else None
