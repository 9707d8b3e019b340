"""Load the worlds that a round of events needs: one look-up for the chats, then what a few of them ask beyond it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from handlers import excluded
from handlers.decide import needs
from handlers.events import CLOCK, Incoming, Outcome, Tick
from handlers.resident import spoken
from handlers.values import replace
from handlers.watch import NEWEST
from handlers.world import LOST, CodeRow, Figures, Memory, Query, World
from storage import audit, cases, early, figures, guesses, kept, membership, meter, prepared, reporters, shifts
from storage.core import CODE
from storage.store import Store, context

REMEMBERED = prepared.among("SELECT tag, memory FROM conversation WHERE tag IN LIST")
NOTHING = Memory()
DICE = 64  # bytes of fresh randomness a turn: number, codes, file name, delay


def load(connection: Connection, store: Store, turns: Sequence[Incoming]) -> list[World]:
    memories = remember(connection, store, turns)
    same, dice = shared(store), thrown(store, len(turns))
    made = [
        world(same, store.now(), event, memories.get(store.tag(event.chat), NOTHING), own)
        for event, own in zip(turns, dice, strict=True)
    ]
    return [
        w if (query := needs(w, event)) is None else fulfil(connection, store, event, w, query)
        for event, w in zip(turns, made, strict=True)
    ]


def shared(store: Store) -> World:
    """What is the same for every turn of a round."""
    return World(store.now(), store.words, store.gazetteer, store.rules, store.directory)


def world(same: World, now: datetime, event: Incoming, memory: Memory, dice: bytes) -> World:
    """The world as it is for this chat and its sender."""
    group = same.directory.groups.get(event.chat)
    member = same.directory.members.get((event.chat.channel, event.sender))
    return replace(
        same,
        now=now,
        memory=memory,
        language=spoken(memory, group, member, event),
        channel=event.chat.channel,
        group=group,
        member=member,
        dice=dice,
    )


def thrown(store: Store, turns: int) -> list[bytes]:
    """Fresh randomness for each turn, drawn at once."""
    drawn = store.random(DICE * turns)
    return [drawn[at : at + DICE] for at in range(0, len(drawn), DICE)]


def remember(connection: Connection, store: Store, turns: Sequence[Incoming]) -> dict[str, Memory]:
    """What is kept of the private chats of these events."""
    tags = [store.tag(e.chat) for e in turns if not e.group and is_theirs(e)]
    if not tags:
        return {}
    rows = prepared.ask(connection, REMEMBERED, tags)
    opened = store.open_all([(sealed, context("conversation", "memory", tag)) for tag, sealed in rows])
    # Where the key is gone, this chat is a new one.
    return {tag: read_memory(kept) for (tag, _), kept in zip(rows, opened, strict=True) if kept is not None}


def is_theirs(event: Incoming) -> bool:
    """Whether an event may be answered to the person of its chat: what they did, or a file of theirs that is lost."""
    match event.body:
        case Tick():
            return False
        case Outcome(result=result):
            return result.get("state") in LOST
    return True


def read_memory(kept: dict[str, Any]) -> Memory:
    at = kept.pop("at", None)
    return replace(NOTHING, **kept, at=datetime.fromisoformat(at) if isinstance(at, str) else None)


def write_memory(memory: Memory) -> dict[str, Any]:
    """What is kept of a chat as JSON, without what is empty."""
    return {name: value for name, value in vars(memory).items() if value}


def fulfil(connection: Connection, store: Store, event: Incoming, seen: World, query: Query) -> World:
    """The world with what the query asks for."""
    if query.receipts and reporters.slowed(connection, store):
        return replace(seen, slowed=True)
    found = cases.find(connection, store, query, event.chat)
    if query.receipts:
        found = tuple(replace(c, receipted=True) for c in found)
    elif not (query.mine or query.unrouted or event.chat == CLOCK):  # whom the clock tells is decided there
        found = excluded.seen(seen, found)
    tag = store.tag(event.chat)
    throttled = bool(query.code) and guesses.too_many(connection, tag, store.now())
    code = find_code(connection, store, query) if (query.code or query.any_code) and not throttled else None
    if query.code and not code and not throttled:
        guesses.missed(connection, tag, store.now())
    counted = count(connection, seen, query) if query.figures else seen.figures
    shift = shifts.count(connection, seen, query) if query.shift else seen.shift
    lost = bool(query.number) and not found and bool(seen.group or seen.member)
    inside = membership.inside(connection, store, event) if query.inside else {}
    history = audit.of(connection, store, event, query.history or NEWEST) if query.history or lost else ()
    account = meter.load(connection, store) if query.meter else None
    seen = replace(seen, cases=found, code=code, figures=counted, shift=shift, history=history)
    askers = membership.askers(connection, store, found) if query.asked and found else seen.askers
    return replace(seen, throttled=throttled, meter=account, inside=inside, askers=askers)


def count(connection: Connection, seen: World, query: Query) -> Figures:
    """The figures for the eyes of this chat."""
    waiting = early.cases(connection, seen)
    counted = early.left_out(seen, query, waiting, figures.count(connection, query))
    return kept.added(connection, seen, query, {c.id for c in waiting}, counted)


def find_code(connection: Connection, store: Store, query: Query) -> CodeRow | None:
    """The code asked for, or any link code that is still good."""
    good = select(CODE).where(CODE.c.expires > store.now())
    wanted = CODE.c.hash == store.vault.code_hash(query.code) if query.code else CODE.c.purpose == "link"
    row = connection.execute(good.where(wanted).limit(1)).mappings().first()
    return CodeRow(query.code, row["purpose"], row["role"], row["scope"], row["seat"], row["by"]) if row else None
