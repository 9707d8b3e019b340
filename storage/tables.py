"""The schema. Every column says what it is at rest (clear, sealed, tag, key) and how long it stays."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Index, Integer, LargeBinary, Table, UniqueConstraint, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as whole milliseconds since 1970: the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else round(value.timestamp() * 1000)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


# SQLite takes a key for the row's own place only where it is called INTEGER; otherwise every table has an index more.
RowId = BigInteger().with_variant(Integer(), "sqlite")


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
            for name, still in (("untaken", "status = 'new'"), ("open", "status <> 'done'"))
            for name, columns in (
                (f"cases_{name}", ("urgent", "opened")),
                (f"cases_{name}_there", ("district", "urgent", "opened")),
            )
        ),
        Index("cases_unrouted", "id", sqlite_where=text("routed = false"), postgresql_where=text("routed = false")),
    )
    id: int = column("clear", "case", primary_key=True, sa_type=RowId, sa_column_kwargs={"autoincrement": False})
    number: str = column("clear", "case", unique=True)
    kind: str = column("clear", "case")
    district: str = column("clear", "case")
    status: str = column("clear", "case")
    urgent: bool = column("clear", "case")
    language: str = column("clear", "case")
    may_ask: bool = column("clear", "case")
    practice: bool = column("clear", "case")
    routed: bool = column("clear", "case")
    opened: datetime = column("clear", "case", sa_type=Moment)
    taken: datetime | None = column("clear", "case", default=None, sa_type=Moment)
    done: datetime | None = column("clear", "case", default=None, sa_type=Moment)
    taken_by: bytes | None = column("sealed", "case", default=None, sa_type=LargeBinary)
    details: bytes = column("sealed", "case", sa_type=LargeBinary)
    reporter: str = column("tag", "contact", index=True)


class Wrap(SQLModel, table=True):
    """The data key of one case, wrapped by a weekly key. Without this row the case cannot be read by anybody."""

    case_id: int = column("clear", "wrap", primary_key=True, sa_type=RowId, sa_column_kwargs={"autoincrement": False})
    wrapped: bytes = column("key", "wrap", sa_type=LargeBinary)


class Contact(SQLModel, table=True):
    """Where the reporter of a case can be answered; unlocked only by the dispatcher."""

    case_id: int = column(
        "clear", "contact", primary_key=True, sa_type=RowId, sa_column_kwargs={"autoincrement": False}
    )
    channel: str = column("clear", "contact")
    lane: str = column("tag", "contact")
    address: bytes = column("sealed", "contact", sa_type=LargeBinary)


class CardRow(SQLModel, table=True):
    """The message that shows a case in a chat of officers."""

    __tablename__ = "card"
    case_id: int = column("clear", "case", primary_key=True, sa_type=BigInteger)
    tag: str = column("tag", "case", primary_key=True)
    message: str = column("clear", "case")


class FileRow(SQLModel, table=True):
    """A file a resident sent; its bytes lie sealed in the media folder under `file`."""

    __tablename__ = "file"
    file: str = column("clear", "media", primary_key=True)
    case_id: int | None = column("clear", "media", default=None, sa_type=BigInteger, index=True)
    kind: str = column("clear", "media")
    mime: str = column("clear", "media", default="")
    state: str = column("clear", "media")
    at: datetime = column("clear", "media", sa_type=Moment, index=True)


class GroupRow(SQLModel, table=True):
    """An officers' chat and the scope it serves."""

    __tablename__ = "officer_group"
    tag: str = column("tag", "directory", primary_key=True)
    channel: str = column("clear", "directory")
    chat: bytes = column("sealed", "directory", sa_type=LargeBinary)
    scope: str = column("clear", "directory")
    language: str = column("clear", "directory")
    detail: str = column("clear", "directory")


class MemberRow(SQLModel, table=True):
    """A person with a role."""

    __tablename__ = "member"
    tag: str = column("tag", "directory", primary_key=True)
    channel: str = column("clear", "directory")
    person: bytes = column("sealed", "directory", sa_type=LargeBinary)
    role: str = column("clear", "directory")
    scope: str = column("clear", "directory")
    language: str = column("clear", "directory")


class Code(SQLModel, table=True):
    """A one-time code, as a keyed hash."""

    hash: str = column("tag", "code", primary_key=True)
    purpose: str = column("clear", "code")
    role: str = column("clear", "code")
    scope: str = column("clear", "code")
    expires: datetime = column("clear", "code", sa_type=Moment)


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
    )
    id: int = column("clear", "outbox", primary_key=True, sa_type=RowId, sa_column_kwargs={"autoincrement": False})
    channel: str = column("clear", "outbox")
    lane: str = column("tag", "outbox")
    kind: str = column("clear", "outbox")  # say | fetch | leave
    payload: bytes = column("sealed", "outbox", sa_type=LargeBinary)
    case_id: int | None = column("clear", "outbox", default=None, sa_type=BigInteger)  # to the reporter of this case
    urgent: bool = column("clear", "outbox")
    due: datetime = column("clear", "outbox", sa_type=Moment)
    made: datetime = column("clear", "outbox", sa_type=Moment)
    attempts: int = column("clear", "outbox")
    state: str = column("clear", "outbox")  # todo | dead
    error: str = column("clear", "outbox")


class LetterRow(SQLModel, table=True):
    """A message for a web chat, kept until it was fetched and a day longer. `id` is the outbox row's."""

    __tablename__ = "letter"
    __table_args__ = (Index("letter_by_lane", "lane", "id"),)
    id: int = column("clear", "letter", primary_key=True, sa_type=RowId, sa_column_kwargs={"autoincrement": False})
    key: str = column("clear", "letter", unique=True)
    lane: str = column("tag", "letter")
    body: bytes = column("sealed", "letter", sa_type=LargeBinary)
    at: datetime = column("clear", "letter", sa_type=Moment, index=True)


class History(SQLModel, table=True):
    """Who did what with which case: append-only."""

    id: int | None = column("clear", "audit", default=None, primary_key=True)
    at: datetime = column("clear", "audit", sa_type=Moment)
    action: str = column("clear", "audit")
    by: str = column("tag", "audit")
    case_id: int | None = column("clear", "audit", default=None, sa_type=BigInteger, index=True)
    facts: str = column("clear", "audit")


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


def core(model: type[SQLModel]) -> Table:
    """The table behind a model: the hot path speaks SQLAlchemy Core, in bulk."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


INBOX = core(Inbox)
CONVERSATION = core(Conversation)
CASES = core(CaseRow)
WRAP = core(Wrap)
CONTACT = core(Contact)
CARD = core(CardRow)
FILE = core(FileRow)
GROUP = core(GroupRow)
MEMBER = core(MemberRow)
CODE = core(Code)
RULE = core(RuleRow)
SWITCHED = core(Switched)
REVISION = core(Revision)
OUTBOX = core(Outbox)
LETTER = core(LetterRow)
HISTORY = core(History)
TALLY = core(Tally)
WAIT = core(Wait)
PROCESS = core(Process)
QUARANTINE = core(Quarantine)
