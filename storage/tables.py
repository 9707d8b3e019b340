"""The schema. Every column says what it is at rest (clear, sealed, tag, key) and how long it stays.

A process that runs speaks the same tables as storage/core.py has them: `make core` writes it from these.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.columns import COUNTED, JOINED, OPEN, ROW_ID, UNTAKEN, Moment


def column(rest: str, keep: str, /, **kwargs: Any) -> Any:
    """A column: `rest` is clear, sealed, tag or key; `keep` is the retention class it falls under."""
    named = {**kwargs.pop("sa_column_kwargs", {}), "info": {"rest": rest, "keep": keep}}
    return Field(sa_column_kwargs=named, **kwargs)


class Inbox(SQLModel, table=True):
    """Events handled already; the key makes a redelivery harmless. Kept longer than any platform redelivers."""

    __table_args__ = {"sqlite_with_rowid": False}
    key: str = column("clear", "inbox", primary_key=True)  # channel and the platform's id of the event
    at: datetime = column("clear", "inbox", sa_type=Moment)  # no index: it is read once a day, and written every turn


class Conversation(SQLModel, table=True):
    """What is kept of one private chat: language, agreement, half report."""

    __table_args__ = {"sqlite_with_rowid": False}
    tag: str = column("tag", "conversation", primary_key=True)
    memory: bytes = column("sealed", "conversation", sa_type=LargeBinary)
    half: bool = column("clear", "conversation")  # there is a half report, which goes sooner than the rest
    at: datetime = column("clear", "conversation", sa_type=Moment)


class CaseRow(SQLModel, table=True):
    """One submitted report. What the resident answered beyond kind and district is sealed under the case's own key."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("cases_by_district", "district", "opened"),
        *(
            Index(name, *columns, sqlite_where=text(still), postgresql_where=text(still))
            for name, still in (("untaken", UNTAKEN), ("open", OPEN))
            for name, columns in (
                (f"cases_{name}", ("urgent", "opened")),
                # The last columns: how many stand how is counted without a look at the cases themselves.
                (f"cases_{name}_there", ("desk", "urgent", "opened", *(COUNTED if name == "open" else ()))),
            )
        ),
        *(
            Index(f"cases_{when}", "desk", when, sqlite_where=text(there), postgresql_where=text(there))
            for when in ("taken", "done")
            for there in (f"{when} IS NOT NULL",)
        ),
        Index("cases_held", "holder", sqlite_where=text("holder <> ''"), postgresql_where=text("holder <> ''")),
        *(
            Index(name, column, sqlite_where=text("excluded <> ''"), postgresql_where=text("excluded <> ''"))
            for name, column in (("cases_kept", "opened"), ("cases_kept_there", "desk"))
        ),
        Index(
            "cases_offered", "offered_until", sqlite_where=text("offered <> ''"), postgresql_where=text("offered <> ''")
        ),
        Index(
            "cases_climbing",
            "step_at",
            sqlite_where=text("step_at IS NOT NULL"),
            postgresql_where=text("step_at IS NOT NULL"),
        ),
        Index("cases_of_event", "event", sqlite_where=text(JOINED), postgresql_where=text(JOINED)),
        Index("cases_unrouted", "id", sqlite_where=text("routed = false"), postgresql_where=text("routed = false")),
    )
    id: int = column("clear", "case", primary_key=True, sa_type=ROW_ID, sa_column_kwargs={"autoincrement": False})
    number: str = column("clear", "case", unique=True)
    kind: str = column("clear", "case")
    district: str = column("clear", "case")  # where it happened
    desk: str = column("clear", "case")  # the scope in charge: the district, until it is handed over
    status: str = column("clear", "case")
    ending: str = column("clear", "case", default="")  # what came of it, while it is closed
    urgent: bool = column("clear", "case")
    language: str = column("clear", "case")
    may_ask: bool = column("clear", "case")
    practice: bool = column("clear", "case")
    routed: bool = column("clear", "case")
    opened: datetime = column("clear", "case", sa_type=Moment)
    taken: datetime | None = column("clear", "case", default=None, sa_type=Moment)
    done: datetime | None = column("clear", "case", default=None, sa_type=Moment)
    offered: str = column("clear", "case", default="")  # the scope that is asked to take it over
    offered_until: datetime | None = column("clear", "case", default=None, sa_type=Moment)
    step: int = column("clear", "case", default=0)  # of the ladder (handlers.patience), made while nobody has taken it
    step_at: datetime | None = column("clear", "case", default=None, sa_type=Moment)  # when the next one is due
    event: int | None = column("clear", "case", default=None, sa_type=BigInteger)  # the same for reports of one event
    taken_by: bytes | None = column("sealed", "case", default=None, sa_type=LargeBinary)  # holder and closer
    holder: str = column("tag", "case", default="")  # who has it, to find what somebody has
    details: bytes = column("sealed", "case", sa_type=LargeBinary)
    reporter: str = column("tag", "contact", index=True)  # under the month's key: two months are two people
    receipt: str | None = column("tag", "case", default=None, index=True, unique=True)  # a keyed hash of sixteen digits
    behalf: bool = column("clear", "case", default=False)  # the receipt was not used yet by whom it is for
    excluded: str = column("clear", "case", default="")  # who must not know of it, comma-separated
    felt: str = column("clear", "case", default="")  # what the reporter said of the outcome
    exercise: bool = column("clear", "case", default=False)  # sent on a training day
    # The first of those whose words were the same within an hour, its own id for that one.
    alike: int | None = column("clear", "case", default=None, sa_type=BigInteger)


class Wrap(SQLModel, table=True):
    """The data key of one case, wrapped by a weekly key. Without this row the case cannot be read by anybody."""

    case_id: int = column("clear", "wrap", primary_key=True, sa_type=ROW_ID, sa_column_kwargs={"autoincrement": False})
    wrapped: bytes = column("key", "wrap", sa_type=LargeBinary)


class Archive(SQLModel, table=True):
    """The same data key for a coordinator's offline key: nothing on this server can open it."""

    __table_args__ = {"sqlite_with_rowid": False}
    case_id: int = column("clear", "archive", primary_key=True, sa_type=BigInteger)
    recipient: str = column("clear", "archive", primary_key=True)  # as in `seal.archive_recipients`
    wrapped: bytes = column("key", "archive", sa_type=LargeBinary)


class Contact(SQLModel, table=True):
    """Where the reporter of a case can be answered; unlocked only by the dispatcher."""

    case_id: int = column(
        "clear", "contact", primary_key=True, sa_type=ROW_ID, sa_column_kwargs={"autoincrement": False}
    )
    channel: str = column("clear", "contact")
    lane: str = column("tag", "contact", index=True)
    address: bytes = column("sealed", "contact", sa_type=LargeBinary)
    rule: str = column("clear", "contact", default="any")  # when they may be written to first


class Trail(SQLModel, table=True):
    """A message of a private chat on Telegram, while it can still be deleted there.

    Every turn writes one: it lies with its chat, in one page. No index by time: that is asked once in a while.
    """

    __table_args__ = {"sqlite_with_rowid": False}
    tag: str = column("tag", "trail", primary_key=True)
    id: int = column("clear", "trail", primary_key=True, sa_type=BigInteger)  # drawn at random
    message: bytes = column("sealed", "trail", sa_type=LargeBinary)
    at: datetime = column("clear", "trail", sa_type=Moment)


class Guess(SQLModel, table=True):
    """How many receipts were tried in one minute that are none, by everybody together."""

    __table_args__ = {"sqlite_with_rowid": False}
    minute: datetime = column("clear", "guess", primary_key=True, sa_type=Moment)
    count: int = column("clear", "guess")


class CardRow(SQLModel, table=True):
    """The message that shows a case in a chat of officers."""

    __tablename__ = "card"
    case_id: int = column("clear", "case", primary_key=True, sa_type=BigInteger)
    tag: str = column("tag", "case", primary_key=True)
    message: str = column("clear", "case")


class Prompt(SQLModel, table=True):
    """A message to officers: whoever answers it asks the reporter of the case."""

    __table_args__ = {"sqlite_with_rowid": False}
    tag: str = column("tag", "case", primary_key=True)
    message: str = column("clear", "case", primary_key=True)
    case_id: int = column("clear", "case", sa_type=BigInteger, index=True)


class FileRow(SQLModel, table=True):
    """A file a resident sent; its bytes lie sealed in the media folder under `file`."""

    __tablename__ = "file"
    file: str = column("clear", "media", primary_key=True)
    case_id: int | None = column("clear", "media", default=None, sa_type=BigInteger, index=True)
    kind: str = column("clear", "media")
    mime: str = column("clear", "media", default="")
    state: str = column("clear", "media")
    at: datetime = column("clear", "media", sa_type=Moment, index=True)
    # The file's data key: under the week's hot key until a case has the file, then under the case's own.
    wrapped: bytes | None = column("key", "media", default=None, sa_type=LargeBinary)
    digest: bytes | None = column("sealed", "media", default=None, sa_type=LargeBinary)  # SHA-256 of what was sent


class Handle(SQLModel, table=True):
    """What stands behind the buttons of one message: a chat holds a random name for it and nothing that can be read."""

    __table_args__ = {"sqlite_with_rowid": False}
    hash: str = column("tag", "handle", primary_key=True)
    chat: str = column("tag", "handle")
    held: bytes = column("sealed", "handle", sa_type=LargeBinary)
    message: str = column("clear", "handle")  # of the first press: the same buttons in another message are a copy
    uses: int = column("clear", "handle")
    expires: datetime = column("clear", "handle", sa_type=Moment)


class QuestionRow(SQLModel, table=True):
    """Something an officer asked the reporter of a case, and the answer, under the case's key."""

    __tablename__ = "question"
    __table_args__ = (
        Index(
            "question_open", "expires", sqlite_where=text("state = 'asked'"), postgresql_where=text("state = 'asked'")
        ),
    )
    id: int = column("clear", "case", primary_key=True, sa_type=ROW_ID, sa_column_kwargs={"autoincrement": False})
    case_id: int = column("clear", "case", sa_type=BigInteger, index=True)
    state: str = column("clear", "case")  # asked | answered | unknown | declined | expired
    asked: datetime = column("clear", "case", sa_type=Moment)
    expires: datetime = column("clear", "case", sa_type=Moment)
    body: bytes = column("sealed", "case", sa_type=LargeBinary)


class NoteRow(SQLModel, table=True):
    """Words of an officer about a case, under the case's key."""

    __tablename__ = "note"
    id: int = column("clear", "case", primary_key=True, sa_type=ROW_ID, sa_column_kwargs={"autoincrement": False})
    case_id: int = column("clear", "case", sa_type=BigInteger, index=True)
    at: datetime = column("clear", "case", sa_type=Moment)
    private: bool = column("clear", "case")  # for its author alone
    body: bytes = column("sealed", "case", sa_type=LargeBinary)


class GroupRow(SQLModel, table=True):
    """An officers' chat and the scope it serves."""

    __tablename__ = "officer_group"
    tag: str = column("tag", "directory", primary_key=True)
    channel: str = column("clear", "directory")
    chat: bytes = column("sealed", "directory", sa_type=LargeBinary)
    scope: str = column("clear", "directory")
    language: str = column("clear", "directory")
    detail: str = column("clear", "directory")
    doubt: str = column("clear", "directory", default="")  # why a coordinator has to look, comma-separated
    accepted: str = column("clear", "directory", default="")  # what a coordinator has looked at and lets stand
    away: bool = column("clear", "directory", default=False)  # the bot was put out of it: nothing goes there


class Inside(SQLModel, table=True):
    """When a person with a role was last seen in a group, by the platform's word."""

    __table_args__ = {"sqlite_with_rowid": False}
    person: str = column("tag", "directory", primary_key=True)
    chat: str = column("tag", "directory", primary_key=True)
    at: datetime = column("clear", "directory", sa_type=Moment)


class MemberRow(SQLModel, table=True):
    """A person with a role."""

    __tablename__ = "member"
    tag: str = column("tag", "directory", primary_key=True)
    channel: str = column("clear", "directory")
    person: bytes = column("sealed", "directory", sa_type=LargeBinary)
    role: str = column("clear", "directory")
    scope: str = column("clear", "directory")
    language: str = column("clear", "directory")
    seat: str = column("clear", "directory", default="")  # of an officer; see handlers.seats
    since: datetime | None = column("clear", "directory", default=None, sa_type=Moment)
    duty_from: datetime | None = column("clear", "directory", default=None, sa_type=Moment)
    duty_until: datetime | None = column("clear", "directory", default=None, sa_type=Moment)
    same: str = column("tag", "directory", default="")  # of a person with two apps; see handlers.twins


class Code(SQLModel, table=True):
    """A one-time code, as a keyed hash."""

    hash: str = column("tag", "code", primary_key=True)
    purpose: str = column("clear", "code")
    role: str = column("clear", "code")
    scope: str = column("clear", "code")
    seat: str = column("clear", "code", default="")
    expires: datetime = column("clear", "code", sa_type=Moment)
    by: str = column("tag", "code", default="")  # the coordinator who asked for it; empty: an operator


class CodeGuess(SQLModel, table=True):
    """Codes that were not good, counted for a chat (and for all: `*`) in spans of ten minutes."""

    __tablename__ = "code_guess"
    __table_args__ = {"sqlite_with_rowid": False}
    tag: str = column("tag", "guess", primary_key=True)
    span: int = column("clear", "guess", primary_key=True, sa_type=BigInteger)
    count: int = column("clear", "guess")


class Copied(SQLModel, table=True):
    """The words of a report of the last hour as a keyed hash, and the case that said them first."""

    __table_args__ = {"sqlite_with_rowid": False}
    words: str = column("tag", "copied", primary_key=True)
    case_id: int = column("clear", "copied", sa_type=BigInteger)
    at: datetime = column("clear", "copied", sa_type=Moment)


class LinkAsked(SQLModel, table=True):
    """A group that a coordinator linked, until a second one agrees: it gets nothing yet."""

    __tablename__ = "link_asked"
    tag: str = column("tag", "code", primary_key=True)
    channel: str = column("clear", "code")
    chat: bytes = column("sealed", "code", sa_type=LargeBinary)
    scope: str = column("clear", "code")
    language: str = column("clear", "code")
    by: str = column("tag", "code")  # the coordinator whose code it was
    at: datetime = column("clear", "code", sa_type=Moment)


class Training(SQLModel, table=True):
    """A district where reports are an exercise until then."""

    district: str = column("clear", "directory", primary_key=True)
    until: datetime = column("clear", "directory", sa_type=Moment)


class RuleRow(SQLModel, table=True):
    """A routing rule; the lowest id that matches wins. Lists are comma-separated codes, empty means any."""

    __tablename__ = "rule"
    id: int | None = column("clear", "directory", default=None, primary_key=True)
    districts: str = column("clear", "directory")
    kinds: str = column("clear", "directory")
    hours: str = column("clear", "directory")
    targets: str = column("clear", "directory")


class Switched(SQLModel, table=True):
    """A district that a coordinator switched on or off, against the default."""

    district: str = column("clear", "directory", primary_key=True)
    active: bool = column("clear", "directory")


class Revision(SQLModel, table=True):
    """Counts the changes of the directory, so that every process knows when to read it again."""

    name: str = column("clear", "directory", primary_key=True)
    value: int = column("clear", "directory", sa_type=BigInteger)


class Outbox(SQLModel, table=True):
    """One row = one request. `lane` keeps the order inside a chat; everything else about it is sealed."""

    __table_args__ = (
        Index(
            "outbox_lanes",
            "lane",
            "id",
            "state",  # and what the dispatcher asks: it reads the index alone, however much waits
            "due",
            "urgent",
            sqlite_where=text("state = 'todo'"),
            postgresql_where=text("state = 'todo'"),
        ),
        Index("outbox_waits", "lane", sqlite_where=text("state = 'waits'"), postgresql_where=text("state = 'waits'")),
    )
    id: int = column("clear", "outbox", primary_key=True, sa_type=ROW_ID, sa_column_kwargs={"autoincrement": False})
    channel: str = column("clear", "outbox")
    lane: str = column("tag", "outbox")
    kind: str = column("clear", "outbox")  # say | fetch | leave
    payload: bytes = column("sealed", "outbox", sa_type=LargeBinary)
    case_id: int | None = column("clear", "outbox", default=None, sa_type=BigInteger)  # to the reporter of this case
    urgent: bool = column("clear", "outbox")
    due: datetime = column("clear", "outbox", sa_type=Moment)
    made: datetime = column("clear", "outbox", sa_type=Moment)
    attempts: int = column("clear", "outbox")
    state: str = column("clear", "outbox")  # todo | dead | held (until the reporter writes) | waits
    error: str = column("clear", "outbox")
    claimed: str | None = column("clear", "outbox", default=None)  # by which process, until it says how its try ended
    way: str | None = column("clear", "outbox", default=None)  # how it may have left already: any | push


class LetterRow(SQLModel, table=True):
    """A message for a web chat, kept until it was fetched and a day longer. `id` is the outbox row's."""

    __tablename__ = "letter"
    __table_args__ = (Index("letter_by_lane", "lane", "id"),)
    id: int = column("clear", "letter", primary_key=True, sa_type=ROW_ID, sa_column_kwargs={"autoincrement": False})
    key: str = column("clear", "letter", unique=True)
    lane: str = column("tag", "letter")
    body: bytes = column("sealed", "letter", sa_type=LargeBinary)
    at: datetime = column("clear", "letter", sa_type=Moment, index=True)


class History(SQLModel, table=True):
    """What people with a role did and read: append-only, and bound row to row (storage.audit)."""

    __table_args__ = (Index("history_by", "by", "id"),)
    id: int | None = column("clear", "audit", default=None, primary_key=True)
    at: datetime = column("clear", "audit", sa_type=Moment)
    action: str = column("clear", "audit")
    by: str = column("tag", "audit")
    case_id: int | None = column("clear", "audit", default=None, sa_type=BigInteger, index=True)
    facts: str = column("clear", "audit")
    mac: str = column("tag", "audit", default="")  # over this row and the mac of the one before it


class Tally(SQLModel, table=True):
    """Cases opened on a local day, by what they are now; kept in the case's own transaction."""

    __table_args__ = {"sqlite_with_rowid": False}
    day: date = column("clear", "figures", primary_key=True)
    district: str = column("clear", "figures", primary_key=True)
    kind: str = column("clear", "figures", primary_key=True)
    practice: bool = column("clear", "figures", primary_key=True)
    untaken: int = column("clear", "figures")
    taken: int = column("clear", "figures")
    done: int = column("clear", "figures")


class Wait(SQLModel, table=True):
    """How many cases opened on a local day were taken after so many whole minutes; district `*` counts all of them."""

    __table_args__ = {"sqlite_with_rowid": False}
    district: str = column("clear", "figures", primary_key=True)
    day: date = column("clear", "figures", primary_key=True)
    minutes: int = column("clear", "figures", primary_key=True)
    count: int = column("clear", "figures")


class Gone(SQLModel, table=True):
    """A case that was erased: what the figures need, and nothing that anybody said."""

    id: int = column("clear", "figures", primary_key=True, sa_type=ROW_ID, sa_column_kwargs={"autoincrement": False})
    number: str = column("clear", "figures")
    district: str = column("clear", "figures")
    kind: str = column("clear", "figures")
    status: str = column("clear", "figures")
    ending: str = column("clear", "figures")
    urgent: bool = column("clear", "figures")
    practice: bool = column("clear", "figures")
    opened: date = column("clear", "figures", index=True)
    taken: date | None = column("clear", "figures", default=None)
    done: date | None = column("clear", "figures", default=None)
    erased: datetime = column("clear", "figures", sa_type=Moment)
    why: str = column("clear", "figures")  # retention | request
    waited: int | None = column("clear", "figures", default=None)  # whole minutes until it was first taken
    counted: bool = column("clear", "figures", default=True)  # the counters have it; not what was kept from somebody


class MeterDay(SQLModel, table=True):
    """Messages that LINE charged for on one of its own days, by our count."""

    __tablename__ = "meter_day"
    __table_args__ = {"sqlite_with_rowid": False}
    day: date = column("clear", "meter", primary_key=True)
    count: int = column("clear", "meter")


class MeterMonth(SQLModel, table=True):
    """What LINE says of a month: the plan's limit, what is used, and what we had counted when it said so."""

    __tablename__ = "meter_month"
    __table_args__ = {"sqlite_with_rowid": False}
    month: str = column("clear", "meter", primary_key=True)  # such as 2026-11
    limit: int | None = column("clear", "meter", default=None)
    read: datetime | None = column("clear", "meter", default=None, sa_type=Moment)
    told: int = column("clear", "meter")
    then: int = column("clear", "meter")
    refused: int = column("clear", "meter")  # how few recipients a push had that LINE refused; 0: none was
    refused_at: datetime | None = column("clear", "meter", default=None, sa_type=Moment)
    warned: int = column("clear", "meter")  # the stage in percent that coordinators know of


class GroupSize(SQLModel, table=True):
    """How many people get what is said in a group of ours."""

    __tablename__ = "group_size"
    __table_args__ = {"sqlite_with_rowid": False}
    tag: str = column("tag", "directory", primary_key=True)
    members: int = column("clear", "directory")
    at: datetime = column("clear", "directory", sa_type=Moment)


class Mark(SQLModel, table=True):
    """A moment to be remembered: of the last purge, since when nothing is deleted, of an operator's word."""

    name: str = column("clear", "mark", primary_key=True)
    at: datetime = column("clear", "mark", sa_type=Moment)
    why: str = column("clear", "mark", default="")


class Process(SQLModel, table=True):
    """A running process and when it was last heard of: a platform's limit is the account's, so they share it."""

    id: str = column("clear", "process", primary_key=True)
    at: datetime = column("clear", "process", sa_type=Moment)


class Quarantine(SQLModel, table=True):
    """An event that failed alone: stored sealed, answered 200, looked at by the operator."""

    __table_args__ = (UniqueConstraint("channel", "event_id"),)
    id: int | None = column("clear", "quarantine", default=None, primary_key=True)
    channel: str = column("clear", "quarantine")
    event_id: str = column("clear", "quarantine")
    raw: bytes = column("sealed", "quarantine", sa_type=LargeBinary)
    why: str = column("clear", "quarantine")
    at: datetime = column("clear", "quarantine", sa_type=Moment)


MODELS = SQLModel.metadata
