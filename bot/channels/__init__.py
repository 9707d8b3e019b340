"""A channel turns a platform's bytes into events, and our messages into its requests. One file a channel."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from handlers.events import Incoming
from handlers.values import dataclass


class BadSignature(Exception):
    """Whoever sent this is not the platform: answer 401 and log nothing of the body."""


class SendError(Exception):
    """Sending failed; the error says what to do next.

    `retry_after` in seconds (None: it will never work). `whole_channel`: everybody on the channel waits as long.
    `charged` is False when the try does not count (a 429 is the platform's word, not a fault of the row).
    `moved_to` is the chat's new id. `denied`: the platform does not take our token. `unsure`: the platform may have
    taken it all the same. `why` is a short code such as `http 403`, never words of a person.
    """

    unsure = False

    def __init__(
        self,
        why: str,
        retry_after: float | None,
        *,
        moved_to: str = "",
        whole_channel: bool = False,
        charged: bool = True,
        gone: bool = False,
        denied: bool = False,
    ) -> None:
        super().__init__(why)
        self.why, self.retry_after, self.moved_to = why, retry_after, moved_to
        self.whole_channel, self.charged, self.gone, self.denied = whole_channel, charged, gone, denied


class Spent(SendError):
    """The reply token was used before, or is too old; by this try nothing was said."""

    def __init__(self) -> None:
        super().__init__("token spent", 0.0)


@dataclass(frozen=True, slots=True)
class Poison:
    """One update nobody could read: answered 200, set aside sealed, never retried into a blocked chat."""

    id: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outbox row = one request.

    `messages` is what `Channel.split` made: JSON-able parts (`text`, `buttons`: [[label, value, kind]],
    `attachments`, `replaces`). `key` is a UUID made from the row's id: the same for every try. `reply_token` is
    empty when there is none or it is no longer fresh. `again`: it may have been sent already.
    """

    chat: str
    messages: Sequence[Mapping[str, Any]]
    key: str
    reply_token: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one channel takes messages: token buckets of `burst` that fill at `per_second`.

    `apart` is for platforms that do not notice a second send of the same message: one at a time is on its way, and
    where an answer takes long, they leave so many seconds apart at least (bot.turnstile).
    """

    all_per_second: float
    chat_per_second: float
    chat_burst: int
    group_per_second: float
    group_burst: int
    apart: float = 0.0


class Channel(Protocol):
    """What every channel can do. `split` and `parse` are pure."""

    name: str
    pace: Pace

    @property
    def link(self) -> str:
        """The https address that opens the bot in the app; empty where there is none, or before `introduce`."""
        ...

    def parse(self, body: bytes, headers: Mapping[str, str]) -> list[Incoming | Poison]:
        """Events of one webhook body. Raises BadSignature."""
        ...

    def split(self, messages: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
        """Cut what is said to one chat into requests that respect the platform's limits."""
        ...

    def is_group(self, chat: str) -> bool:
        """Whether an id of this channel names a group (platforms pace groups differently)."""
        ...

    async def send(self, out: Outgoing) -> str:
        """Send one request; the platform's id of the (last) message. Raises SendError."""
        ...

    def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of a file the platform holds. Raises SendError."""
        ...

    async def acknowledge(self, press: str) -> None:
        """Stop the spinner of a pressed button; never raises."""
        ...

    async def leave(self, chat: str) -> None:
        """Leave a group. Raises SendError."""
        ...

    async def member(self, chat: str, person: str) -> bool | None:
        """Whether somebody is in a group; None where the platform does not tell. Raises SendError."""
        ...

    async def sees(self, chat: str) -> bool:
        """Whether the platform tells us who comes into a group and who leaves it. Raises SendError."""
        ...

    async def introduce(self) -> None:
        """Learn who we are: `link` is known from then on. Raises SendError."""
        ...

    async def erase(self, chat: str, messages: Sequence[str]) -> None:
        """Delete messages of a private chat, where the platform can. Raises SendError."""
        ...

    async def start(self, public_url: str) -> None:
        """Register webhook, commands, menus. Raises SendError."""
        ...

    async def delivers(self, public_url: str) -> bool:
        """Whether the platform hands what people write to us, and to nobody else. Raises SendError."""
        ...

    async def speak(self, chat: str, language: str, rank: str = "") -> None:
        """Show this person the channel's own menu in their language, where it has one; that of a `rank` (resident,
        officer, coordinator) where the channel tells them apart. Raises SendError."""
        ...

    async def check(self, public_url: str) -> list[str]:
        """What is wrong at the platform, without changing anything. Raises SendError."""
        ...

    async def close(self) -> None: ...
