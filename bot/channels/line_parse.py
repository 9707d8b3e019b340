"""Reads LINE webhook bodies; pure, needs no SDK. Facts: developers.line.biz/en/reference/messaging-api/#webhooks.

LINE adds event types, message types and fields without notice (docs "development guidelines"), and the SDK's models
drop an event that lacks one field, so dictionaries are read here and only what we use has to be there.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bot.channels import BadSignature, Poison
from bot.channels.line_events import Unreadable, body_of, word
from handlers.events import Address, Incoming

SIGNATURE = "x-line-signature"  # its case may change without notice (reference, "signature validation")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def verify(secret: bytes, body: bytes, headers: Mapping[str, str]) -> None:
    """Base64 of HMAC-SHA256 over the bytes as they came. Raises BadSignature."""
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
    wanted = base64.b64encode(hmac.digest(secret, body, hashlib.sha256))
    if not hmac.compare_digest(wanted, given.encode("utf-8", "replace")):
        raise BadSignature


def read(body: bytes, destination: str = "") -> list[Incoming | Poison]:
    """Events of a verified body; nothing when it is meant for another bot than `destination` (our user id)."""
    try:
        whole = _loads(body)
        events, to = whole["events"], whole.get("destination")
        if not isinstance(events, list):
            raise Unreadable
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError, Unreadable):
        return [Poison(_digest(body), body)]
    if destination and isinstance(to, str) and to != destination:
        return []
    found = (_read_one(event, body) for event in events)
    return [event for event in found if event is not None]


def _loads(body: bytes) -> Any:
    """JSON; a lone surrogate in one person's text becomes U+FFFD instead of spoiling everybody's events."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        return orjson.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _read_one(event: Any, body: bytes) -> Incoming | Poison | None:
    try:
        return _incoming(event)
    except (Unreadable, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        raw = _raw(event, body)
        return Poison(_id(event, raw), raw)


def _raw(event: Any, body: bytes) -> bytes:
    try:
        return orjson.dumps(event)
    except orjson.JSONEncodeError:  # nested deeper than it writes, though not deeper than it reads
        return body


def _id(event: Any, raw: bytes) -> str:
    given = event.get("webhookEventId") if isinstance(event, dict) else None
    return given if isinstance(given, str) and given else _digest(raw)


def _digest(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()[:32]}"


def _incoming(event: dict[str, Any]) -> Incoming | None:
    if event.get("mode") == "standby":  # another module channel answers now; we must not
        return None
    source = event.get("source") or {}
    sender = word(source.get("userId") or "")
    place = word(source.get("groupId") or source.get("roomId") or "")
    chat = place or sender
    found = body_of(event, group=bool(place)) if chat else None
    if found is None:
        return None
    body, message = found
    stamp = event["timestamp"]
    if not isinstance(stamp, int):
        raise Unreadable
    return Incoming(
        id=word(event.get("webhookEventId") or "") or _digest(orjson.dumps(event)),
        at=EPOCH + timedelta(milliseconds=stamp),
        chat=Address("line", chat),
        sender=sender,
        body=body,
        group=bool(place),
        message=message,
        reply_token=word(event.get("replyToken") or ""),
        replies=word((event.get("message") or {}).get("quotedMessageId") or ""),
    )
