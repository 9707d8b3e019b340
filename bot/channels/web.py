"""The web page as a channel: what a page posts becomes events, what we say becomes letters that the page fetches.

The page is ours, so there is no platform to sign for it: `bot/webchat.py` knows who is speaking and says so in the
`headers` of `parse`; nothing that the page itself claims about who or where it is is believed.
"""

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Protocol

from bot.channels import BadSignature, Outgoing, Pace, Poison, SendError
from bot.channels.web_render import letter
from handlers.events import Address, Body, Choice, Command, Incoming, Media, MediaKind, Place, Removed, Text, heard
from handlers.graphemes import utf16
from handlers.values import dataclass

TEXT = 5_000  # UTF-16 units of one message, as on LINE: longer is a paste, not a report
VALUE = 60  # bytes behind a button, see handlers.effects.Button
MOST_CONTENT = 20_000_000  # bytes of one file, the same as Telegram lets a bot fetch
LONGEST = 36_000  # seconds of a recording that a page may claim
CLIENT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LETTER_ID = re.compile(r"[0-9]{1,19}")
START = re.compile(r"[A-Za-z0-9_-]{0,64}")
LANGUAGE = re.compile(r"[A-Za-z0-9_-]{0,16}")
FILES = re.compile(r"image/(?:jpeg|png|webp|gif|heic|heif|avif)|video/[a-z0-9.+-]{1,40}|audio/[a-z0-9.+-]{1,40}")
KINDS = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.VOICE}
PERSON, GROUP, UPLOAD = "person", "group", "upload"  # the headers `parse` believes, all set by bot/webchat.py


class Unreadable(ValueError):
    """The page sent something we do not take; nothing of it was kept. `why` is a code that the page has words for."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.why, self.status = why, status


class Missing(Exception):
    """There is no such upload (any more)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one chat of the page. Ids grow: a page that knows `id` asks only for what came after it."""

    id: int
    chat: str
    messages: Sequence[Mapping[str, Any]]
    at: datetime


class Mailbox(Protocol):
    """Where letters wait for the page."""

    async def put(self, key: str, chat: str, messages: Sequence[Mapping[str, Any]]) -> int:
        """Keep a letter; its id. The same `key` again keeps nothing new and gives the same id."""
        ...

    async def after(self, chats: Sequence[str], last: int) -> list[Letter]:
        """Letters to these chats with an id above `last`, oldest first; it may be only the first of them."""
        ...

    async def wait(self, chats: Sequence[str], seconds: float, /) -> None:
        """Return when a letter to these chats may have come since this was called, at the latest after `seconds`."""
        ...


class Uploads(Protocol):
    """Where files wait until the dispatcher fetches them into our store."""

    async def put(self, content: AsyncIterator[bytes], most: int) -> str:
        """Keep a file of at most `most` bytes; its reference. What `content` raises leaves nothing behind."""
        ...

    def open(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of an upload. Raises Missing."""
        ...


def utc_now() -> datetime:
    return datetime.now(UTC)


def private_chat(secret: str) -> str:
    """The chat of whoever holds this session secret; the secret cannot be found from it."""
    return f"p-{hashlib.sha256(secret.encode()).hexdigest()[:32]}"


class Web:
    """The web channel. Letters and uploads are kept by whoever is passed in."""

    name = "web"
    # No platform paces us; the figures only keep one busy chat from crowding out the others.
    pace = Pace(all_per_second=1_000.0, chat_per_second=20.0, chat_burst=40, group_per_second=20.0, group_burst=40)

    def __init__(self, mailbox: Mailbox, uploads: Uploads, now: Callable[[], datetime] = utc_now) -> None:
        self.mailbox, self.uploads, self._now = mailbox, uploads, now
        self.closing = asyncio.Event()

    @property
    def link(self) -> str:
        return ""

    def parse(self, body: bytes, headers: Mapping[str, str]) -> list[Incoming | Poison]:
        """The event of one JSON body of the page. Raises BadSignature where nobody says who speaks, and Unreadable.

        `headers`: `person` is the private chat of whoever speaks, `group` the group they speak in unless the body
        has `"to": "private"`, `upload` the reference of the file that came before a body of type `media`.
        """
        person, group = headers.get(PERSON, ""), headers.get(GROUP, "")
        if not person:
            raise BadSignature
        said = _read(body)
        key = _matching(CLIENT_ID, said.get("id"))
        in_group = bool(group) and said.get("to") != "private"
        found = _body(said, headers.get(UPLOAD, ""))
        event = Incoming(
            id=f"{hashlib.sha256(person.encode()).hexdigest()[:16]}:{key}",
            at=self._now(),
            chat=Address(self.name, group if in_group else person),
            sender=person,
            body=found,
            group=in_group,
            message=_matching(LETTER_ID, said.get("message")) if isinstance(found, Choice) else key,
            hint=_matching(LANGUAGE, said.get("language", "")),
        )
        return [event]

    def split(self, messages: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
        """One letter for each message, because a letter's id is what a later one names to replace it."""
        return [[m] for m in messages if m.get("text", "").strip() or m.get("buttons") or m.get("attachments")]

    def is_group(self, chat: str) -> bool:
        return chat.startswith("g-")

    async def send(self, out: Outgoing) -> str:
        """Put a letter into the mailbox; its id."""
        messages = [await letter(message) for message in out.messages]
        return str(await self.mailbox.put(out.key, out.chat, messages))

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        try:
            async with aclosing(self.uploads.open(ref)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    yield chunk
        except Missing:
            raise SendError("no such upload", None) from None

    async def check(self, public_url: str) -> list[str]:
        return []

    async def speak(self, chat: str, language: str, rank: str = "") -> None:
        """Tell the page to go on in this language; a group's page belongs to many, so it stays as it is."""
        if not self.is_group(chat):
            await self.mailbox.put(secrets.token_hex(16), chat, [{"language": language}])

    async def acknowledge(self, press: str) -> None:
        """The page shows by itself that a press arrived."""

    async def leave(self, chat: str) -> None:
        """Groups of the page are made by us; there is nothing to leave."""

    async def delivers(self, public_url: str) -> bool:
        return True

    async def erase(self, chat: str, messages: Sequence[str]) -> None:
        """Letters are rows of ours, deleted by the turn itself."""

    async def member(self, chat: str, person: str) -> bool | None:
        """Groups of the page are made by us, of the phones on one machine."""
        return True

    async def sees(self, chat: str) -> bool:
        return True

    async def introduce(self) -> None:
        """The page is its own address."""

    async def start(self, public_url: str) -> None:
        """Nothing is registered anywhere."""

    async def close(self) -> None:
        """End the open lines to pages, so that the server can stop; the pages come back by themselves."""
        self.closing.set()


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("unreadable") from None
    if not isinstance(said, dict):
        raise Unreadable("unreadable")
    return said


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Unreadable("unreadable")
    return value


def _body(said: Mapping[str, Any], upload: str) -> Body:
    match said:
        case {"type": "text", "text": str(text)}:
            return _heard(text)
        case {"type": "choice", "value": str(value)} if value.isascii() and 0 < len(value) <= VALUE:
            return Choice(value)
        case {"type": "place", "latitude": int() | float() as latitude, "longitude": int() | float() as longitude}:
            return _place(latitude, longitude)
        case {"type": "media", "mime": str(mime)} if upload:
            return _media(said, mime, upload)
        case {"type": "hello"}:
            return Command("start", _matching(START, said.get("start", "")))
        case {"type": "forget"}:
            return Removed()
    raise Unreadable("unreadable")


def _heard(text: str) -> Text | Command:
    if utf16(text) > TEXT:
        raise Unreadable("long", 413)
    # A lone half of a surrogate pair cannot be stored as UTF-8, NUL cannot be stored in PostgreSQL.
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")
    found = heard(whole) if whole.strip() else None
    if found is None:
        raise Unreadable("unreadable")
    return found


def _place(latitude: float, longitude: float) -> Place:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # also false for NaN, which json.loads takes
        raise Unreadable("unreadable")
    return Place(float(latitude), float(longitude))


def _media(said: Mapping[str, Any], mime: str, upload: str) -> Media:
    size, seconds = said.get("size", 0), said.get("seconds", 0)
    if not (isinstance(size, int) and isinstance(seconds, int) and 0 <= seconds <= LONGEST):
        raise Unreadable("unreadable")
    return Media(KINDS[file_type(mime).partition("/")[0]], upload, size, file_type(mime), seconds)


def file_type(content_type: str) -> str:
    """The type of a file without its parameters. Raises Unreadable for what a report cannot hold."""
    mime = content_type.partition(";")[0].strip().lower()
    if not FILES.fullmatch(mime):
        raise Unreadable("type", 415)
    return mime
