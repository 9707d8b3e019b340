"""Fields of raw JSON, read one by one: a field we need raises when it is broken, another is simply absent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]


class Unreadable(Exception):
    """A field we cannot do without is missing or of the wrong type."""


def time(holder: Json, key: str) -> datetime:
    """Seconds since 1970 as UTC; needed."""
    try:
        return datetime.fromtimestamp(whole(holder, key), UTC)
    except (OverflowError, OSError, ValueError):
        raise Unreadable from None


def object_(holder: Json, key: str) -> Json:
    """An object; needed."""
    value = holder.get(key)
    if not isinstance(value, Mapping):
        raise Unreadable
    return value


def optional(holder: Json, key: str) -> Json:
    """An object, or an empty one."""
    value = holder.get(key)
    return value if isinstance(value, Mapping) else {}


def whole(holder: Json, key: str) -> int:
    """A whole number; needed. `true` is none."""
    value = holder.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable
    return value


def string(holder: Json, key: str) -> str:
    """A string; needed."""
    value = holder.get(key)
    if not isinstance(value, str):
        raise Unreadable
    return value


def words(holder: Json, key: str) -> str:
    """A string, or an empty one."""
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def count(holder: Json, key: str) -> int:
    """A positive whole number, or 0."""
    value = holder.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
