"""What the decisions may look at. Loaded before; nothing is fetched from inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers.effects import Status
from handlers.events import Address
from handlers.places import Gazetteer
from locales import Words

Answers = Mapping[str, Any]
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
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
    last: str = ""  # number of the case sent last from this chat
    sent: Sequence[str] = ()  # when the reports of the last hour were sent, ISO


@dataclass(frozen=True, slots=True)
class Group:
    """An officers' chat linked to a scope: a district code, `P:` + province, or `*`."""

    chat: Address
    scope: str
    language: str
    detail: str = "headline"  # headline | full


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

    def of_scope(self, scope: str) -> tuple[Group, ...]:
        return tuple(g for g in self.groups.values() if g.scope == scope)

    def coordinators(self, scopes: tuple[str, ...]) -> tuple[Member, ...]:
        return tuple(m for m in self.members.values() if m.role == "coordinator" and m.scope in scopes)


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a case. `state`: waiting | kept | missing | refused; `file` names it in our store."""

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
class Case:
    """One submitted report and its life. `details` are empty unless the query asked for them."""

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
    taken: datetime | None = None
    done: datetime | None = None
    taken_by: str = ""
    details: Answers = field(default_factory=dict)
    files: tuple[File, ...] = ()
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A one-time code that is still good."""

    code: str
    purpose: str
    role: str
    scope: str


@dataclass(frozen=True, slots=True)
class Count:
    """Cases opened on the days that were asked for, now in `status`."""

    district: str
    kind: str
    status: Status
    practice: bool
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a span of local days; `waits` maps minutes until Take to how many cases took that long."""

    counts: tuple[Count, ...] = ()
    waits: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Query:
    """What an event needs to see beyond its own chat. The store answers any of these.

    `districts` None means all. `since` and `until` are local days, both included.
    """

    number: str = ""
    case: int = 0
    details: bool = False
    untaken: bool = False
    unrouted: bool = False
    mine: bool = False
    open: bool = False
    figures: bool = False
    since: date | None = None
    until: date | None = None
    districts: tuple[str, ...] | None = None
    code: str = ""
    any_code: bool = False


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
    hidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # channel -> kinds of files it cannot show
    bot_link: Mapping[str, str] = field(default_factory=dict)  # channel -> https address that opens the bot


@dataclass(frozen=True, slots=True)
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
    dice: bytes = bytes(64)

    def remembering(self, memory: Memory) -> "World":
        """The same world with another memory, in the language that was chosen there."""
        made = object.__new__(World)  # dataclasses.replace costs 5 µs here, several times a turn
        for name in World.__slots__:
            object.__setattr__(made, name, getattr(self, name))
        object.__setattr__(made, "memory", memory)
        object.__setattr__(made, "language", memory.language or self.language)
        return made

    def t(self, text: str, /, **args: object) -> str:
        """`text` in the language of this chat."""
        return self.words[self.language].t(text, **args)

    def n(self, one: str, many: str, count: int, /, **args: object) -> str:
        return self.words[self.language].n(one, many, count, **args)
