"""Save what a round of turns decided: effects become rows, rows are written in bulk, table by table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, update

from handlers import due
from handlers.dates import local_day
from handlers.effects import (
    AddNote,
    AddRule,
    Adopt,
    Amend,
    AnswerQuestion,
    AskLink,
    AskReporter,
    Check,
    Climb,
    Decision,
    Dismiss,
    Doubt,
    DropLink,
    DropMedia,
    DropPrompt,
    DropRule,
    Effect,
    Enroll,
    Erase,
    Felt,
    FetchMedia,
    ForgetChat,
    Guessed,
    Hand,
    HandOver,
    Join,
    Keep,
    Leave,
    LinkGroup,
    MakeCode,
    Metered,
    MoveCase,
    MoveChat,
    Offer,
    OpenCase,
    Recall,
    Record,
    Released,
    Reporter,
    Routed,
    Say,
    Seen,
    SetContact,
    ShowMenu,
    Silence,
    Status,
    SwitchDistrict,
    Train,
    Translate,
    UnlinkGroup,
    UseCode,
    VoidCodes,
)
from handlers.events import Address, Incoming, Outcome
from handlers.life import ENDED, WORKED_ON
from handlers.world import EVERYWHERE, Memory, World
from storage import (
    audit,
    casekeys,
    climbing,
    copies,
    directory,
    figures,
    membership,
    meter,
    outbox,
    prepared,
    remarks,
    reporters,
    retention,
    spool,
    trail,
    worlds,
)
from storage.core import ARCHIVE, CARD, CASES, CODE, CONTACT, CONVERSATION, FILE, LETTER, OUTBOX, PROMPT, TRAIL, WRAP
from storage.store import Store, context
from storage.vault import CaseKey

ASKING = ("case_id", "tag", "message")
Turn = tuple[Incoming, World, Decision]


class Overtaken(Exception):
    """A case is no longer as this turn saw it: the batch is taken again, one by one."""


@dataclass
class Rows:
    """What a round writes, collected before the first statement."""

    kept: list[tuple[Address, Memory]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)
    said: dict[int, str] = field(default_factory=dict)  # new case -> its words as a keyed hash
    wraps: list[dict[str, Any]] = field(default_factory=list)
    archives: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    adopted: list[tuple[int, CaseKey, tuple[str, ...]]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    codes: list[dict[str, Any]] = field(default_factory=list)
    changes: list[directory.Change] = field(default_factory=list)
    outcomes: list[Incoming] = field(default_factory=list)
    settled: list[Address] = field(default_factory=list)
    sends: list[tuple[Address | Reporter, Incoming, str, dict[str, Any]]] = field(default_factory=list)
    tally: Counter[figures.TallyKey] = field(default_factory=Counter)
    waits: Counter[figures.WaitKey] = field(default_factory=Counter)


def save(connection: Connection, store: Store, turns: Sequence[Turn]) -> None:
    rows = Rows()
    prepared.insert(connection, TRAIL, trail.rows(store, (event for event, _, _ in turns)))
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
    rows.settled += {to for say in says if say.settles and isinstance(to, Address)}
    rows.sends += [(to, event, "say", payload) for payload in outbox.requests(store, event, says, channel)]


def _collect(connection: Connection, store: Store, event: Incoming, world: World, effect: Effect, rows: Rows) -> None:
    """One effect as rows, or, where it changes rows that stand, as a statement."""
    match effect:
        case Keep(memory=memory):
            rows.kept.append((event.chat, memory))
        case OpenCase():
            _open_case(store, event, effect, rows)
        case MoveCase():
            _move_case(connection, store, event, world, effect, rows)
        case Record(action=action, by=by, case=case, facts=facts):
            rows.history.append(audit.row(store, event, action, by, case, {**facts, **origin(event, world)}))
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
        case Recall():
            _recall(connection, store, event, effect, rows)
        case Amend() | Adopt():
            rows.adopted += _adopted(connection, store, effect)
        case Erase() | Released():
            rows.sends += [(effect.chat, event, *what) for what in _in_chat(connection, store, effect)]
        case MakeCode() | UseCode():
            _code(connection, store, event, effect, rows)
        case ShowMenu() | Leave() | Check() | Translate():
            rows.sends.append(_request(event, effect))
        case (
            LinkGroup()
            | UnlinkGroup()
            | Doubt()
            | MoveChat()
            | Enroll()
            | Dismiss()
            | AddRule()
            | DropRule()
            | SwitchDistrict()
            | Train()
            | AskLink()
            | DropLink()
        ):
            rows.changes.append(effect)
        case _:
            _change(connection, store, event, effect)


def _request(
    event: Incoming, effect: ShowMenu | Leave | Check | Translate
) -> tuple[Address, Incoming, str, dict[str, Any]]:
    """What a platform is asked besides saying something."""
    match effect:
        case ShowMenu(chat=chat):
            return chat, event, "menu", {"language": effect.language, "rank": effect.rank}
        case Leave(chat=chat, after=after):
            return chat, event, "leave", {"after": after}
        case Check(group=group, event=asked):
            return group, event, "check", {"press": spool.write(asked), "urgent": True}
        case Translate(chat=chat):
            about = {"number": effect.number, "source": effect.source, "language": effect.target}
            return chat, event, "translate", {**about, "texts": list(effect.texts)}


def _recall(connection: Connection, store: Store, event: Incoming, effect: Recall, rows: Rows) -> None:
    for to, say in outbox.recall(connection, store, effect):
        _say(store, event, to, [say], rows)


def _adopted(connection: Connection, store: Store, effect: Amend | Adopt) -> list[tuple[int, CaseKey, tuple[str, ...]]]:
    """Files that belong to a case from now on, with its key; none where the key is gone."""
    key = (
        _amend(connection, store, effect.case, effect.details)
        if isinstance(effect, Amend)
        else casekeys.of_case(connection, store.vault, effect.case)
    )
    return [(effect.case, key, effect.files)] if key and effect.files else []


def origin(event: Incoming, world: World) -> dict[str, str]:
    """Where something was done, for the history: the channel, and the scope of the group if it was in one of ours."""
    return {"channel": event.chat.channel, **({"group": world.group.scope} if world.group else {})}


def _in_chat(connection: Connection, store: Store, effect: Erase | Released) -> list[tuple[str, dict[str, Any]]]:
    """What a chat hears of its end, or of what waited for its word."""
    if isinstance(effect, Erase):
        messages = trail.erase(connection, store, effect)
        return [("erase", {"messages": messages})] if messages else []
    return [("say", payload) for payload in outbox.release(connection, store, effect.chat)]


def _change(connection: Connection, store: Store, event: Incoming, effect: Effect) -> None:
    """Effects that change rows which stand already."""
    match effect:
        case SetContact() | HandOver() | Felt() | Guessed():
            reporters.change(connection, store, event.chat, effect)
        case Offer() | Climb() | Hand():
            climbing.change(connection, effect)
        case Join(cases=cases, event=number):
            connection.execute(update(CASES).where(CASES.c.id.in_(cases)).values(event=number or None))
        case Routed(case=case, reached=reached):
            connection.execute(update(CASES).where(CASES.c.id == case).values(routed=reached))
        case Metered():
            meter.learn(connection, store, effect)
        case AskReporter() | AnswerQuestion() | AddNote() | DropPrompt():
            remarks.save(connection, store, event, effect)
        case Seen(group=group, people=people):
            membership.note(connection, membership.rows(store, group, people))
        case DropMedia(file=file):
            connection.execute(update(FILE).where(FILE.c.file == file).values(state="dropped", wrapped=None))  # its key
        case ForgetChat(chat=forgotten):
            _forget(connection, store, forgotten)
        case VoidCodes(scopes=scopes):
            connection.execute(delete(CODE).where(CODE.c.scope.in_(scopes)))
        case Silence(chat=silent, news=news):
            lanes = (store.tag(silent), *((outbox.news_lane(store.tag(silent)),) if news else ()))
            connection.execute(delete(OUTBOX).where(OUTBOX.c.lane.in_(lanes)))


def _forget(connection: Connection, store: Store, chat: Address) -> None:
    """Everything that is found by a chat. What is said about it now is written afterwards, and goes when delivered."""
    tag = store.tag(chat)
    connection.execute(delete(CONVERSATION).where(CONVERSATION.c.tag == tag))
    connection.execute(delete(TRAIL).where(TRAIL.c.tag == tag))
    for table in (OUTBOX, LETTER):
        connection.execute(delete(table).where(table.c.lane.in_((tag, outbox.news_lane(tag)))))
    retention.forget_contacts(connection, store, chat)


def _conversations(store: Store, kept: Sequence[tuple[Address, Memory]]) -> list[dict[str, Any]]:
    now, tags = store.now(), [store.tag(chat) for chat, _ in kept]
    places = (context("conversation", "memory", tag) for tag in tags)
    sealed = store.seal_all([(worlds.write_memory(m), place) for (_, m), place in zip(kept, places, strict=True)])
    return [
        {"tag": tag, "memory": memory, "half": bool(m.answers), "at": now}
        for tag, memory, (_, m) in zip(tags, sealed, kept, strict=True)
    ]


def _open_case(store: Store, event: Incoming, case: OpenCase, rows: Rows) -> None:
    key = store.vault.case_key()
    rows.cases.append(
        {
            "id": case.id,
            "number": case.number,
            "kind": case.kind,
            "district": case.district,
            "desk": case.district,
            "status": "new",
            "ending": "",
            "offered": "",
            "urgent": case.urgent,
            "language": case.language,
            "may_ask": case.may_ask,
            "practice": case.practice,
            "routed": case.routed or case.practice,
            "opened": event.at,
            "holder": "",
            "details": key.seal(orjson.dumps(dict(case.details)), context("cases", "details", case.id)),
            "reporter": "" if case.practice else store.reporter(event.chat),
            "receipt": store.receipt(case.receipt) if case.receipt else None,
            "behalf": case.behalf,
            "excluded": ",".join(case.excluded),
            "step": case.step,
            "step_at": case.step_at,
            "felt": "",
            "exercise": case.exercise,
            "alike": None,
        }
    )
    if said := copies.words(store, case):
        rows.said[case.id] = said
    rows.wraps.append({"case_id": case.id, "wrapped": store.vault.wrap(key, case.id)})
    if not case.practice:
        address = store.vault.seal_contact(event.chat.chat.encode(), context("contact", "address", case.id))
        reached = {"channel": event.chat.channel, "lane": store.tag(event.chat), "address": address}
        rows.contacts.append({"case_id": case.id, **reached, "rule": case.contact})
        archived = store.vault.archive(key, case.id, store.recipients)
        rows.archives += [{"case_id": case.id, "recipient": name, "wrapped": sealed} for name, sealed in archived]
    if not (case.excluded or case.exercise):  # the figures are everybody's, and of what happened
        rows.tally[local_day(event.at, store.rules.zone), case.district, case.kind, "new", case.practice] += 1
    if case.files:
        rows.adopted.append((case.id, key, case.files))


def _move_case(connection: Connection, store: Store, event: Incoming, world: World, move: MoveCase, rows: Rows) -> None:
    """A case in its new status and hands; its counters follow. Raises Overtaken when somebody was faster."""
    case = next(c for c in world.cases if c.id == move.case)
    key = casekeys.of_case(connection, store.vault, move.case)
    hands = orjson.dumps([astuple(move.holder), astuple(move.closer)])
    sealed = key.seal(hands, context("cases", "taken_by", move.case)) if key else None
    holder = store.person(move.holder.channel, move.holder.person) if move.holder.person else ""
    when: dict[str, datetime | int | None] = {"step_at": None}  # whoever has it now ends the climb
    if move.to in ENDED:
        when["done"] = event.at
    elif move.to is Status.NEW:
        when |= {"step": 0, "step_at": due.again(store.rules.patience, case, event.at)}
    elif case.taken is None and move.to in WORKED_ON:
        when["taken"] = event.at
    changed = (
        update(CASES)
        .where(CASES.c.id == move.case, CASES.c.status == move.was)
        .values(status=move.to, ending=move.ending, taken_by=sealed, holder=holder, **when)
    )
    if connection.execute(changed).rowcount != 1:
        raise Overtaken
    if case.excluded or case.exercise:
        return
    day = local_day(case.opened, store.rules.zone)
    rows.tally[day, case.district, case.kind, move.was, case.practice] -= 1
    rows.tally[day, case.district, case.kind, move.to, case.practice] += 1
    if "taken" in when:
        for district in (case.district, EVERYWHERE):
            rows.waits[day, district, figures.minutes_until(case.opened, event.at)] += 1


def _amend(connection: Connection, store: Store, case: int, details: Any) -> CaseKey | None:
    key = casekeys.of_case(connection, store.vault, case)
    if key is not None:
        sealed = key.seal(orjson.dumps(dict(details)), context("cases", "details", case))
        connection.execute(update(CASES).where(CASES.c.id == case).values(details=sealed))
    return key


def _code(connection: Connection, store: Store, event: Incoming, effect: MakeCode | UseCode, rows: Rows) -> None:
    kept = store.vault.code_hash(effect.code)
    if isinstance(effect, UseCode):
        connection.execute(delete(CODE).where(CODE.c.hash == kept))
        return
    rows.codes.append(
        {
            "hash": kept,
            "purpose": effect.purpose,
            "role": effect.role,
            "scope": effect.scope,
            "seat": effect.seat,
            "expires": effect.expires,
            "by": store.person(event.chat.channel, effect.by) if effect.by else "",
        }
    )


def _write(connection: Connection, store: Store, rows: Rows) -> None:
    prepared.put(connection, CONVERSATION, _conversations(store, rows.kept), ("tag",))
    if rows.said:
        copies.mark(connection, store, rows.said, rows.cases)
    for table, made in (
        (CASES, rows.cases),
        (WRAP, rows.wraps),
        (ARCHIVE, rows.archives),
        (CONTACT, rows.contacts),
        (FILE, rows.files),
        (CODE, rows.codes),
    ):
        prepared.insert(connection, table, made)
    for case, key, files in rows.adopted:
        casekeys.adopt(connection, store, case, key, files)
    # In one order everywhere: two batches that wait for each other's counters would wait for ever.
    figures.add(connection, dict(sorted(rows.tally.items())), dict(sorted(rows.waits.items())))
    _settle(connection, store, rows.outcomes)
    directory.change(connection, store, rows.changes)
    outbox.take_back(connection, store, rows.settled)
    if rows.sends:
        made = outbox.rows(connection, store, rows.sends)
        prepared.insert(connection, OUTBOX, made)
    audit.append(connection, store.vault, rows.history)  # last: on PostgreSQL it holds a lock until the commit


def _settle(connection: Connection, store: Store, events: Sequence[Incoming]) -> None:
    """Deliveries: the row goes, a sent card's message id stays, a fetched file is marked as what it is."""
    outcomes = [(e, e.body) for e in events if isinstance(e.body, Outcome)]
    if not outcomes:
        return
    meter.count(connection, store, outbox.settle(connection, [o for _, o in outcomes]))
    cards = [
        {"case_id": o.card, "tag": store.tag(e.chat), "message": o.message} for e, o in outcomes if o.card and o.message
    ]
    latest = {(card["case_id"], card["tag"]): card for card in cards}
    prepared.put(connection, CARD, list(latest.values()), ("case_id", "tag"))
    asking = [(o.asks, store.tag(e.chat), o.message) for e, o in outcomes if o.asks and o.message]
    prepared.put(connection, PROMPT, [dict(zip(ASKING, row, strict=True)) for row in asking], ASKING[1:])
    for _, outcome in outcomes:
        if "file" in outcome.result:
            got: dict[str, Any] = dict(outcome.result)
            file = got.pop("file")
            if "wrapped" in got:
                got["wrapped"] = casekeys.settled(connection, store, file, bytes.fromhex(got["wrapped"]))
            if "digest" in got:
                got["digest"] = bytes.fromhex(got["digest"])
            connection.execute(update(FILE).where(FILE.c.file == file, FILE.c.state == "waiting").values(**got))
