"""What one LINE webhook event means in our words; pure. Facts: developers.line.biz/en/reference/messaging-api/."""

import math
from datetime import date
from typing import Any

from handlers.events import (
    Added,
    Body,
    Choice,
    Command,
    Edited,
    Media,
    MediaKind,
    MembersJoined,
    MembersLeft,
    Place,
    Removed,
    Returned,
    Text,
    Unsent,
    Unsupported,
    addressed,
    heard,
)

MEDIA = {
    "image": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.VOICE,
    "file": MediaKind.DOCUMENT,
}
MOST_CLAIMED = 2**53  # more than any file or clip has


class Unreadable(Exception):
    """An event of a kind we know that lacks what makes it one."""


def body_of(event: dict[str, Any], *, group: bool) -> tuple[Body, str] | None:
    """What an event says, and the id of the message it is about; None when it is nothing to us."""
    match event["type"]:
        case "message":
            message = event["message"]
            ident = word(message["id"])
            body = _addressed(message) if group else _message(message, ident)
            return None if body is None else (body, ident)
        case "messageEdited":
            message = event["message"]
            ident = word(message["id"])
            if group and _addressed(message) is None:
                return None
            return Edited(ident, word(message["text"])), ident
        case "unsend":
            ident = word(event["unsend"]["messageId"])
            return Unsent(ident), ident
        case "postback":
            return _choice(event["postback"]), ""
        case other:
            simple = _membership(other, event)
            return None if simple is None else (simple, "")


def _membership(kind: str, event: dict[str, Any]) -> Body | None:
    match kind:
        case "follow":
            return Returned()
        case "join":
            return Added()
        case "unfollow" | "leave":
            return Removed()
        case "memberJoined":
            return MembersJoined(_members(event["joined"]))
        case "memberLeft":
            return MembersLeft(_members(event["left"]))
    return None


def _message(message: dict[str, Any], ident: str) -> Body | None:
    match message["type"]:
        case "text":
            return heard(word(message["text"]))
        case "location":
            return Place(_degrees(message["latitude"], 90), _degrees(message["longitude"], 180))
        case "image" | "video" | "audio" | "file" as kind:
            return _media(MEDIA[kind], message, ident)
        case other:
            return Unsupported(word(other))


def _addressed(message: dict[str, Any]) -> Body | None:
    """What is meant for us in a group, where LINE sends a bot everything that is said: commands, mentions, and what
    quotes another message, which may be ours."""
    if message["type"] != "text":
        return None
    text = word(message["text"])
    spans = _mentions_of_us(message)
    if not spans and not text.startswith("/"):
        return Text(text) if message.get("quotedMessageId") else None
    units = text.encode("utf-16-le")
    for start, length in sorted(spans, reverse=True):
        units = units[: 2 * start] + units[2 * (start + length) :]
    said = units.decode("utf-16-le", "replace").strip()
    body = addressed(said) if any(start == 0 for start, _ in spans) else heard(said)
    return body if spans or isinstance(body, Command) else None


def _mentions_of_us(message: dict[str, Any]) -> list[tuple[int, int]]:
    """Start and length in UTF-16 units."""
    mention = message.get("mention") or {}
    return [(abs(m["index"]), abs(m["length"])) for m in mention.get("mentionees") or () if m.get("isSelf") is True]


def _media(kind: MediaKind, message: dict[str, Any], ident: str) -> Body:
    provider = message.get("contentProvider") or {}
    if provider.get("type", "line") != "line":  # an address of the sender's choosing: never fetched
        return Unsupported("external")
    size, milliseconds = _claimed(message.get("fileSize")), _claimed(message.get("duration"))
    album = (message.get("imageSet") or {}).get("id") or ""
    return Media(kind, ident, size=size, seconds=math.ceil(milliseconds / 1000), album=word(album))


def _claimed(value: Any) -> int:
    """A number that the platform may state, 0 where it does not. Only what fits into 64 bits can be kept."""
    return min(max(int(value or 0), 0), MOST_CLAIMED)


def _choice(postback: dict[str, Any]) -> Choice:
    """A date picker's answer is `date:YYYY-MM-DD`; any other press is the data we put behind it."""
    params = postback.get("params") or {}
    picked = params.get("date") or params.get("datetime")
    if picked:
        return Choice(f"date:{date.fromisoformat(word(picked)[:10])}")
    return Choice(word(postback["data"]))


def _members(those: dict[str, Any]) -> tuple[str, ...]:
    """Members without an id never opened LINE on a phone; there is nobody to name."""
    return tuple(word(m["userId"]) for m in those["members"] if m.get("userId"))


def _degrees(value: Any, most: int) -> float:
    degrees = float(value)
    if not -most <= degrees <= most:
        raise Unreadable
    return degrees


def word(value: Any) -> str:
    """A string. Raises Unreadable."""
    if not isinstance(value, str):
        raise Unreadable
    return value
