"""A batch of turns in one transaction: what is new, the worlds, the decisions, one bulk write."""

from collections.abc import Callable, Hashable, Iterable, Sequence

from sqlalchemy import Connection

from handlers.acts import cases_of, named_by
from handlers.decide import decide
from handlers.effects import Decision
from handlers.events import Address, Choice, Command, Incoming, Outcome, Tick
from handlers.world import LOST, World
from storage import directory, handles, prepared, saving, worlds
from storage.columns import milliseconds
from storage.store import Store

# With the directory's revision (storage.directory), which every turn wants to know.
NEW = prepared.among(
    "INSERT INTO inbox (key, at) SELECT value, CAST(? AS bigint) FROM LIST WHERE true "
    "ON CONFLICT DO NOTHING RETURNING key, (SELECT value FROM revision WHERE name = 'directory')"
)
LOCK = prepared.among("SELECT pg_advisory_xact_lock(value) FROM LIST", "bigint")
Decide = Callable[[World, Incoming], Decision]


def take(connection: Connection, store: Store, batch: Sequence[Incoming], decide: Decide = decide) -> int:
    """Handle a batch; the caller's transaction makes it all or nothing. Returns how many events were new."""
    lock(connection, store, batch)
    new, revision = first_time(connection, store, batch)
    fresh = handles.resolve(connection, store, new)
    if fresh:
        directory.refresh(connection, store, revision)
    for turns in rounds(fresh):
        seen = worlds.load(connection, store, turns)
        decided = [(event, world, decide(world, event)) for event, world in zip(turns, seen, strict=True)]
        saving.save(connection, store, decided)
    return len(fresh)


def first_time(connection: Connection, store: Store, batch: Sequence[Incoming]) -> tuple[list[Incoming], int | None]:
    """The events nobody has handled yet, marked as handled from now on; and the directory's revision, where one of
    them brought it along."""
    heard = {remembered(store, e): e for e in batch if not isinstance(e.body, Outcome)}
    outcomes = [e for e in batch if isinstance(e.body, Outcome)]  # one try, one outcome: made by ourselves, once
    new = dict(prepared.ask(connection, NEW, milliseconds(store.now()), list(heard))) if heard else {}
    revision = next(((value or 0) for value in new.values()), None)
    return [*(event for key, event in heard.items() if key in new), *outcomes], revision


def remembered(store: Store, event: Incoming) -> str:
    """The key by which an event is known again."""
    return inbox_key(event.chat.channel, known_as(store, event))


def known_as(store: Store, event: Incoming) -> str:
    """An event's id as it may stand on disk. The page makes its ids of its chat: they become a tag, under our key."""
    of_page = event.chat.channel == "web" and not isinstance(event.body, Tick)
    return store.tag(Address("web", f"event {event.id}")) if of_page else event.id


def inbox_key(channel: str, event: str) -> str:
    return f"{channel} {event}"


def rounds(events: Iterable[Incoming]) -> list[list[Incoming]]:
    """Events in rounds: no two of a round touch the same chat, case or code, and each of those keeps its order."""
    made: list[list[Incoming]] = []
    last: dict[Hashable, int] = {}
    for event in events:
        keys = touches(event)
        place = max((last.get(k, -1) for k in keys), default=-1) + 1
        last.update(dict.fromkeys(keys, place))
        if place == len(made):
            made.append([])
        made[place].append(event)
    return made


def touches(event: Incoming) -> tuple[Hashable, ...]:
    """What else in the batch this event must not be mixed with."""
    match event.body:
        case Outcome(row=row, gone=False, moved_to="", result=result) if result.get("state") not in LOST:
            return (("row", row),)
        case Choice(value=value):
            return (event.chat, *named_by(value))
        case Command(args=args) if args:
            return (event.chat, *(cases_of(args) or (args.replace("-", ""),)))
        case Tick(args=args):
            return (event.chat, *(cases_of(args.get("number", "")) or (event.id,)))
    return (event.chat,)


def lock(connection: Connection, store: Store, batch: Sequence[Incoming]) -> None:
    """On PostgreSQL other processes take turns too: one at a time for each chat, always locked in the same order."""
    if connection.dialect.name != "postgresql":
        return
    keys = sorted({int.from_bytes(store.tag(e.chat).encode()[:7], "big") for e in batch})
    prepared.ask(connection, LOCK, keys)
