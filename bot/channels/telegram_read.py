"""Telegram's updates as events, read tolerantly from the raw JSON: what we do not need may be missing or new."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from bot.channels import Poison
from bot.channels.telegram_content import media, place, unsupported
from bot.channels.telegram_fields import Json, Unreadable, count, object_, optional, string, time, whole, words
from handlers.events import (
    Added,
    Address,
    Body,
    Choice,
    Edited,
    Incoming,
    MembersJoined,
    MembersLeft,
    Migrated,
    Removed,
    Returned,
    Text,
    addressed,
    heard,
)

# core.telegram.org/bots/api#update. `chat_member` is sent only when asked for by name.
WANTED = ("message", "edited_message", "callback_query", "my_chat_member", "chat_member")


Chat = tuple[str, bool, bool | None]  # its id, whether it is a group, and whether that has a public name


@dataclass(slots=True)
class Reader:
    """Reads the updates of one bot. `bot` is its user id; `me` its username, empty until it is known."""

    bot: int
    now: Callable[[], datetime]
    me: str = ""

    def read(self, update: object, raw: bytes = b"") -> list[Incoming | Poison]:
        """At most one event; nothing for what we do not want; Poison for what nobody can read."""
        try:
            event = self._event(update)
        except Unreadable:
            return [poison(update, raw or orjson.dumps(update))]
        return [event] if event else []

    def _event(self, update: object) -> Incoming | None:
        if not isinstance(update, Mapping):
            raise Unreadable
        key = str(whole(update, "update_id"))
        if "message" in update:
            return self._message(key, object_(update, "message"))
        if "callback_query" in update:
            return self._press(key, object_(update, "callback_query"))
        if "edited_message" in update:
            return self._edit(key, object_(update, "edited_message"))
        if "my_chat_member" in update:
            return _ours(key, object_(update, "my_chat_member"))
        if "chat_member" in update:
            return self._theirs(key, object_(update, "chat_member"))
        return None

    def _message(self, key: str, message: Json) -> Incoming | None:
        if (chat := _chat(message)) is None:
            return None
        group = chat[1]
        body = (self._service(message) if group else None) or self._said(message, group)
        return _incoming(key, time(message, "date"), chat, message, body) if body else None

    def _service(self, message: Json) -> Body | None:
        if "migrate_to_chat_id" in message:
            return Migrated(str(whole(message, "migrate_to_chat_id")))
        if "new_chat_members" in message:
            people = message["new_chat_members"]
            if not isinstance(people, list):
                raise Unreadable
            ids = [whole(person, "id") for person in people if isinstance(person, Mapping)]
            return _joined(tuple(str(one) for one in ids if one != self.bot))
        if "left_chat_member" in message:
            gone = whole(object_(message, "left_chat_member"), "id")
            return None if gone == self.bot else MembersLeft((str(gone),))
        return None

    def _said(self, message: Json, group: bool) -> Body | None:
        if _by_a_bot(message):
            return None
        if "text" in message:
            text = string(message, "text")
            named = group and self._names_us(text)
            body = addressed(text.partition(" ")[2], self.me) if named else heard(text, self.me)
            return None if group and isinstance(body, Text) and not self._answers_us(message) else body
        if group:
            return None
        return place(message) or media(message) or unsupported(message)

    def _names_us(self, text: str) -> bool:
        """Whether a text in a group begins with our name."""
        return bool(self.me) and text.partition(" ")[0].casefold() == f"@{self.me}".casefold()

    def _answers_us(self, message: Json) -> bool:
        return optional(optional(message, "reply_to_message"), "from").get("id") == self.bot

    def _edit(self, key: str, message: Json) -> Incoming | None:
        chat = _chat(message)
        if chat is None or _by_a_bot(message) or (chat[1] and not self._answers_us(message)):
            return None
        body: Body | None = None
        said, file = words(message, "text") or words(message, "caption"), media(message)
        if said or file:  # the words of a photo can be emptied
            body = Edited(str(whole(message, "message_id")), said, None if chat[1] else file)
        at = time(message, "edit_date" if "edit_date" in message else "date")
        return _incoming(key, at, chat, message, body) if body else None

    def _press(self, key: str, query: Json) -> Incoming | None:
        """A pressed button. A query has no date of its own, and an InaccessibleMessage says date 0."""
        if "message" not in query or "data" not in query:
            return None  # inline messages and games are none of ours
        message = object_(query, "message")
        if (chat := _chat(message)) is None:
            return None
        return Incoming(
            key,
            self.now(),
            Address("telegram", chat[0]),
            str(whole(object_(query, "from"), "id")),
            Choice(string(query, "data")),
            group=chat[1],
            message=str(whole(message, "message_id")),
            hint=words(object_(query, "from"), "language_code"),
            press=string(query, "id"),
            public=chat[2],
        )

    def _theirs(self, key: str, change: Json) -> Incoming | None:
        chat = _chat(change)
        person = whole(object_(object_(change, "new_chat_member"), "user"), "id")
        if chat is None or not chat[1] or person == self.bot:
            return None
        was, now = is_inside(optional(change, "old_chat_member")), is_inside(object_(change, "new_chat_member"))
        if was == now:
            return None
        body = MembersJoined((str(person),)) if now else MembersLeft((str(person),))
        return _incoming(key, time(change, "date"), chat, change, body)


def poison(update: object, raw: bytes) -> Poison:
    """What nobody can read, under its update id, or under a hash of its bytes when it has none."""
    number = update.get("update_id") if isinstance(update, Mapping) else None
    if isinstance(number, int) and not isinstance(number, bool):
        return Poison(str(number), raw)
    return Poison(f"sha256:{hashlib.sha256(raw).hexdigest()}", raw)


def _ours(key: str, change: Json) -> Incoming | None:
    """What happened to the bot itself: blocked and unblocked in private, put in and thrown out in a group."""
    if (chat := _chat(change)) is None:
        return None
    was, now = is_inside(optional(change, "old_chat_member")), is_inside(object_(change, "new_chat_member"))
    if was == now and chat[1]:
        return None  # promoted or demoted
    body: Body = (Added() if now else Removed()) if chat[1] else (Returned() if now else Removed())
    return _incoming(key, time(change, "date"), chat, change, body)


def is_inside(member: Json) -> bool:
    """Whether this status means being in the chat (core.telegram.org/bots/api#chatmember)."""
    status = member.get("status")
    if status == "restricted":
        return member.get("is_member") is True
    return status in ("creator", "administrator", "member")


def _joined(people: tuple[str, ...]) -> MembersJoined | None:
    return MembersJoined(people) if people else None


def _incoming(key: str, at: datetime, chat: Chat, message: Json, body: Body) -> Incoming:
    """A message sent on behalf of a chat names a stand-in person: nobody, as far as we are concerned."""
    person = optional(message, "from")
    named = "sender_chat" not in message and count(person, "id")
    return Incoming(
        key,
        at,
        Address("telegram", chat[0]),
        str(person["id"]) if named else "",
        body,
        group=chat[1],
        message=str(whole(message, "message_id")) if "message_id" in message else "",
        hint=words(person, "language_code"),
        replies=str(count(optional(message, "reply_to_message"), "message_id") or ""),
        public=chat[2],
    )


def _chat(holder: Json) -> Chat | None:
    """The chat; None for a channel or something new."""
    chat = object_(holder, "chat")
    kind = string(chat, "type")
    if kind not in ("private", "group", "supergroup"):
        return None
    group = kind != "private"
    return str(whole(chat, "id")), group, bool(words(chat, "username")) if group else None


def _by_a_bot(message: Json) -> bool:
    return "sender_chat" not in message and optional(message, "from").get("is_bot") is True
