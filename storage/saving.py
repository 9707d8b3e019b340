"""Save what a round of turns decided: effects become rows, rows are written in bulk, table by table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select, update

from handlers.dates import local_day
from handlers.effects import (
    AddRule,
    Amend,
    Decision,
    Dismiss,
    DropMedia,
    DropRule,
    Effect,
    Enroll,
    FetchMedia,
    Keep,
    Leave,
    LinkGroup,
    MakeCode,
    MoveCase,
    MoveChat,
    OpenCase,
    Record,
    Reporter,
    Routed,
    Say,
    ShowMenu,
    Silence,
    SwitchDistrict,
    UnlinkGroup,
    UseCode,
)
from handlers.events import Address, Incoming, Outcome
from handlers.world import EVERYWHERE, Memory, World
from storage import directory, figures, outbox, prepared, worlds
from storage.store import Store, context
from storage.tables import CARD, CASES, CODE, CONTACT, CONVERSATION, FILE, HISTORY, OUTBOX, WRAP

Turn = tuple[Incoming, World, Decision]


class Overtaken(Exception):
    """A case is no longer as this turn saw it: the batch is taken again, one by one."""


@dataclass
class Rows:
    """What a round writes, collected before the first statement."""

    conversations: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    wraps: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    codes: list[dict[str, Any]] = field(default_factory=list)
    changes: list[directory.Change] = field(default_factory=list)
    outcomes: list[Incoming] = field(default_factory=list)
    sends: list[tuple[Address | Reporter, Incoming, str, dict[str, Any]]] = field(default_factory=list)
    tally: Counter[figures.TallyKey] = field(default_factory=Counter)
    waits: Counter[figures.WaitKey] = field(default_factory=Counter)


def save(connection: Connection, store: Store, turns: Sequence[Turn]) -> None:
    rows = Rows()
    for event, world, decision in turns:
        if isinstance(event.body, Outcome):
            rows.outcomes.append(event)
        said: dict[Address | Reporter, list[Say]] = {}
        for effect in decision:
            if isinstance(effect, Say):
                said.setdefault(effect.to, []).append(effect)
            else:
                _collect(connection, store, event, world, effect, rows)
        for to, says in said.items():
            _say(store, event, to, says, rows)
    _write(connection, store, rows)


def _say(store: Store, event: Incoming, to: Address | Reporter, says: Sequence[Say], rows: Rows) -> None:
    # A reporter's channel is known to the dispatcher only; what is said to them is a line or two, short everywhere.
    channel = to.channel if isinstance(to, Address) else event.chat.channel
    rows.sends += [(to, event, "say", payload) for payload in outbox.requests(store, event, says, channel)]


def _collect(connection: Connection, store: Store, event: Incoming, world: World, effect: Effect, rows: Rows) -> None:
    """One effect as rows, or, where it changes rows that stand, as a statement."""
    match effect:
        case Keep(memory=memory):
            rows.conversations.append(_conversation(store, event.chat, memory))
        case OpenCase():
            _open_case(store, event, effect, rows)
        case MoveCase():
            _move_case(connection, store, event, world, effect, rows)
        case Record(action=action, by=by, case=case, facts=facts):
            who = store.person(event.chat.channel, by)
            rows.history.append(
                {
                    "at": event.at,
                    "action": action,
                    "by": who,
                    "case_id": case or None,
                    "facts": orjson.dumps(dict(facts)).decode(),
                }
            )
        case FetchMedia(media=media, file=file):
            rows.files.append(
                {"file": file, "case_id": None, "kind": media.kind, "mime": "", "state": "waiting", "at": store.now()}
            )
            rows.sends.append(
                (
                    event.chat,
                    event,
                    "fetch",
                    {"ref": media.ref, "file": file, "kind": media.kind, "mime": media.mime, "urgent": True},
                )
            )
        case MakeCode() | UseCode():
            _code(connection, store, effect, rows)
        case ShowMenu(chat=chat, language=language):
            rows.sends.append((chat, event, "menu", {"language": language}))
        case Leave(chat=chat, after=after):
            rows.sends.append((chat, event, "leave", {"after": after}))
        case (
            LinkGroup() | UnlinkGroup() | MoveChat() | Enroll() | Dismiss() | AddRule() | DropRule() | SwitchDistrict()
        ):
            rows.changes.append(effect)
        case _:
            _change(connection, store, effect)


def _change(connection: Connection, store: Store, effect: Effect) -> None:
    """Effects that change rows which stand already."""
    match effect:
        case Amend(case=case, details=details):
            _amend(connection, store, case, details)
        case Routed(case=case, reached=reached):
            connection.execute(update(CASES).where(CASES.c.id == case).values(routed=reached))
        case DropMedia(file=file):
            connection.execute(update(FILE).where(FILE.c.file == file).values(state="dropped"))
        case Silence(chat=chat):
            connection.execute(delete(OUTBOX).where(OUTBOX.c.lane == store.tag(chat)))


def _conversation(store: Store, chat: Address, memory: Memory) -> dict[str, Any]:
    tag = store.tag(chat)
    sealed = store.seal(worlds.write_memory(memory), context("conversation", "memory", tag))
    return {"tag": tag, "memory": sealed, "half": bool(memory.answers), "at": store.now()}


def _open_case(store: Store, event: Incoming, case: OpenCase, rows: Rows) -> None:
    key = store.vault.case_key()
    tag = store.tag(event.chat)
    rows.cases.append(
        {
            "id": case.id,
            "number": case.number,
            "kind": case.kind,
            "district": case.district,
            "status": "new",
            "urgent": case.urgent,
            "language": case.language,
            "may_ask": case.may_ask,
            "practice": case.practice,
            "routed": case.routed or case.practice,
            "opened": event.at,
            "details": key.seal(orjson.dumps(dict(case.details)), context("cases", "details", case.id)),
            "reporter": "" if case.practice else tag,
        }
    )
    rows.wraps.append({"case_id": case.id, "wrapped": store.vault.wrap(key, case.id)})
    if not case.practice:
        address = store.vault.seal_contact(event.chat.chat.encode(), context("contact", "address", case.id))
        rows.contacts.append({"case_id": case.id, "channel": event.chat.channel, "lane": tag, "address": address})
    rows.tally[local_day(event.at, store.rules.zone), case.district, case.kind, "new", case.practice] += 1
    rows.files += [{"file": f, "case_id": case.id} for f in case.files]


def _move_case(connection: Connection, store: Store, event: Incoming, world: World, move: MoveCase, rows: Rows) -> None:
    """A case in its new status, by name; its counters follow. Raises Overtaken when somebody was faster."""
    case = next(c for c in world.cases if c.id == move.case)
    wrapped = connection.execute(select(WRAP.c.wrapped).where(WRAP.c.case_id == move.case)).scalar_one()
    name = store.vault.unwrap(wrapped, move.case).seal(orjson.dumps(move.by), context("cases", "taken_by", move.case))
    when: dict[str, datetime] = {"taken" if move.to == "taken" else "done": event.at}
    changed = (
        update(CASES)
        .where(CASES.c.id == move.case, CASES.c.status == move.was)
        .values(status=move.to, taken_by=name, **when)
    )
    if connection.execute(changed).rowcount != 1:
        raise Overtaken
    day = local_day(case.opened, store.rules.zone)
    rows.tally[day, case.district, case.kind, move.was, case.practice] -= 1
    rows.tally[day, case.district, case.kind, move.to, case.practice] += 1
    if case.taken is None and move.was == "new":
        minutes = max(0, int((event.at - case.opened).total_seconds() // 60))
        for district in (case.district, EVERYWHERE):
            rows.waits[day, district, minutes] += 1


def _amend(connection: Connection, store: Store, case: int, details: Any) -> None:
    wrapped = connection.execute(select(WRAP.c.wrapped).where(WRAP.c.case_id == case)).scalar_one_or_none()
    if wrapped is None:
        return
    sealed = store.vault.unwrap(wrapped, case).seal(orjson.dumps(dict(details)), context("cases", "details", case))
    connection.execute(update(CASES).where(CASES.c.id == case).values(details=sealed))


def _code(connection: Connection, store: Store, effect: MakeCode | UseCode, rows: Rows) -> None:
    kept = store.vault.code_hash(effect.code)
    if isinstance(effect, UseCode):
        connection.execute(delete(CODE).where(CODE.c.hash == kept))
        return
    rows.codes.append(
        {"hash": kept, "purpose": effect.purpose, "role": effect.role, "scope": effect.scope, "expires": effect.expires}
    )


def _write(connection: Connection, store: Store, rows: Rows) -> None:
    prepared.put(connection, CONVERSATION, rows.conversations, ("tag",))
    new_files = [f for f in rows.files if "state" in f]
    for table, made in (
        (CASES, rows.cases),
        (WRAP, rows.wraps),
        (CONTACT, rows.contacts),
        (FILE, new_files),
        (HISTORY, rows.history),
        (CODE, rows.codes),
    ):
        prepared.insert(connection, table, made)
    for belongs in (f for f in rows.files if "state" not in f):
        connection.execute(update(FILE).where(FILE.c.file == belongs["file"]).values(case_id=belongs["case_id"]))
    figures.add(connection, rows.tally, rows.waits)
    _settle(connection, store, rows.outcomes)
    directory.change(connection, store, rows.changes)
    if rows.sends:
        made = outbox.rows(connection, store, rows.sends)
        prepared.insert(connection, OUTBOX, made)


def _settle(connection: Connection, store: Store, events: Sequence[Incoming]) -> None:
    """Deliveries: the row goes, a sent card's message id stays, a fetched file is marked as what it is."""
    outcomes = [(e, e.body) for e in events if isinstance(e.body, Outcome)]
    if not outcomes:
        return
    outbox.settle(connection, [o for _, o in outcomes])
    cards = [
        {"case_id": o.card, "tag": store.tag(e.chat), "message": o.message} for e, o in outcomes if o.card and o.message
    ]
    latest = {(card["case_id"], card["tag"]): card for card in cards}
    prepared.put(connection, CARD, list(latest.values()), ("case_id", "tag"))
    for _, outcome in outcomes:
        if outcome.result:
            got = dict(outcome.result)
            file = got.pop("file")
            connection.execute(update(FILE).where(FILE.c.file == file, FILE.c.state == "waiting").values(**got))
