"""What the decisions may look at. Loaded before; nothing is fetched from inside."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers.effects import NOBODY, By, Status
from handlers.events import Address
from handlers.history import Entry, Watch
from handlers.meter import Meter
from handlers.patience import Patience
from handlers.places import Gazetteer
from handlers.values import dataclass, replace
from locales import Words

Answers = Mapping[str, Any]
EVERYWHERE = "*"
LOST = ("refused", "infected", "missing")  # states of a file that nobody will see


@dataclass(frozen=True)  # without slots: see handlers.values
class Memory:
    """What is kept of one private chat between two turns. Sealed on disk, JSON values only.

    `answers` is the half report: where we are is derived from it. `agreed` is the version of the notice the
    resident agreed to. `offered` is set while we wait to hear whether an old half report goes on.
    """

    language: str = ""
    agreed: str = ""
    answers: Answers = field(default_factory=dict)
    at: datetime | None = None
    offered: bool = False
    poster: Answers = field(default_factory=dict)  # where a report begins that is begun instead of the offered one
    last: str = ""  # number of the case sent last from this chat
    sent: Sequence[str] = ()  # when the reports of the last hour were sent, ISO
    contact: str = ""  # when the bot may write here first; see handlers.contact
    tries: Sequence[str] = ()  # when receipts were tried here that are none, ISO
    borrowed: str = ""  # number of a case that was opened here with its receipt
    borrowed_at: str = ""  # since when, ISO
    word: str = ""  # what ends this chat, and opens it again; see handlers.panic
    decoy: bool = False  # the chat was ended: it answers with harmless words
    practised: Sequence[str] = ()  # when reports were sent as practice in the last hour, ISO
    unsent: Sequence[str] = ()  # messages that were taken back before they came
    adding: Mapping[str, str] = field(default_factory=dict)  # the case that what comes next is added to
    asked: int = 0  # the officer's question whose answer is being written
    voice: bool = False  # questions are also spoken
    pictures: str = ""  # choices as large pictures: on, off; empty: as the channel does by itself


@dataclass(frozen=True, slots=True)
class Group:
    """An officers' chat linked to a scope: a district code, `P:` + province, or `*`."""

    chat: Address
    scope: str
    language: str
    detail: str = "headline"  # headline | full
    doubt: tuple[str, ...] = ()  # why a coordinator has to look at it, see handlers.hygiene
    accepted: tuple[str, ...] = ()  # what one has looked at and lets stand

    @property
    def shown(self) -> str:
        """What its cards show: headline | full, or `withheld` while a coordinator has to look."""
        return "withheld" if self.doubt else self.detail


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a role. `person` is the channel's id; `chat` is where to write to them in private."""

    channel: str
    person: str
    role: str  # coordinator | officer
    scope: str
    chat: Address
    language: str
    name: str = ""
    seat: str = ""  # of an officer, see handlers.seats; empty for those of earlier releases
    since: datetime | None = None
    duty: tuple[datetime, datetime] | None = None  # the last span of duty they told; see handlers.duty
    same: str = ""  # the mark of a person whose two apps were joined; see handlers.twins
    tag: str = ""  # what this person is called at rest


@dataclass(frozen=True, slots=True)
class AskedLink:
    """A group that gets nothing until a second coordinator agrees. `by` is the tag of the one whose code it was."""

    chat: Address
    scope: str
    language: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RouteRule:
    """Reports of these districts and kinds, at these local hours, go to the groups of `to`. Empty means any."""

    id: int
    districts: tuple[str, ...]
    kinds: tuple[str, ...]
    hours: tuple[int, int] | None
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """Who is who: groups, people with a role, routing rules, districts in the programme."""

    groups: Mapping[Address, Group] = field(default_factory=dict)
    members: Mapping[tuple[str, str], Member] = field(default_factory=dict)
    rules: tuple[RouteRule, ...] = ()
    switched: Mapping[str, bool] = field(default_factory=dict)
    away: Mapping[Address, Group] = field(default_factory=dict)  # groups that the bot was put out of
    trainings: Mapping[str, datetime] = field(default_factory=dict)  # district -> until when reports are an exercise
    asked: Mapping[Address, "AskedLink"] = field(default_factory=dict)  # groups that wait for a second word

    def of_scope(self, scope: str) -> tuple[Group, ...]:
        return tuple(g for g in self.groups.values() if g.scope == scope)

    def coordinators(self, scopes: tuple[str, ...]) -> tuple[Member, ...]:
        return tuple(m for m in self.members.values() if m.role == "coordinator" and m.scope in scopes)

    def seated(self, scope: str, seat: str = "") -> tuple[Member, ...]:
        """The officers of a district, of one seat or of all; `chat` of each is where to write to them in private."""
        officers = (m for m in self.members.values() if m.role == "officer" and m.scope == scope)
        return tuple(m for m in officers if seat in ("", m.seat))


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a case; `file` names it in our store.

    `state`: waiting | kept | missing | refused | infected.
    """

    file: str
    kind: str
    mime: str
    state: str


@dataclass(frozen=True, slots=True)
class Card:
    """The message that shows a case in a group."""

    chat: Address
    message: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the reporter of a case. `state`: asked | answered | unknown | declined | expired.

    `body`: `code` of a phrase or the officer's `words`, `by` whom (channel, person), then the `answer` of a button or
    what was `seen` (as in a report) and the `pin`.
    """

    id: int
    case: int
    state: str
    at: datetime
    expires: datetime
    body: Answers


@dataclass(frozen=True, slots=True)
class Note:
    """Words of an officer about a case."""

    at: datetime
    by: By
    private: bool
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """One submitted report and its life. `details` are empty unless the query asked for them.

    `district` is where it happened; `desk` is the scope in charge, the same until the case is handed over.
    """

    id: int
    number: str
    kind: str
    district: str
    status: Status
    urgent: bool
    language: str
    may_ask: bool
    practice: bool
    opened: datetime
    desk: str = ""
    taken: datetime | None = None
    done: datetime | None = None
    offered: str = ""
    offered_until: datetime | None = None
    event: int = 0
    step: int = 0  # of handlers.patience.Step that was made last
    step_at: datetime | None = None  # when the next one is due
    holder: By = NOBODY
    closer: By = NOBODY
    ending: str = ""
    details: Answers = field(default_factory=dict)
    files: tuple[File, ...] = ()
    cards: tuple[Card, ...] = ()
    behalf: bool = False  # filed for somebody who has not used the receipt yet
    own: bool = False  # reported from the chat that asks
    receipted: bool = False  # found by its receipt
    excluded: tuple[str, ...] = ()
    felt: str = ""  # what the reporter said of the outcome
    exercise: bool = False  # sent as practice on a training day
    alike: int = 0  # the first case that said the same words within an hour; 0: nobody else did
    doubt: float = 0.0  # what its sender reported that was not true, decaying: for the order of lists alone
    asked: tuple[Asked, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def in_charge(self) -> str:
        """The scope whose officers work on it."""
        return self.desk or self.district


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A one-time code that is still good."""

    code: str
    purpose: str
    role: str
    scope: str
    seat: str = ""
    by: str = ""  # the tag of the coordinator who asked for it; empty: an operator


@dataclass(frozen=True, slots=True)
class Count:
    """Cases opened on the days that were asked for, by what they are now."""

    district: str
    kind: str
    practice: bool
    untaken: int
    taken: int
    done: int

    @property
    def all(self) -> int:
        return self.untaken + self.taken + self.done


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a span of local days; `waits` maps minutes until Take to how many cases took that long."""

    counts: tuple[Count, ...] = ()
    waits: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shift:
    """What came and went since a moment, and what stands open now: counted, without the cases the reader must not know.

    `new` are the reports that came, by what they are now; `open` how many cases stand how.
    """

    new: tuple[Count, ...] = ()
    taken: int = 0
    closed: int = 0
    open: Mapping[Status, int] = field(default_factory=dict)
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """What an event needs to see beyond its own chat. The store answers any of these.

    `districts` None means all. `since` and `until` are local days, both included. `history` is how many of the person's
    own newest entries; they also come where a case was asked for by its number and is not there.
    """

    number: str = ""
    other: str = ""  # a second number, beside the first
    near: bool = False  # of the number: what else was opened in `districts` in those days
    case: int = 0
    asking: str = ""  # the message whose answer asks the reporter of the case
    details: bool = False
    untaken: bool = False
    unrouted: bool = False
    mine: bool = False
    borrowed: str = ""  # with `mine`: also the case of this number
    receipts: tuple[str, ...] = ()
    asked: bool = False  # of mine: only those with a question that was asked
    open: bool = False
    held: tuple[By, ...] = ()  # open, and taken by these people, or by one in whichever app
    inside: bool = False  # when the sender was last seen in which group
    shift: datetime | None = None  # since when
    figures: bool = False
    since: date | None = None
    until: date | None = None
    districts: tuple[str, ...] | None = None
    code: str = ""
    any_code: bool = False
    history: int = 0
    meter: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """How long things are kept, as people are told."""

    half_hours: int = 48
    contact_days: int = 14
    media_days: int = 90
    closed_days: int = 365
    false_days: int = 90
    withdrawn_days: int = 30


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings decisions depend on."""

    zone: ZoneInfo
    emergency: Mapping[str, tuple[tuple[str, str], ...]]  # country -> ((what for, number), ...)
    notice: str  # version of the safety note
    half_report_hours: float = 1.0
    alert_delay: float = 0.0  # seconds, the most a non-urgent alert waits
    code_minutes: int = 15
    reports_an_hour: int = 10
    files: bool = True  # False while the disk is nearly full: words go on
    two_person_close: bool = False
    membership_minutes: float = 10.0  # then a platform is asked again whether an officer is still in the group
    invite_hours: float = 24.0
    second_link: str = (
        "auto"  # whether a second coordinator agrees to a group: auto (where there is one) | always | never
    )
    link_wait_hours: float = 12.0  # then, where there is no second one, the same one may
    handover_hours: float = 12.0  # then a case that another place has not accepted stays where it was
    answer_days: float = 5.0  # then a question to a reporter is closed
    overdue_new_hours: float = 1.0
    overdue_open_hours: float = 72.0
    line_groups: str = "always"  # always | alerts | fallback: see handlers.sparing
    hidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # channel -> kinds of files it cannot show
    page: str = ""  # https address of this server; empty where none is set
    bot_link: Mapping[str, str] = field(default_factory=dict)  # channel -> https address that opens the bot
    spoken: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)  # channel -> language -> questions
    translates: bool = False  # a translation service is set up
    pictured: frozenset[str] = frozenset()  # channels that can show choices as large pictures
    watch: Watch = field(default_factory=Watch)
    patience: Patience = field(default_factory=Patience)
    kept: Kept = field(default_factory=Kept)


@dataclass(frozen=True)
class World:
    """Everything one decision may know. `dice` is fresh randomness, 64 bytes a turn."""

    now: datetime
    words: Mapping[str, Words]
    gazetteer: Gazetteer
    rules: Rules
    directory: Directory
    memory: Memory = field(default_factory=Memory)
    language: str = ""
    channel: str = ""
    group: Group | None = None
    member: Member | None = None
    cases: tuple[Case, ...] = ()
    code: CodeRow | None = None
    figures: Figures = field(default_factory=Figures)
    shift: Shift = field(default_factory=Shift)
    slowed: bool = False  # receipts are tried too often, by everybody together
    history: tuple[Entry, ...] = ()
    inside: Mapping[Address, datetime] = field(default_factory=dict)  # when the sender was last seen in which group
    askers: frozenset[tuple[str, str]] = frozenset()  # of these cases' questions, who were seen in a group of late
    meter: Meter | None = None
    throttled: bool = False  # too many wrong codes came from here: this one was not looked at
    dice: bytes = bytes(64)

    def remembering(self, memory: Memory) -> "World":
        """The same world with another memory, in the language that was chosen there."""
        return replace(self, memory=memory, language=memory.language or self.language)

    def t(self, text: str, /, **args: object) -> str:
        """`text` in the language of this chat."""
        words = self.words[self.language]
        return words.t(text, **args) if args else words.plain(text)

    def n(self, one: str, many: str, count: int, /, **args: object) -> str:
        return self.words[self.language].n(one, many, count, **args)
