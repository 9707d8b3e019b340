"""What we want done about it. Effects are values; storage/ and bot/ carry them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from handlers.events import Address, Media


class ButtonKind(StrEnum):
    """What a press does. Channels draw each kind in their own way."""

    OPTION = "option"  # one of the answers
    NAV = "nav"  # back, cancel, more: drawn apart, last
    LOCATION = "location"  # opens the map where the app can
    CAMERA = "camera"  # opens the camera where the app can
    LINK = "link"  # `value` is an https address


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `value` comes back as `Choice(value)`: at most 60 ASCII bytes, nothing secret, nothing typed."""

    label: str
    value: str
    kind: ButtonKind = ButtonKind.OPTION


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of our store (or a pin) that goes out with a message."""

    kind: str  # photo | video | voice | document | pin
    file: str = ""
    mime: str = ""
    latitude: float = 0.0
    longitude: float = 0.0


@dataclass(frozen=True, slots=True)
class Reporter:
    """Stands for the address of whoever reported a case. Only the dispatcher can look it up."""

    case: int


@dataclass(frozen=True, slots=True)
class Say:
    """Words for a chat. Everything said to one chat in one turn travels together.

    `replaces` is the platform's id of a message of ours to edit in place, where the channel can; a new message
    elsewhere. `card` names the case whose card this is, so that the sent message's id is remembered.
    `otherwise` is told when the chat cannot be reached (the officer never opened the bot).
    """

    to: Address | Reporter
    text: str
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replaces: str = ""
    card: int = 0
    urgent: bool = False
    after: float = 0.0  # seconds to wait before it leaves
    otherwise: "Say | None" = None


@dataclass(frozen=True, slots=True)
class Keep:
    """What to remember of this chat from now on (see handlers.world.Memory)."""

    memory: Any


class Status(StrEnum):
    """Where a case stands."""

    NEW = "new"
    TAKEN = "taken"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A report was sent. `details` (sealed on disk) holds what the resident answered, by question."""

    id: int
    number: str
    kind: str
    district: str
    urgent: bool
    language: str
    may_ask: bool
    practice: bool
    details: Mapping[str, Any]
    files: tuple[str, ...] = ()
    routed: bool = True


@dataclass(frozen=True, slots=True)
class Amend:
    """What is kept of a case's answers from now on: a resident took words back."""

    case: int
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Routed:
    """Whether this case has reached somebody: one that has not is shown to the next who is there for it."""

    case: int
    reached: bool = True


@dataclass(frozen=True, slots=True)
class MoveCase:
    """A case changes its status; refused by the store when the case is no longer as it was seen."""

    case: int
    was: Status
    to: Status
    by: str


@dataclass(frozen=True, slots=True)
class Record:
    """Something a person did or saw, for the history: append-only."""

    action: str
    by: str
    case: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FetchMedia:
    """Bring a file that a resident sent into our store, now: platforms delete."""

    media: Media
    file: str


@dataclass(frozen=True, slots=True)
class DropMedia:
    """Destroy a file of our store."""

    file: str


@dataclass(frozen=True, slots=True)
class MakeCode:
    """A one-time code, kept only as a keyed hash. `scope` is a district code, a province or `*`."""

    code: str
    purpose: str  # join | link
    role: str
    scope: str
    expires: datetime
    by: str


@dataclass(frozen=True, slots=True)
class UseCode:
    """The code is spent."""

    code: str


@dataclass(frozen=True, slots=True)
class Enroll:
    """A person gets a role; `chat` is where to write to them in private, `name` what the cards call them."""

    person: str
    role: str
    scope: str
    chat: Address
    language: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dismiss:
    """A person has no role any more."""

    channel: str
    person: str


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """This chat is from now on a group of a district (or of a province, or of all: `*`)."""

    chat: Address
    scope: str
    language: str
    detail: str = "headline"


@dataclass(frozen=True, slots=True)
class UnlinkGroup:
    """This chat is no longer a group of ours."""

    chat: Address


@dataclass(frozen=True, slots=True)
class MoveChat:
    """A chat has a new id: group, buttons, cards and everything still to send go along."""

    old: Address
    new: Address


@dataclass(frozen=True, slots=True)
class ShowMenu:
    """The app's own menu for this person in a language, where the channel has one."""

    chat: Address
    language: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave a foreign group after `after` seconds, unless it is linked by then."""

    chat: Address
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """This chat cannot be written to any more (blocked): drop what waits for it."""

    chat: Address


@dataclass(frozen=True, slots=True)
class AddRule:
    """A routing rule, behind the ones that stand already. Empty means any."""

    districts: tuple[str, ...]
    kinds: tuple[str, ...]
    hours: tuple[int, int] | None
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DropRule:
    """A routing rule goes."""

    id: int


@dataclass(frozen=True, slots=True)
class SwitchDistrict:
    """A district joins or leaves the programme."""

    district: str
    on: bool


Effect = (
    Say
    | Keep
    | OpenCase
    | Amend
    | Routed
    | MoveCase
    | Record
    | FetchMedia
    | DropMedia
    | MakeCode
    | UseCode
    | Enroll
    | Dismiss
    | LinkGroup
    | UnlinkGroup
    | MoveChat
    | ShowMenu
    | Leave
    | Silence
    | AddRule
    | DropRule
    | SwitchDistrict
)
Decision = tuple[Effect, ...]
