"""What we want done about it. Effects are values; storage/ and bot/ carry them out."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from handlers.events import Address, Incoming, Media
from handlers.values import dataclass


class ButtonKind(StrEnum):
    """What a press does. Channels draw each kind in their own way."""

    OPTION = "option"  # one of the answers
    NAV = "nav"  # back, cancel, more: drawn apart, last
    LOCATION = "location"  # opens the map where the app can
    CAMERA = "camera"  # opens the camera where the app can
    LINK = "link"  # `value` is an https address

    __hash__ = str.__hash__  # it is part of a key on every screen, and Enum's own hash is Python


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `value` comes back as `Choice(value)`: at most 60 ASCII bytes, nothing secret, nothing typed."""

    label: str
    value: str
    kind: ButtonKind = ButtonKind.OPTION


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of our store (or a pin, or something of our own) that goes out with a message.

    `spoken` is the voice of a question (`file`: language/question), `sheet` the picture of its choices.
    """

    kind: str  # photo | video | voice | document | pin | spoken | sheet
    file: str = ""
    mime: str = ""
    latitude: float = 0.0
    longitude: float = 0.0


@dataclass(frozen=True, slots=True)
class Reporter:
    """Stands for the address of whoever reported a case. Only the dispatcher can look it up."""

    case: int


LARGE = "large"  # choices as pictures to press, where the app makes cards of them


@dataclass(frozen=True, slots=True)
class Say:
    """Words for a chat. Everything said to one chat in one turn travels together.

    `replaces` is the platform's id of a message of ours to edit in place, where the channel can; a new message
    elsewhere. `card` names the case whose card this is, so that the sent message's id is remembered.
    `settles`: it takes the place of whatever waits in this chat and has not left: several files, one answer.
    `asks`: whoever answers this very message asks the reporter of this case in their own words, once.
    `otherwise` is told when the chat cannot be reached (the officer never opened the bot).
    `clears`: what was said before goes from the screen, where that is ours. `drawn`: LARGE, or as the app
    draws choices by itself.
    `news` (`news` or `digest`, see handlers.meter) may wait for the next message to the same chat, where a message
    costs money and there is little left.
    """

    to: Address | Reporter
    text: str
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    replaces: str = ""
    card: int = 0
    urgent: bool = False
    after: float = 0.0  # seconds to wait before it leaves
    settles: bool = False
    otherwise: "Say | None" = None
    asks: int = 0
    news: str = ""
    clears: bool = False
    drawn: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """What to remember of this chat from now on (see handlers.world.Memory)."""

    memory: Any


class Status(StrEnum):
    """Where a case stands; `handlers.life` says how it gets from one to the other."""

    NEW = "new"
    TAKEN = "taken"
    CHECKING = "checking"
    WAITING = "waiting"  # for an answer of the reporter
    CLOSING = "closing"  # for a second person's word
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # by the reporter


class Ending(StrEnum):
    """What came of a case that is closed."""

    ACTED = "acted"
    HANDED = "handed"
    NOTHING = "nothing"
    DUPLICATE = "duplicate"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class By:
    """Who does something to a case: the name its cards say, and the channel's id of the person, empty for nobody."""

    name: str = ""
    channel: str = ""
    person: str = ""

    def same(self, other: "By") -> bool:
        return (self.channel, self.person) == (other.channel, other.person)


NOBODY = By()


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
    contact: str = "any"  # when its reporter may be written to first, see handlers.contact
    receipt: str = ""  # kept as a keyed hash only
    behalf: bool = False  # filed for somebody else
    excluded: tuple[str, ...] = ()  # who must not see it, see handlers.excluded
    step: int = 0  # where it stands on the ladder, see handlers.ladder
    step_at: datetime | None = None
    exercise: bool = False  # sent as practice on a training day


@dataclass(frozen=True, slots=True)
class Amend:
    """What is kept of a case's answers from now on: a resident took words back, or added some. `files` are new."""

    case: int
    details: Mapping[str, Any]
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recall:
    """What was said of a case to officers and waits to leave is not said; `instead` where one of these goes there."""

    case: int
    instead: tuple[Say, ...] = ()


@dataclass(frozen=True, slots=True)
class SetContact:
    """When the reporter of these cases may be written to first from now on; what waited for them to write leaves."""

    cases: tuple[int, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Released:
    """The person in this chat wrote: what waited for that may be said now."""

    chat: Address


@dataclass(frozen=True, slots=True)
class HandOver:
    """A case belongs to this chat from now on, under a new receipt; whoever filed it sees it no more."""

    case: int
    receipt: str


@dataclass(frozen=True, slots=True)
class Felt:
    """What the reporter says of the outcome: a code of handlers.verdict."""

    case: int
    said: str


@dataclass(frozen=True, slots=True)
class Erase:
    """This chat is ended: nothing leads from it to its cases, nothing waits for it, and the app deletes what it can.

    `messages` are deleted in any case; without `words` nothing else is.
    """

    chat: Address
    messages: tuple[str, ...] = ()
    words: bool = True


@dataclass(frozen=True, slots=True)
class Guessed:
    """A receipt was tried that is none."""


@dataclass(frozen=True, slots=True)
class Routed:
    """Whether this case has reached somebody: one that has not is shown to the next who is there for it."""

    case: int
    reached: bool = True


@dataclass(frozen=True, slots=True)
class MoveCase:
    """A case changes its status; refused by the store when the case is no longer as it was seen.

    `holder` is who has the case from then on, `closer` who closed it or wants to; `ending` is empty while it is open.
    """

    case: int
    was: Status
    to: Status
    holder: By = NOBODY
    closer: By = NOBODY
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """Another scope is asked to take a case over, until then; an empty one takes the offer back."""

    case: int
    to: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Climb:
    """A case that nobody has taken stands on this step of the ladder; the next is due `at`, or there is none."""

    case: int
    step: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Hand:
    """A case belongs to another scope from now on."""

    case: int
    desk: str


@dataclass(frozen=True, slots=True)
class Join:
    """These cases are reports of one event; 0: each stands for itself again."""

    cases: tuple[int, ...]
    event: int


@dataclass(frozen=True, slots=True)
class Record:
    """Something a person did or saw, for the history: append-only."""

    action: str
    by: str
    case: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskReporter:
    """A question to the reporter of a case waits for an answer until it expires. `body` is sealed with the case."""

    id: int
    case: int
    expires: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DropPrompt:
    """This message asks no more: what is said about it from now on is talk."""

    chat: Address
    message: str


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """A question has come to this state, and this is all that is kept of it: answered, unknown, declined, expired."""

    question: int
    case: int
    state: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddNote:
    """Words of an officer about a case; `private`: for their author alone."""

    id: int
    case: int
    private: bool
    by: By
    text: str


@dataclass(frozen=True, slots=True)
class Translate:
    """Words of a report leave for the translation service; what comes back is an event of this chat."""

    chat: Address
    number: str
    source: str
    target: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adopt:
    """Files that came after the report belong to its case from now on."""

    case: int
    files: tuple[str, ...]


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
    purpose: str  # join | link | desk
    role: str
    scope: str
    expires: datetime
    by: str
    seat: str = ""


@dataclass(frozen=True, slots=True)
class UseCode:
    """The code is spent."""

    code: str


@dataclass(frozen=True, slots=True)
class VoidCodes:
    """Every code for these scopes is spent, whoever made it."""

    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enroll:
    """A person gets a role; `chat` is where to write to them in private, `name` what the cards call them.

    All that is known of them: what is left out is kept no longer (`handlers.seats.enrolled` changes one thing).
    """

    person: str
    role: str
    scope: str
    chat: Address
    language: str
    name: str = ""
    seat: str = ""
    since: datetime | None = None
    duty: tuple[datetime, datetime] | None = None
    same: str = ""  # see handlers.twins


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
    doubt: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskLink:
    """A group waits for a second coordinator's word. `by` is the tag of the one whose code it was."""

    chat: Address
    scope: str
    language: str
    by: str


@dataclass(frozen=True, slots=True)
class DropLink:
    """A group does not wait any more, whatever became of it."""

    chat: Address


@dataclass(frozen=True, slots=True)
class UnlinkGroup:
    """This chat is no longer a group of ours. `away`: the bot was put out of it, and knows it again when it returns."""

    chat: Address
    away: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a coordinator has to look at a group (nothing: they have), and what they let stand."""

    chat: Address
    reasons: tuple[str, ...]
    accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """Ask the platform whether the sender of `event` is in this group; `event` comes again with the answer."""

    group: Address
    event: Incoming


@dataclass(frozen=True, slots=True)
class Seen:
    """These people are in this group now."""

    group: Address
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MoveChat:
    """A chat has a new id: group, buttons, cards and everything still to send go along."""

    old: Address
    new: Address


@dataclass(frozen=True, slots=True)
class ShowMenu:
    """The app's own menu for this person in a language, where the channel has one; `rank` where theirs has changed."""

    chat: Address
    language: str
    rank: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave a foreign group after `after` seconds, unless it is linked by then."""

    chat: Address
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing more is said to this chat: drop what waits for it; without `news`, only what answers it."""

    chat: Address
    news: bool = True


@dataclass(frozen=True, slots=True)
class ForgetChat:
    """All that can be found by this private chat goes: half report, what waits for it, its tie to reports."""

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
class Metered:
    """The coordinators know this month's quota to be used up to `warned` percent; LINE refused a push to `refused`."""

    warned: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class SwitchDistrict:
    """A district joins or leaves the programme."""

    district: str
    on: bool


@dataclass(frozen=True, slots=True)
class Train:
    """Reports of a district are an exercise until then; None: from now on they are real."""

    district: str
    until: datetime | None


Effect = (
    Say
    | Keep
    | OpenCase
    | Amend
    | Recall
    | SetContact
    | Released
    | HandOver
    | Erase
    | Felt
    | Guessed
    | Routed
    | MoveCase
    | Offer
    | Climb
    | Hand
    | Join
    | Record
    | AskReporter
    | DropPrompt
    | AnswerQuestion
    | AddNote
    | Translate
    | Adopt
    | FetchMedia
    | DropMedia
    | MakeCode
    | UseCode
    | VoidCodes
    | Enroll
    | Dismiss
    | LinkGroup
    | AskLink
    | DropLink
    | UnlinkGroup
    | Doubt
    | Check
    | Seen
    | MoveChat
    | ShowMenu
    | Leave
    | Silence
    | ForgetChat
    | AddRule
    | DropRule
    | SwitchDistrict
    | Train
    | Metered
)
Decision = tuple[Effect, ...]
