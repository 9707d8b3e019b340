"""What can happen: one vocabulary for every channel."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from handlers.values import dataclass


class Address(NamedTuple):
    """One conversation on one channel: a private chat or a group."""

    channel: str
    chat: str


CLOCK = Address("clock", "clock")  # the chat of a tick that is no chat's


class MediaKind(StrEnum):
    """What sort of file a person sent, as the platform names it."""

    PHOTO = "photo"
    VIDEO = "video"
    VOICE = "voice"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Text:
    """Words as they were typed, at most what the platform allows in one message."""

    text: str


STALE = "stale"  # what a press says whose button was ours and is good no more, or never was ours


@dataclass(frozen=True, slots=True)
class Choice:
    """A pressed button. `value` is what we put behind the button, never its label."""

    value: str


@dataclass(frozen=True, slots=True)
class Place:
    """A pin on the map, WGS 84 degrees. A live location is where it began: channels leave out where it went."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Media:
    """A file that the platform holds under `ref`; nothing is downloaded before the turn is stored.

    `size` in bytes and `seconds` are the platform's claims, 0 when it makes none. `album` is the same for files
    that were sent at once (Telegram media groups, LINE image sets). `mark` is the same for the same file, whatever
    it is called under `ref`; empty where the platform does not say.
    """

    kind: MediaKind
    ref: str
    size: int = 0
    mime: str = ""
    seconds: int = 0
    caption: str = ""
    album: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """`/name args`, without the slash and without `@bot`; `name` is lower case, `args` is the rest as typed."""

    name: str
    args: str = ""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something a person sent that a report cannot hold: a sticker, a contact card, a poll."""

    kind: str


@dataclass(frozen=True, slots=True)
class Edited:
    """An earlier message was changed. An edited command never runs again.

    `text` and `media` are its words and its file as they stand now; often only one of them is another one.
    """

    message: str
    text: str
    media: Media | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """A person took an earlier message back; its words and files must go."""

    message: str


@dataclass(frozen=True, slots=True)
class Added:
    """The bot was put into this group."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The bot was removed from this group, or this person blocked it."""


@dataclass(frozen=True, slots=True)
class Returned:
    """This person opened the bot (LINE follow), or unblocked it."""


@dataclass(frozen=True, slots=True)
class MembersJoined:
    """People came into this group; ids of the channel."""

    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MembersLeft:
    """People left this group; ids of the channel."""

    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Migrated:
    """This group goes on under another id (Telegram: a group became a supergroup)."""

    to: str


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock speaks: `job` is due. The event's id makes it happen once however many processes run."""

    job: str
    args: Mapping[str, str] = field(default_factory=dict)


class Fate(StrEnum):
    """How the sending of an outbox row ended."""

    SENT = "sent"
    LATER = "later"
    DEAD = "dead"
    HELD = "held"  # until the reporter writes
    DROPPED = "dropped"  # the reporter does not want to be written to
    WAITS = "waits"  # for the next message to this chat, or until the platform takes more (handlers.meter)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outbox row was tried.

    `message` is the platform's id of what was sent. `due` is when to try again (LATER). `why` is a short code,
    never words of a person. `gone`: the chat cannot be reached any more. `moved_to` is its new id when a group
    migrated. `card` is the case whose card it was, `otherwise` what to say instead and to whom (see
    `handlers.effects.Say`, as JSON). `result` is what a fetch brought (state, type and bytes of the file). `unsure`:
    it may have arrived all the same. `cost` is for how many recipients the platform charges.
    """

    row: int
    fate: Fate
    message: str = ""
    due: datetime | None = None
    why: str = ""
    gone: bool = False
    moved_to: str = ""
    card: int = 0
    otherwise: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, str] = field(default_factory=dict)
    unsure: bool = False
    asks: int = 0  # the case whose reporter is asked by whoever answers the message
    cost: int = 0


Body = (
    Text
    | Choice
    | Place
    | Media
    | Command
    | Unsupported
    | Edited
    | Unsent
    | Added
    | Removed
    | Returned
    | MembersJoined
    | MembersLeft
    | Migrated
    | Tick
    | Outcome
)


@dataclass(frozen=True)
class Incoming:
    """One event on its way to a decision.

    `id` is the platform's own id, so a redelivery is recognised. `at` is UTC. `sender` is the platform's id of the
    person, empty when the platform does not say. `message` is the platform's id of the message this event is about
    (the one sent, or the one whose button was pressed). `hint` is the app's language, a BCP 47 tag or empty.
    `press` is what the channel needs to stop the spinner of a pressed button. `replies` is the id of the message that
    this one answers (a reply on Telegram, a quote on LINE). `public`: whether everybody can find and
    read the group it came from; None where the platform does not say. `checked`: the platform was asked whether the
    sender is in these groups, and this is what it said (see handlers.membership).
    """

    id: str
    at: datetime
    chat: Address
    sender: str
    body: Body
    group: bool = False
    message: str = ""
    reply_token: str = ""
    hint: str = ""
    press: str = ""
    replies: str = ""
    public: bool | None = None
    checked: tuple[tuple[str, str], ...] = ()


def heard(text: str, me: str = "") -> Text | Command | None:
    """Typed words as a command where they are one. None: a command for another bot (`/help@somebody_else`)."""
    if not text.startswith("/") or len(text) < 2 or text[1].isspace():
        return Text(text)
    head, _, rest = text[1:].partition(" ") if " " in text.split("\n", 1)[0] else text[1:].partition("\n")
    name, at, bot = head.partition("@")
    if at and me and bot.casefold() != me.casefold():
        return None
    return Command(name.casefold(), rest.strip())


def addressed(text: str, me: str = "") -> Text | Command | None:
    """Words that somebody in a group says to us by name: the first of them is a command, with its slash or without."""
    said = text.strip()
    return heard(said if said.startswith("/") or not said else f"/{said}", me)
