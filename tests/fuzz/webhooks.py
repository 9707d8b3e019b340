"""What must be true of any bytes that a platform, or somebody who holds its secret, delivers."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from bot.channels import BadSignature, Poison
from bot.channels.line import Line
from bot.channels.telegram import Telegram
from handlers.events import Incoming
from storage import spool

PAYLOADS = Path(__file__).parent.parent / "payloads"
SECRET = "a" * 32
NOW = datetime(2026, 9, 21, tzinfo=UTC)
LINE = Line(SECRET, "token", destination="")
TELEGRAM = Telegram("4242:token", SECRET, now=lambda: NOW, me="MekongWatchBot")


def line(body: bytes) -> list[Incoming | Poison]:
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, hashlib.sha256)).decode()
    return LINE.parse(body, {"X-Line-Signature": signature})


def telegram(body: bytes) -> list[Incoming | Poison]:
    return TELEGRAM.parse(body, {"X-Telegram-Bot-Api-Secret-Token": SECRET})


TARGETS: Mapping[str, Callable[[bytes], list[Incoming | Poison]]] = {"line": line, "telegram": telegram}


def seeds(channel: str) -> list[Any]:
    """The bodies of the recorded deliveries."""
    files = sorted((PAYLOADS / channel).glob("*.json"))
    return [json.loads(path.read_text("utf-8"))["body"] for path in files]


def holds(channel: str, body: bytes) -> None:
    """Nothing is raised, and what comes out can be kept: known by a name, at a time with a zone, the same when read."""
    for found in TARGETS[channel](body):
        assert found.id
        found.id.encode()
        if isinstance(found, Poison):
            assert isinstance(found.raw, bytes)
            continue
        assert found.at.tzinfo is not None
        assert found.chat.channel == channel
        assert found.chat.chat
        assert spool.read(orjson.loads(orjson.dumps(spool.write(found)))) == found


def refused(channel: str, body: bytes) -> None:
    """A body that nobody signed is not read, whatever it is."""
    bot = LINE if channel == "line" else TELEGRAM
    for headers in ({}, {"X-Line-Signature": "AAAA", "X-Telegram-Bot-Api-Secret-Token": "\u00e9"}):
        try:
            bot.parse(body, headers)
        except BadSignature:
            continue
        raise AssertionError("read without a signature")


def written(value: Any) -> bytes:
    """As a platform would send it; a lone surrogate stays an escape."""
    return json.dumps(value).encode()
