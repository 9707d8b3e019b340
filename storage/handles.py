"""Buttons that do something to a case are claims: what a chat holds is a random name, what it stands for is kept here.

Handlers say and hear plain values such as `take:12345678`. On the way out they become `h:NAME.N`, the Nth button of a
message, good in that chat alone, for a while and so many presses; on the way in a name becomes its value again, or
`STALE`. Who presses is checked by the decision. Groups of LINE are left out: a button there is words that its presser
says, because LINE does not always tell who pressed, and anybody could write them as well.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam

from handlers.effects import ButtonKind
from handlers.events import STALE, Address, Choice, Incoming
from storage import prepared
from storage.core import HANDLE
from storage.store import Store, context
from storage.vault import CannotOpen

NAME_BYTES = 12  # 96 bits: nobody guesses one, and with the rest they fit Telegram's 64 bytes of callback data
LIFE = timedelta(days=14)  # the hot key that seals what it stands for lives longer
USES = 500  # a group's officers look at a case several times each; a machine presses more often
SPOKEN = frozenset({"line"})
VALUES = 4096  # of buttons, remembered; most are those of the questions, the same for everybody
SHAPE = re.compile(r"h:([A-Za-z0-9_-]{16})\.([0-9]{1,3})(:many)?", re.ASCII)
NUMBER = re.compile(r"(?:^|:)([0-9]{8})(?=:|$)", re.ASCII)
KNOWN = prepared.among("SELECT hash, chat, held, message, uses, expires FROM handle WHERE hash IN LIST")

Part = Mapping[str, Any]
Kept = tuple[str, bytes, str, int, int]  # chat, held, message, uses, expires in milliseconds


@lru_cache(VALUES)
def number_in(value: str) -> str:
    """The case number that a button's value names, without its dash; empty when it names none."""
    found = NUMBER.search(value)
    return found[1] if found else ""


def hide(store: Store, chat: str, parts: Sequence[Part], rows: list[dict[str, Any]]) -> Sequence[Part]:
    """The parts of a message with names for values that name a case; the row behind the names joins `rows`.

    `chat` is the tag of the chat they go to.
    """
    values = [value for part in parts for _, value, kind in part["buttons"] if _is_claim(value, kind)]
    if not values:
        return parts
    name = urlsafe_b64encode(store.random(NAME_BYTES)).decode()
    key = store.vault.tag("handle", name)
    sealed = store.seal(values, context("handle", "held", key))
    row = {"hash": key, "chat": chat, "held": sealed, "message": "", "uses": 0, "expires": store.now() + LIFE}
    rows.append(row)
    numbered = iter(range(len(values)))
    return [{**part, "buttons": [_hidden(button, name, numbered) for button in part["buttons"]]} for part in parts]


def is_spoken(store: Store, chat: Address) -> bool:
    return chat.channel in SPOKEN and chat in store.directory.groups


@lru_cache(VALUES)
def _is_claim(value: str, kind: str) -> bool:
    return kind != ButtonKind.LINK and bool(number_in(value))


def _hidden(button: Sequence[str], name: str, numbered: Iterator[int]) -> Sequence[str]:
    label, value, kind = button
    return [label, f"h:{name}.{next(numbered)}", kind] if _is_claim(value, kind) else button


def resolve(connection: Connection, store: Store, events: Sequence[Incoming]) -> list[Incoming]:
    """The events with what their buttons stand for; a use is counted where one is good."""
    claims = [_claim(e.body.value) if isinstance(e.body, Choice) and not e.checked else None for e in events]
    if not any(claims):
        return list(events)
    known = look(connection, store, [claim[0] for claim in claims if claim])
    used: list[dict[str, str]] = []
    result = [
        replace(event, body=Choice(_meant(store, event, claim, known, used))) if claim else event
        for event, claim in zip(events, claims, strict=True)
    ]
    if used:
        pressed = HANDLE.update().where(HANDLE.c.hash == bindparam("key"))
        connection.execute(pressed.values(uses=HANDLE.c.uses + 1, message=bindparam("at")), used)
    return result


Claim = tuple[str, int, str]  # name (empty: none of ours), number of the button, what is said behind it


def _claim(value: str) -> Claim | None:
    """What a pressed value claims; None when it claims nothing. A case is never named but by a name of ours."""
    if not value.startswith("h:"):
        return ("", 0, "") if number_in(value) else None
    found = SHAPE.fullmatch(value)
    return (found[1], int(found[2]), found[3] or "") if found else ("", 0, "")


def look(connection: Connection, store: Store, names: Sequence[str]) -> dict[str, tuple[str, Kept]]:
    """The rows behind names, with their keys."""
    keys = {store.vault.tag("handle", name): name for name in names if name}
    rows = prepared.ask(connection, KNOWN, list(keys)) if keys else []
    return {keys[key]: (key, tuple(kept)) for key, *kept in rows}


def values(store: Store, key: str, kept: Kept) -> list[str]:
    """What the buttons of a message stand for; nothing when its key is gone."""
    try:
        return list(orjson.loads(store.vault.open(kept[1], context("handle", "held", key))))
    except CannotOpen:
        return []


def _meant(
    store: Store,
    event: Incoming,
    claim: Claim,
    known: Mapping[str, tuple[str, Kept]],
    used: list[dict[str, str]],
) -> str:
    name, number, rest = claim
    key, kept = known.get(name, ("", None))
    if kept is None:
        return STALE
    chat, _, message, uses, expires = kept
    here = chat == store.tag(event.chat) and (not message or not event.message or message == event.message)
    if not here or uses >= USES or expires <= store.now().timestamp() * 1000:
        return STALE
    held = values(store, key, kept)
    if number >= len(held):
        return STALE
    used.append({"key": key, "at": message or event.message})
    return held[number] + rest
