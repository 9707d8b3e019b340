"""The tables of storage/tables.py as SQLAlchemy Core, without indexes: what a running process speaks.

Written by `make core`. Change the models, not this file (docs/decisions/0019).
"""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, MetaData, String, Table

from storage.columns import MOMENT, ROW_ID

ALL = MetaData()
TEXT, FLAG, NUMBER, LONG, BYTES, DAY = String(), Boolean(), Integer(), BigInteger(), LargeBinary(), Date()

ARCHIVE = Table(
    "archive",
    ALL,
    Column("case_id", LONG, primary_key=True),
    Column("recipient", TEXT, primary_key=True),
    Column("wrapped", BYTES),
)

CARD = Table(
    "card",
    ALL,
    Column("case_id", LONG, primary_key=True),
    Column("tag", TEXT, primary_key=True),
    Column("message", TEXT),
)

CASES = Table(
    "cases",
    ALL,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("number", TEXT),
    Column("kind", TEXT),
    Column("district", TEXT),
    Column("desk", TEXT),
    Column("status", TEXT),
    Column("ending", TEXT, default=""),
    Column("urgent", FLAG),
    Column("language", TEXT),
    Column("may_ask", FLAG),
    Column("practice", FLAG),
    Column("routed", FLAG),
    Column("opened", MOMENT),
    Column("taken", MOMENT),
    Column("done", MOMENT),
    Column("offered", TEXT, default=""),
    Column("offered_until", MOMENT),
    Column("step", NUMBER, default=0),
    Column("step_at", MOMENT),
    Column("event", LONG),
    Column("taken_by", BYTES),
    Column("holder", TEXT, default=""),
    Column("details", BYTES),
    Column("reporter", TEXT),
    Column("receipt", TEXT),
    Column("behalf", FLAG, default=False),
    Column("excluded", TEXT, default=""),
    Column("felt", TEXT, default=""),
    Column("exercise", FLAG, default=False),
    Column("alike", LONG),
)

CODE = Table(
    "code",
    ALL,
    Column("hash", TEXT, primary_key=True),
    Column("purpose", TEXT),
    Column("role", TEXT),
    Column("scope", TEXT),
    Column("seat", TEXT, default=""),
    Column("expires", MOMENT),
    Column("by", TEXT, default=""),
)

CODE_GUESS = Table(
    "code_guess",
    ALL,
    Column("tag", TEXT, primary_key=True),
    Column("span", LONG, primary_key=True),
    Column("count", NUMBER),
)

CONTACT = Table(
    "contact",
    ALL,
    Column("case_id", ROW_ID, primary_key=True, autoincrement=False),
    Column("channel", TEXT),
    Column("lane", TEXT),
    Column("address", BYTES),
    Column("rule", TEXT, default="any"),
)

CONVERSATION = Table(
    "conversation",
    ALL,
    Column("tag", TEXT, primary_key=True),
    Column("memory", BYTES),
    Column("half", FLAG),
    Column("at", MOMENT),
)

COPIED = Table(
    "copied",
    ALL,
    Column("words", TEXT, primary_key=True),
    Column("case_id", LONG),
    Column("at", MOMENT),
)

FILE = Table(
    "file",
    ALL,
    Column("file", TEXT, primary_key=True),
    Column("case_id", LONG),
    Column("kind", TEXT),
    Column("mime", TEXT, default=""),
    Column("state", TEXT),
    Column("at", MOMENT),
    Column("wrapped", BYTES),
    Column("digest", BYTES),
)

GONE = Table(
    "gone",
    ALL,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("number", TEXT),
    Column("district", TEXT),
    Column("kind", TEXT),
    Column("status", TEXT),
    Column("ending", TEXT),
    Column("urgent", FLAG),
    Column("practice", FLAG),
    Column("opened", DAY),
    Column("taken", DAY),
    Column("done", DAY),
    Column("erased", MOMENT),
    Column("why", TEXT),
    Column("waited", NUMBER),
    Column("counted", FLAG, default=True),
)

SIZE = Table(
    "group_size",
    ALL,
    Column("tag", TEXT, primary_key=True),
    Column("members", NUMBER),
    Column("at", MOMENT),
)

GUESS = Table(
    "guess",
    ALL,
    Column("minute", MOMENT, primary_key=True),
    Column("count", NUMBER),
)

HANDLE = Table(
    "handle",
    ALL,
    Column("hash", TEXT, primary_key=True),
    Column("chat", TEXT),
    Column("held", BYTES),
    Column("message", TEXT),
    Column("uses", NUMBER),
    Column("expires", MOMENT),
)

HISTORY = Table(
    "history",
    ALL,
    Column("id", NUMBER, primary_key=True),
    Column("at", MOMENT),
    Column("action", TEXT),
    Column("by", TEXT),
    Column("case_id", LONG),
    Column("facts", TEXT),
    Column("mac", TEXT, default=""),
)

INBOX = Table(
    "inbox",
    ALL,
    Column("key", TEXT, primary_key=True),
    Column("at", MOMENT),
)

INSIDE = Table(
    "inside",
    ALL,
    Column("person", TEXT, primary_key=True),
    Column("chat", TEXT, primary_key=True),
    Column("at", MOMENT),
)

LETTER = Table(
    "letter",
    ALL,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("key", TEXT),
    Column("lane", TEXT),
    Column("body", BYTES),
    Column("at", MOMENT),
)

LINK_ASKED = Table(
    "link_asked",
    ALL,
    Column("tag", TEXT, primary_key=True),
    Column("channel", TEXT),
    Column("chat", BYTES),
    Column("scope", TEXT),
    Column("language", TEXT),
    Column("by", TEXT),
    Column("at", MOMENT),
)

MARK = Table(
    "mark",
    ALL,
    Column("name", TEXT, primary_key=True),
    Column("at", MOMENT),
    Column("why", TEXT, default=""),
)

MEMBER = Table(
    "member",
    ALL,
    Column("tag", TEXT, primary_key=True),
    Column("channel", TEXT),
    Column("person", BYTES),
    Column("role", TEXT),
    Column("scope", TEXT),
    Column("language", TEXT),
    Column("seat", TEXT, default=""),
    Column("since", MOMENT),
    Column("duty_from", MOMENT),
    Column("duty_until", MOMENT),
    Column("same", TEXT, default=""),
)

METER_DAY = Table(
    "meter_day",
    ALL,
    Column("day", DAY, primary_key=True),
    Column("count", NUMBER),
)

METER_MONTH = Table(
    "meter_month",
    ALL,
    Column("month", TEXT, primary_key=True),
    Column("limit", NUMBER),
    Column("read", MOMENT),
    Column("told", NUMBER),
    Column("then", NUMBER),
    Column("refused", NUMBER),
    Column("refused_at", MOMENT),
    Column("warned", NUMBER),
)

NOTE = Table(
    "note",
    ALL,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("case_id", LONG),
    Column("at", MOMENT),
    Column("private", FLAG),
    Column("body", BYTES),
)

GROUP = Table(
    "officer_group",
    ALL,
    Column("tag", TEXT, primary_key=True),
    Column("channel", TEXT),
    Column("chat", BYTES),
    Column("scope", TEXT),
    Column("language", TEXT),
    Column("detail", TEXT),
    Column("doubt", TEXT, default=""),
    Column("accepted", TEXT, default=""),
    Column("away", FLAG, default=False),
)

OUTBOX = Table(
    "outbox",
    ALL,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("channel", TEXT),
    Column("lane", TEXT),
    Column("kind", TEXT),
    Column("payload", BYTES),
    Column("case_id", LONG),
    Column("urgent", FLAG),
    Column("due", MOMENT),
    Column("made", MOMENT),
    Column("attempts", NUMBER),
    Column("state", TEXT),
    Column("error", TEXT),
    Column("claimed", TEXT),
    Column("way", TEXT),
)

PROCESS = Table(
    "process",
    ALL,
    Column("id", TEXT, primary_key=True),
    Column("at", MOMENT),
)

PROMPT = Table(
    "prompt",
    ALL,
    Column("tag", TEXT, primary_key=True),
    Column("message", TEXT, primary_key=True),
    Column("case_id", LONG),
)

QUARANTINE = Table(
    "quarantine",
    ALL,
    Column("id", NUMBER, primary_key=True),
    Column("channel", TEXT),
    Column("event_id", TEXT),
    Column("raw", BYTES),
    Column("why", TEXT),
    Column("at", MOMENT),
)

QUESTION = Table(
    "question",
    ALL,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("case_id", LONG),
    Column("state", TEXT),
    Column("asked", MOMENT),
    Column("expires", MOMENT),
    Column("body", BYTES),
)

REVISION = Table(
    "revision",
    ALL,
    Column("name", TEXT, primary_key=True),
    Column("value", LONG),
)

RULE = Table(
    "rule",
    ALL,
    Column("id", NUMBER, primary_key=True),
    Column("districts", TEXT),
    Column("kinds", TEXT),
    Column("hours", TEXT),
    Column("targets", TEXT),
)

SWITCHED = Table(
    "switched",
    ALL,
    Column("district", TEXT, primary_key=True),
    Column("active", FLAG),
)

TALLY = Table(
    "tally",
    ALL,
    Column("day", DAY, primary_key=True),
    Column("district", TEXT, primary_key=True),
    Column("kind", TEXT, primary_key=True),
    Column("practice", FLAG, primary_key=True),
    Column("untaken", NUMBER),
    Column("taken", NUMBER),
    Column("done", NUMBER),
)

TRAIL = Table(
    "trail",
    ALL,
    Column("tag", TEXT, primary_key=True),
    Column("id", LONG, primary_key=True),
    Column("message", BYTES),
    Column("at", MOMENT),
)

TRAINING = Table(
    "training",
    ALL,
    Column("district", TEXT, primary_key=True),
    Column("until", MOMENT),
)

WAIT = Table(
    "wait",
    ALL,
    Column("district", TEXT, primary_key=True),
    Column("day", DAY, primary_key=True),
    Column("minutes", NUMBER, primary_key=True),
    Column("count", NUMBER),
)

WRAP = Table(
    "wrap",
    ALL,
    Column("case_id", ROW_ID, primary_key=True, autoincrement=False),
    Column("wrapped", BYTES),
)
