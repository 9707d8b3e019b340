"""Events that nobody could read or that failed alone: stored sealed, marked as handled, shown by `check`."""

from dataclasses import asdict

import orjson
from sqlalchemy import Connection

from handlers.effects import Say
from handlers.events import Incoming, Outcome, Tick
from handlers.resident import language
from storage import outbox, worlds
from storage.core import INBOX, OUTBOX, QUARANTINE
from storage.store import Store, context
from storage.turn import inbox_key, known_as
from storage.upsert import insert_new


def put(connection: Connection, store: Store, event: Incoming, why: str) -> None:
    """Set one event aside, and tell the person that it did not work, in their language."""
    raw = orjson.dumps(asdict(event), default=str)
    put_raw(connection, store, event.chat.channel, known_as(store, event), raw, why)
    if event.group or isinstance(event.body, Outcome | Tick):
        return
    memory = worlds.remember(connection, store, [event]).get(store.tag(event.chat), worlds.NOTHING)
    world = worlds.world(worlds.shared(store), store.now(), event, memory, bytes(worlds.DICE))
    words = store.words[language(world, event)]
    sorry = Say(event.chat, words.t("Something went wrong on our side. Please send that once more."))
    payloads = outbox.requests(store, event, [sorry], event.chat.channel)
    rows = outbox.rows(connection, store, [(event.chat, event, "say", p) for p in payloads])
    connection.execute(OUTBOX.insert(), rows)


def put_raw(connection: Connection, store: Store, channel: str, event_id: str, raw: bytes, why: str) -> None:
    sealed = store.vault.seal(raw, context("quarantine", "raw", f"{channel} {event_id}"))
    row = {"channel": channel, "event_id": event_id, "raw": sealed, "why": why, "at": store.now()}
    connection.execute(insert_new(connection, QUARANTINE), [row])
    connection.execute(insert_new(connection, INBOX), [{"key": inbox_key(channel, event_id), "at": store.now()}])
