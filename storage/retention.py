"""What has outlived its time is deleted, unless the clock is doubtful or a run would take too much."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, or_, select, update

from handlers.events import Address
from handlers.life import ENDED
from handlers.linking import KEPT as LINK_KEPT
from handlers.values import dataclass
from storage import audit, clock, copies, guesses
from storage.clock import Stopped
from storage.columns import Moment
from storage.core import (
    CASES,
    CODE,
    CODE_GUESS,
    CONTACT,
    CONVERSATION,
    COPIED,
    FILE,
    GUESS,
    HANDLE,
    INBOX,
    LETTER,
    LINK_ASKED,
    OUTBOX,
    QUARANTINE,
    TRAIL,
    TRAINING,
)
from storage.erasing import erase
from storage.store import Store

TRAIL_KEPT = timedelta(hours=48)  # for so long Telegram deletes a message (core.telegram.org/bots/api#deletemessage)
IDLE = timedelta(days=90)  # a chat nobody wrote in for so long is forgotten: language and agreement are asked anew
AT_ONCE = 500  # cases erased in one run: the transaction stays short, and 24,000 go in a day


@dataclass(frozen=True, slots=True)
class Keep:
    """How long each thing stays, and how much one run may take. docs/decisions/0010-retention.md argues the figures."""

    inbox: timedelta
    letters: timedelta
    half_report: timedelta
    quarantine: timedelta
    dead_letter: timedelta
    contact: timedelta  # from the closing of a case: the way to answer whoever reported it
    closed: timedelta = timedelta(days=365)
    closed_by_kind: Mapping[str, timedelta] = field(default_factory=dict)
    false: timedelta = timedelta(days=90)
    withdrawn: timedelta = timedelta(days=30)
    open: timedelta = timedelta(days=730)
    practice: timedelta = timedelta(days=30)
    media: timedelta = timedelta(days=90)
    history: timedelta = timedelta(days=730)
    longest_pause: timedelta = timedelta(days=7)
    most_share: float = 0.05
    most_rows: int = 200


TURNED = timedelta(days=40)  # then the month has turned for which a message waited, and nobody looked for it


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rows of a table have had their time. `guarded`: they cannot be had again, no run must take too many."""

    name: str
    table: Table
    old: ColumnElement[bool]
    guarded: bool = True


def rules(now: datetime, keep: Keep) -> tuple[Rule, ...]:
    half = and_(FILE.c.case_id.is_(None), FILE.c.at < now - keep.half_report)
    dead = or_(
        and_(OUTBOX.c.state.in_(("dead", "held")), OUTBOX.c.made < now - keep.dead_letter),
        and_(OUTBOX.c.state == "waits", OUTBOX.c.made < now - max(keep.dead_letter, TURNED)),
    )
    forgotten = or_(
        and_(CONVERSATION.c.half, CONVERSATION.c.at < now - keep.half_report), CONVERSATION.c.at < now - IDLE
    )
    return (
        Rule("event ids", INBOX, INBOX.c.at < now - keep.inbox, guarded=False),
        Rule("letters", LETTER, LETTER.c.at < now - keep.letters, guarded=False),
        Rule("codes", CODE, CODE.c.expires < now, guarded=False),
        Rule("wrong codes", CODE_GUESS, CODE_GUESS.c.span < guesses.span(now), guarded=False),
        Rule("wrong receipts", GUESS, GUESS.c.minute < now - timedelta(hours=1), guarded=False),
        Rule("copied words", COPIED, COPIED.c.at < now - copies.WITHIN, guarded=False),
        Rule("trainings", TRAINING, TRAINING.c.until < now, guarded=False),
        Rule("links asked for", LINK_ASKED, LINK_ASKED.c.at < now - LINK_KEPT, guarded=False),
        Rule("buttons", HANDLE, HANDLE.c.expires < now, guarded=False),
        Rule("trails", TRAIL, TRAIL.c.at < now - TRAIL_KEPT, guarded=False),
        Rule("contacts", CONTACT, CONTACT.c.case_id.in_(_answered(now, keep))),
        Rule("half reports", CONVERSATION, forgotten),
        Rule("set aside", QUARANTINE, QUARANTINE.c.at < now - keep.quarantine),
        Rule("dead letters", OUTBOX, dead),
        Rule("files", FILE, and_(FILE.c.state != "dropped", or_(half, _media(now, keep)))),
        Rule("cases", CASES, _outlived(now, keep)),
    )


def purge(connection: Connection, store: Store, keep: Keep, drift: timedelta = timedelta(0)) -> tuple[int, list[str]]:
    """Delete in the caller's transaction; how many rows went, and the files whose bytes must follow. Raises Stopped."""
    now = store.now()
    found = rules(now, keep)
    if not clock.allowed(connection, now):
        _look(connection, now, keep, found, drift)
    gone = 0
    for rule in found:
        match rule.name:
            case "cases":
                old = list(connection.execute(select(CASES.c.id).where(rule.old).limit(AT_ONCE)).scalars())
                erase(connection, store, old, "retention")
                gone += len(old)
            case "files":
                connection.execute(update(FILE).where(rule.old).values(state="dropped", wrapped=None))
            case _:
                gone += connection.execute(delete(rule.table).where(rule.old)).rowcount
    gone += audit.forget(connection, store.vault, now, now - keep.history)
    clock.passed(connection, now)
    return gone, list(connection.execute(select(FILE.c.file).where(FILE.c.state == "dropped")).scalars())


def due(connection: Connection, now: datetime, keep: Keep) -> list[tuple[str, int, int]]:
    """What a run would take now: name, how many, of how many."""
    return [(rule.name, *_counts(connection, rule)) for rule in rules(now, keep)]


def forget_contacts(connection: Connection, store: Store, chat: Address) -> int:
    """Nobody can write to this chat about its reports any more, and nobody can tell which they were; how many."""
    mine = CASES.c.reporter.in_(store.reporters(chat))
    connection.execute(update(CASES).where(mine).values(reporter=""))
    return connection.execute(delete(CONTACT).where(CONTACT.c.lane == store.tag(chat))).rowcount


def forget_files(connection: Connection, files: list[str]) -> None:
    """The rows of files whose bytes are gone."""
    connection.execute(delete(FILE).where(FILE.c.file.in_(files)))


def _look(connection: Connection, now: datetime, keep: Keep, found: tuple[Rule, ...], drift: timedelta) -> None:
    """Raise Stopped where a run is not to be trusted."""
    if why := clock.doubt(connection, now, keep.longest_pause, drift):
        raise Stopped(why)
    for rule in found:
        old, there = _counts(connection, rule) if rule.guarded else (0, 0)
        if old > max(keep.most_rows, keep.most_share * there):
            raise Stopped(f"{old} of {there} {rule.name} would go at once")


def _counts(connection: Connection, rule: Rule) -> tuple[int, int]:
    old = connection.execute(select(func.count()).select_from(rule.table).where(rule.old)).scalar_one()
    return old, connection.execute(select(func.count()).select_from(rule.table)).scalar_one() if old else 0


def _media(now: datetime, keep: Keep) -> ColumnElement[bool]:
    """Files of closed cases: they go before the words do, for a voice or a face says more than both."""
    ended = select(CASES.c.id).where(CASES.c.status.in_(ENDED), CASES.c.done < now - keep.media)
    return FILE.c.case_id.in_(ended)


def _answered(now: datetime, keep: Keep) -> Select[tuple[int]]:
    """Cases whose reporter is not written to any more: closed for a while, or nothing moved and nobody wrote."""
    held = CONTACT.alias()
    wrote = select(CONVERSATION.c.tag).where(CONVERSATION.c.tag == held.c.lane, CONVERSATION.c.at >= now - IDLE)
    moved = func.coalesce(CASES.c.done, CASES.c.taken, CASES.c.opened, type_=Moment())
    closed = and_(CASES.c.status.in_(ENDED), moved < now - keep.contact)
    silent = and_(moved < now - IDLE, ~wrote.correlate(held).exists())
    return select(held.c.case_id).join(CASES, CASES.c.id == held.c.case_id).where(or_(closed, silent))


def _outlived(now: datetime, keep: Keep) -> ColumnElement[bool]:
    ended, practice = CASES.c.status.in_(ENDED), CASES.c.practice.is_(True)
    closed = [and_(CASES.c.kind == kind, CASES.c.done < now - span) for kind, span in keep.closed_by_kind.items()]
    other = and_(CASES.c.kind.not_in(list(keep.closed_by_kind)), CASES.c.done < now - keep.closed)
    return or_(
        and_(or_(practice, CASES.c.exercise.is_(True)), CASES.c.opened < now - keep.practice),
        and_(ended, or_(other, *closed)),
        and_(ended, CASES.c.ending == "false", CASES.c.done < now - keep.false),
        and_(CASES.c.status == "withdrawn", CASES.c.done < now - keep.withdrawn),
        and_(~ended, CASES.c.opened < now - keep.open),
    )
