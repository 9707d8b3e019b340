"""Messages of private chats on Telegram, kept for as long as Telegram deletes them; and the end of a chat."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from handlers.effects import Erase
from handlers.events import Choice, Edited, Fate, Incoming, Outcome, Unsent
from storage.core import CASES, CONTACT, LETTER, OUTBOX, TRAIL
from storage.outbox import news_lane
from storage.store import Store, context

KEPT = timedelta(hours=48)  # core.telegram.org/bots/api#deletemessage
CHANNEL = "telegram"
ID_BYTES = 8  # 63 bits tell the messages of one chat apart


def rows(store: Store, events: Iterable[Incoming]) -> list[dict[str, Any]]:
    """What these events add: messages of people, and ours that have just arrived."""
    found = [(store.tag(event.chat), message) for event in events if (message := left(event))]
    sealed = store.seal_all([(message, context("trail", "message", tag)) for tag, message in found])
    now, drawn = store.now(), store.random(ID_BYTES * len(found))
    ids = (int.from_bytes(drawn[at : at + ID_BYTES]) >> 1 for at in range(0, len(drawn), ID_BYTES))
    return [
        {"tag": tag, "id": number, "message": kept, "at": now}
        for (tag, _), kept, number in zip(found, sealed, ids, strict=True)
    ]


def left(event: Incoming) -> str:
    """The message that an event leaves in a private chat, by its id."""
    if event.chat.channel != CHANNEL or event.group:
        return ""
    match event.body:
        case Outcome(fate=Fate.SENT, message=message):
            return message
        case Outcome() | Choice() | Edited() | Unsent():
            return ""
    return event.message


def erase(connection: Connection, store: Store, effect: Erase) -> list[str]:
    """Forget the chat; the messages that the app is asked to delete."""
    if not effect.words:
        return [m for m in effect.messages if m]
    tag = store.tag(effect.chat)
    since = TRAIL.c.at > store.now() - KEPT
    sealed = connection.execute(select(TRAIL.c.message).where(TRAIL.c.tag == tag, since)).scalars()
    messages = [str(store.open(m, context("trail", "message", tag))) for m in sealed]
    connection.execute(delete(TRAIL).where(TRAIL.c.tag == tag))
    connection.execute(delete(OUTBOX).where(OUTBOX.c.lane.in_((tag, news_lane(tag)))))
    connection.execute(delete(LETTER).where(LETTER.c.lane == tag))
    connection.execute(delete(CONTACT).where(CONTACT.c.lane == tag))
    reported = CASES.c.reporter.in_(store.reporters(effect.chat))
    connection.execute(update(CASES).where(reported).values(reporter="", may_ask=False))
    return list(dict.fromkeys([*messages, *(m for m in effect.messages if m)]))
