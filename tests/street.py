"""One resident, one group and one coordinator without a database: `decide` alone, its effects carried out in memory."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from handlers.decide import decide, needs
from handlers.effects import (
    Amend,
    AnswerQuestion,
    AskReporter,
    Button,
    Decision,
    Enroll,
    Hand,
    HandOver,
    Join,
    Keep,
    LinkGroup,
    MoveCase,
    Offer,
    OpenCase,
    Reporter,
    Say,
    Status,
)
from handlers.events import Address, Body, Choice, Incoming
from handlers.excluded import hidden
from handlers.life import ENDED
from handlers.world import Asked, Case, CodeRow, Directory, File, Group, Member, Memory, Query, Rules, World
from tests.town import EMERGENCY, GAZETTEER, NOW, WORDS

RULES = Rules(ZoneInfo("Asia/Bangkok"), EMERGENCY, "1", bot_link={"telegram": "https://t.me/ntsbot"})
RESIDENT = Address("telegram", "r1")
OFFICERS = Address("telegram", "g-kan")
CHIEF = Address("line", "c1")


def as_stored(memory: Memory) -> Memory:
    """The memory as it comes back from the disk. TypeError for what JSON cannot hold."""
    kept = json.loads(json.dumps({**asdict(memory), "at": memory.at.isoformat() if memory.at else None}))
    return Memory(**{**kept, "at": datetime.fromisoformat(kept["at"]) if kept["at"] else None})


def directory(*groups: Group, members: tuple[Member, ...] = ()) -> Directory:
    return Directory({g.chat: g for g in groups}, {(m.channel, m.person): m for m in members})


TOWN = directory(
    Group(OFFICERS, "TH3801", "th"), members=(Member("line", "c1", "coordinator", "*", CHIEF, "th", "Chief"),)
)


@dataclass
class Street:
    """`hear` plays one event and returns what was decided; what was kept, opened and moved is there afterwards."""

    people: Directory = TOWN
    resident: Address = RESIDENT
    now: datetime = NOW
    memory: Memory = field(default_factory=Memory)
    cases: list[Case] = field(default_factory=list)
    shown: tuple[Button, ...] = ()
    code: CodeRow | None = None
    receipts: dict[int, str] = field(default_factory=dict)
    whose: dict[int, Address] = field(default_factory=dict)
    turns: int = 0
    rules: Rules = RULES
    seen: bool = True  # everybody was seen in every group just now

    def hear(self, body: Body, chat: Address | None = None, sender: str | None = None, **more: Any) -> Decision:
        event = self.event(body, chat, sender, **more)
        decision = self.decided(event)
        for effect in decision:
            self.carry_out(effect, event)
        return decision

    def event(self, body: Body, chat: Address | None = None, sender: str | None = None, **more: Any) -> Incoming:
        self.turns += 1
        chat = chat or self.resident
        group = chat.chat.startswith("g")
        person = chat.chat if sender is None and not group else sender or ""
        message = more.pop("message", f"u{self.turns}")
        return Incoming(f"e{self.turns}", self.now, chat, person, body, group, message, **more)

    def decided(self, event: Incoming) -> Decision:
        world = self.world(event)
        decision = decide(world, event)
        assert decide(world, event) == decision, "decided otherwise the second time"
        assert sum(isinstance(e, Keep) for e in decision) <= 1, "one row of a chat, written once a turn"
        return decision

    def press(self, number: int) -> Decision:
        """Press a button that the resident sees."""
        return self.hear(Choice(self.shown[number].value))

    def says(self, decision: Decision) -> str:
        return "\n".join(e.text for e in decision if isinstance(e, Say) and e.to == self.resident)

    def world(self, event: Incoming) -> World:
        world = World(
            now=self.now,
            words=WORDS,
            gazetteer=GAZETTEER,
            rules=self.rules,
            directory=self.people,
            memory=as_stored(self.memory) if event.chat == self.resident else Memory(),
            channel=event.chat.channel,
            group=self.people.groups.get(event.chat),
            member=self.people.members.get((event.chat.channel, event.sender)),
            dice=hashlib.shake_256(f"{self.resident.chat} {self.turns}".encode()).digest(64),  # no two streets alike
        )
        query = needs(world, event)
        inside = dict.fromkeys(self.people.groups, self.now) if self.seen else {}
        return replace(world, cases=self.found(query, event), code=self.code, inside=inside) if query else world

    def found(self, query: Query, event: Incoming) -> tuple[Case, ...]:
        if query.receipts:
            known = [c for c in self.cases if self.receipts.get(c.id) in query.receipts]
            return tuple(replace(c, receipted=True, own=self.whose.get(c.id) == event.chat) for c in known)
        mine = [c for c in self.cases if query.districts is None or c.in_charge in query.districts]
        if query.mine:
            there = [c for c in mine if self.whose.get(c.id, self.resident) == event.chat or c.number == query.borrowed]
            return tuple(c for c in there if query.number in ("", c.number))
        group, member = self.people.groups.get(event.chat), self.people.members.get((event.chat.channel, event.sender))
        mine = [c for c in mine if not hidden(c, group, member)]
        if query.number:
            named = [c for c in self.cases if query.near or c.number in (query.number, query.other)]
            events = {c.event for c in named if c.event}
            return (*named, *(c for c in self.cases if c.event in events and c not in named))
        if query.held:
            return tuple(c for c in self.cases if any(c.holder.same(by) for by in query.held) and c.status not in ENDED)
        return tuple(c for c in mine if c.status not in ENDED) if query.open or query.untaken else ()

    def carry_out(self, effect: object, event: Incoming) -> None:
        match effect:
            case Keep(memory=memory):
                self.memory = as_stored(memory)
            case OpenCase() as c:
                files = tuple(File(f, "photo", "image/jpeg", "kept") for f in c.files)
                self.cases.append(
                    Case(
                        c.id, c.number, c.kind, c.district, Status.NEW, c.urgent, c.language, c.may_ask, c.practice,
                        event.at, details=json.loads(json.dumps(c.details)), files=files, behalf=c.behalf,
                        excluded=c.excluded,
                    )
                )  # fmt: skip
                self.receipts[c.id], self.whose[c.id] = c.receipt, event.chat
            case HandOver(case=case, receipt=receipt):
                self.receipts[case], self.whose[case] = receipt, event.chat
            case MoveCase() as m:
                at = next(i for i, c in enumerate(self.cases) if c.id == m.case)
                assert self.cases[at].status is m.was
                self.cases[at] = replace(self.cases[at], status=m.to, holder=m.holder, closer=m.closer, ending=m.ending)
            case Hand(case=case, desk=desk):
                at = next(i for i, c in enumerate(self.cases) if c.id == case)
                self.cases[at] = replace(self.cases[at], desk=desk, offered="")
            case Offer(case=case, to=to_):
                at = next(i for i, c in enumerate(self.cases) if c.id == case)
                self.cases[at] = replace(self.cases[at], offered=to_)
            case Join(cases=joined, event=number):
                self.cases[:] = [replace(c, event=number) if c.id in joined else c for c in self.cases]
            case Enroll() as e:
                member = Member(
                    e.chat.channel, e.person, e.role, e.scope, e.chat, e.language, e.name, e.seat, e.since, e.duty
                )  # fmt: skip
                self.people = replace(self.people, members={**self.people.members, (e.chat.channel, e.person): member})
            case LinkGroup() as g:
                group = Group(g.chat, g.scope, g.language, g.detail, g.doubt, g.accepted)
                self.people = replace(self.people, groups={**self.people.groups, g.chat: group})
            case Say(to=to, buttons=buttons) if to == self.resident:
                self.shown = buttons
            case Amend() | AskReporter() | AnswerQuestion():
                self.write(effect, event)

    def write(self, effect: Amend | AskReporter | AnswerQuestion, event: Incoming) -> None:
        """Words of a case as they are kept from now on."""
        match effect:
            case Amend(case=case, details=details):
                self.cases[:] = [replace(c, details=details) if c.id == case else c for c in self.cases]
            case AskReporter(id=number, case=case, expires=expires, body=body):
                asked = Asked(number, case, "asked", event.at, expires, json.loads(json.dumps(body)))
                self.cases[:] = [replace(c, asked=(*c.asked, asked)) if c.id == case else c for c in self.cases]
            case AnswerQuestion(question=number, case=case, state=state, body=body):
                self.cases[:] = [answered(c, number, state, body) if c.id == case else c for c in self.cases]

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


def answered(case: Case, number: int, state: str, body: Mapping[str, object]) -> Case:
    kept = json.loads(json.dumps(body))
    return replace(case, asked=tuple(replace(q, state=state, body=kept) if q.id == number else q for q in case.asked))


def heard_by(decision: Decision) -> Mapping[Address | Reporter, list[Say]]:
    said: dict[Address | Reporter, list[Say]] = {}
    for effect in decision:
        if isinstance(effect, Say):
            said.setdefault(effect.to, []).append(effect)
    return said
