"""What one setting may be: from a TOML value or the text of a variable to its value, or to what to write instead."""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import pyrage
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from handlers.kinds import KINDS
from handlers.patience import STEPS
from handlers.values import dataclass
from storage.vault import Recipient

Numbers = tuple[tuple[str, str], ...]

MOST_DAYS = 3650
MOST_MINUTES = 7 * 24 * 60
MOST_PERCENT = 1000
LONGEST_SHOWN = 60  # characters of a wrong value that an error repeats: enough to find it in the file
TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
HOST = re.compile(r"[A-Za-z0-9._:%-]+", re.ASCII)
VISIBLE = re.compile(r"[\x21-\x7e]*", re.ASCII)  # anything else could not travel in a header or an address
SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{0,256}", re.ASCII)  # core.telegram.org/bots/api#setwebhook
BUCKET = re.compile(r"(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*)?", re.ASCII)  # S3's "naming rules"
REGION = re.compile(r"[a-z0-9-]{0,40}", re.ASCII)
SCANNER = re.compile(
    r"|/[^\0]{1,100}|[A-Za-z0-9.\-\[\]:]{1,253}:[0-9]{1,5}"
)  # 107 bytes are the most of a socket's path
PHONE = re.compile(r"\+?[0-9][0-9 -]{1,18}", re.ASCII)
WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


class Unfit(Exception):
    """A value that a setting cannot take. `write` is what to write instead, as TOML says it."""

    def __init__(self, value: object, why: str, write: str) -> None:
        super().__init__(why)
        self.value, self.why, self.write = value, why, write


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting may be: `read` takes what TOML says, `parse` makes that of an environment variable's text."""

    read: Callable[[object], object]
    parse: Callable[[str], object]


Fit = Mapping[str, Kind]  # the metadata of a field


def kind(read: Callable[[object], object], parse: Callable[[str], object] = str) -> Fit:
    return {"kind": Kind(read, parse)}


def shown(value: object) -> str:
    """A value as TOML would say it, cut when it is long."""
    if isinstance(value, dict):
        return "a table"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def items(text: str) -> list[object]:
    """The entries of a comma-separated list."""
    return [entry.strip() for entry in text.split(",") if entry.strip()]


def matching(pattern: re.Pattern[str], why: str, write: str) -> Fit:
    """A text of which all must match `pattern`."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Unfit(value, "is not a text", 'it between "quotation marks"')
        if not pattern.fullmatch(value):
            raise Unfit(value, why, write)
        return value

    return kind(read)


def one_of(*words: str) -> Fit:
    choice = " or ".join(f'"{word}"' for word in words)

    def read(value: object) -> str:
        if value not in words:
            raise Unfit(value, "is not known here", choice)
        return str(value)

    return kind(read)


def number(least: float, most: float, write: float) -> Fit:
    """A number, whole or not, from `least` to `most`."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise Unfit(value, f"is not a number from {least:g} to {most:g}", f"{write}")
        return float(value)

    return kind(read, lambda text: float(text) if DECIMAL.fullmatch(text) else text)


def whole(least: int, most: int, write: int) -> Fit:
    """A whole number from `least` to `most`."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Unfit(value, f"is not a whole number from {least} to {most}", f"{write}")
        return value

    return kind(read, lambda text: int(text) if WHOLE.fullmatch(text) and len(text) < 20 else text)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unfit(value, "is neither true nor false", "true or false")
    return value


def _folder(value: object) -> Path:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Unfit(value, "is not a folder", '"data/..."')
    return Path(value)


def _folder_or_none(value: object) -> Path | None:
    return None if value == "" else _folder(value)


def _times(value: object) -> tuple[time, ...]:
    if not isinstance(value, list):
        raise Unfit(value, "is not a list of times", '["07:00", "18:00"]')
    return tuple(sorted({_time(entry) for entry in value}))


def _time(value: object) -> time:
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Unfit(value, "is not a time of day", '"07:00"')
    return time(int(match[1]), int(match[2]))


def _timezone(value: object) -> str:
    if not isinstance(value, str):
        raise Unfit(value, "is not a time zone", '"Asia/Bangkok"')
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):  # in this order: unknown, not a name, the name of a folder of zones
        known = {zone.casefold(): zone for zone in available_timezones()}
        near = get_close_matches(value.casefold(), known, 1, 0.8)
        raise Unfit(value, "is not a time zone", f'"{known[near[0]]}"' if near else '"Asia/Bangkok"') from None


def split(address: object) -> SplitResult | None:
    """An http or https address taken apart; None when it is none that a path could be put behind."""
    if not isinstance(address, str) or not VISIBLE.fullmatch(address):
        return None
    try:
        found = urlsplit(address)
        usable = found.scheme in ("http", "https") and found.hostname and (found.port is None or found.port > 0)
    except ValueError:
        return None
    return found if usable and not ("@" in found.netloc or "?" in address or "#" in address) else None


def is_loopback(host: str) -> bool:
    """Whether a host name or an address means this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def api(write: str) -> Fit:
    """The address of a platform's interface."""

    def read(value: object) -> str:
        if not isinstance(value, str) or split(value) is None:
            raise Unfit(value, "is not an http address", f'"{write}"')
        if value.endswith("/"):
            raise Unfit(value, "ends with a slash", f'"{value.rstrip("/")}"')
        return value

    return kind(read)


def _endpoint(value: object) -> object:
    return value if value == "" else _S3_API.read(value)


def _public_url(value: object) -> str:
    if value == "":
        return ""
    found = split(value)
    if found is None:
        raise Unfit(value, "is not an https address", '"https://bot.example.org"')
    if found.scheme != "https" and not is_loopback(found.hostname or ""):
        raise Unfit(value, "is not encrypted", f'"{found._replace(scheme="https").geturl().rstrip("/")}"')
    if str(value).endswith("/"):
        raise Unfit(value, "ends with a slash", f'"{str(value).rstrip("/")}"')
    return str(value)


def _translator(value: object) -> str:
    """Words of residents travel there: in the clear only within this machine, or to a name of a container's network."""
    if value == "":
        return ""
    found = split(value)
    if found is None:
        raise Unfit(value, "is not an https address", '"https://translate.example.org"')
    host = found.hostname or ""
    if found.scheme != "https" and not is_loopback(host) and ("." in host or ":" in host):
        raise Unfit(value, "is not encrypted", f'"{found._replace(scheme="https").geturl().rstrip("/")}"')
    if str(value).endswith("/"):
        raise Unfit(value, "ends with a slash", f'"{str(value).rstrip("/")}"')
    return str(value)


def _database_url(value: object) -> str:
    write = '"sqlite+aiosqlite:///data/ntswatch.db" or "postgresql+asyncpg://user:password@host/database"'
    try:
        url = make_url(value) if isinstance(value, str) else None
    except (ArgumentError, ValueError):
        url = None
    if url is None or not _names_a_database(url):
        raise Unfit(value, "is not the address of a database we know", write)
    return str(value)


def _names_a_database(url: URL) -> bool:
    match url.drivername:
        case "sqlite+aiosqlite":
            return bool(url.database) and url.database != ":memory:" and not url.host
        case "postgresql+asyncpg":
            return bool(url.database and (url.host or url.query.get("host")))
    return False


def _recipients(value: object) -> tuple[str, ...]:
    write = '"name:key", the key as 64 hexadecimal digits'
    if not isinstance(value, list):
        raise Unfit(value, "is not a list of keys", f"[{write}]")
    names = set()
    for entry in value:
        try:
            name = Recipient.read(entry).id if isinstance(entry, str) else ""
        except ValueError:
            name = ""
        if not name:
            raise Unfit(entry, "is not the public key of a recipient", write)
        if name in names:
            raise Unfit(entry, "has the name of another recipient", "a name of its own")
        names.add(name)
    return tuple(value)


def _age_keys(value: object) -> tuple[str, ...]:
    write = '"age1..." as `ntswatch archive keygen` printed it'
    if not isinstance(value, list):
        raise Unfit(value, "is not a list of keys", f"[{write}]")
    for entry in value:
        try:
            pyrage.x25519.Recipient.from_str(entry if isinstance(entry, str) else "")
        except pyrage.RecipientError:
            raise Unfit(entry, "is not a public key of age", write) from None
    return tuple(value)


def _numbers(value: object) -> Numbers:
    if not isinstance(value, dict):
        raise Unfit(value, "is not a table of numbers to call", 'Police = "191"')
    return tuple(_number_to_call(label, phone) for label, phone in value.items())


def _number_to_call(label: str, phone: Any) -> tuple[str, str]:
    if not label.strip():  # an empty text would bring out the catalogue's header
        raise Unfit(phone, "does not say who answers", 'Police = "191"')
    if not isinstance(phone, str) or not PHONE.fullmatch(phone):
        digits = str(phone) if isinstance(phone, int) and not isinstance(phone, bool) else "191"
        raise Unfit(phone, f"is not a number to call for {shown(label)}", f'"{digits}"')
    return label, phone


def _parse_numbers(text: str) -> dict[str, str]:
    pairs = (entry.rpartition("=") for entry in map(str, items(text)))
    return {label.strip(): phone.strip() for label, _, phone in pairs}


def _days_by_kind(value: object) -> tuple[tuple[str, int], ...]:
    if not isinstance(value, dict):
        raise Unfit(value, "is not a table of days", "{ people = 730 }")
    for name, days in value.items():
        if name not in KINDS:
            raise Unfit(name, "is not a kind of report", "one of " + ", ".join(KINDS))
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            raise Unfit(days, f"is not a number of days for {name}", "730")
    return tuple(value.items())


def _minutes(value: object) -> tuple[int, ...]:
    write = "[10, 10, 10, 15, 15], or [] for none"
    if not isinstance(value, list) or len(value) not in (0, len(STEPS)):
        raise Unfit(value, f"is not a list of {len(STEPS)} times in minutes", write)
    for entry in value:
        if isinstance(entry, bool) or not isinstance(entry, int) or not 0 <= entry <= MOST_MINUTES:
            raise Unfit(entry, f"is not a whole number of minutes from 0 to {MOST_MINUTES}", write)
    return tuple(value)


def _percent_by_kind(value: object) -> tuple[tuple[str, int], ...]:
    if not isinstance(value, dict):
        raise Unfit(value, "is not a table of percentages", "{ people = 50 }")
    for name, percent in value.items():
        if name not in KINDS:
            raise Unfit(name, "is not a kind of report", "one of " + ", ".join(KINDS))
        if isinstance(percent, bool) or not isinstance(percent, int) or not 1 <= percent <= MOST_PERCENT:
            raise Unfit(percent, f"is not a percentage for {name}", "50")
    return tuple(value.items())


def _parse_minutes(text: str) -> list[object]:
    return [int(entry) if isinstance(entry, str) and WHOLE.fullmatch(entry) else entry for entry in items(text)]


def _parse_days(text: str) -> dict[str, object]:
    pairs = (entry.partition("=") for entry in map(str, items(text)))
    return {name.strip(): int(days) if WHOLE.fullmatch(days.strip()) else days for name, _, days in pairs}


FLAG = kind(_flag, lambda text: {"true": True, "false": False}.get(text.casefold(), text))
FOLDER = kind(_folder)
FOLDER_OR_NONE = kind(_folder_or_none)
TRANSLATOR = kind(_translator)
S3_PLACE = matching(BUCKET, "is not a bucket", '"s3://bucket" or "s3://bucket/folder"')
CLAMD = matching(SCANNER, "is neither a socket's path nor host:port", '"/run/clamav/clamd.ctl"')
S3_REGION = matching(REGION, "is not a region", '"us-east-1"')
_S3_API = api("https://s3.example.org")["kind"]
S3_ENDPOINT = kind(_endpoint)
TIMES = kind(_times, items)
TIMEZONE = kind(_timezone)
PUBLIC_URL = kind(_public_url)
DATABASE = kind(_database_url)
RECIPIENTS = kind(_recipients, items)
AGE_KEYS = kind(_age_keys, items)
MINUTES = kind(_minutes, _parse_minutes)
PERCENT_BY_KIND = kind(_percent_by_kind, _parse_days)
DAYS_BY_KIND = kind(_days_by_kind, _parse_days)
NUMBERS = kind(_numbers, _parse_numbers)
HOST_NAME = matching(HOST, "is not a host", '"127.0.0.1"')
TOKEN = matching(VISIBLE, "has a space or a letter that no token has", "it exactly as the platform shows it")
WEBHOOK_TOKEN = matching(SECRET_TOKEN, "is not a secret token", "1 to 256 of A-Z a-z 0-9 _ -")
