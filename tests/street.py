"""One resident, one group and one coordinator without a database: `decide` alone, its effects carried out in memory."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers.decide import decide, needs
from handlers.effects import Amend, Button, Decision, Enroll, Keep, LinkGroup, MoveCase, OpenCase, Reporter, Say, Status
from handlers.events import Address, Body, Choice, Incoming
from handlers.world import Case, CodeRow, Directory, File, Group, Member, Memory, Query, Rules, World
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
    turns: int = 0

    def hear(self, body: Body, chat: Address | None = None, sender: str | None = None, **more: str) -> Decision:
        self.turns += 1
        chat = chat or self.resident
        group = chat.chat.startswith("g")
        person = chat.chat if sender is None and not group else sender or ""
        message = more.pop("message", f"u{self.turns}")
        event = Incoming(f"e{self.turns}", self.now, chat, person, body, group, message, **more)
        world = self.world(event)
        decision = decide(world, event)
        assert decide(world, event) == decision, "decided otherwise the second time"
        for effect in decision:
            self.carry_out(effect, event)
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
            rules=RULES,
            directory=self.people,
            memory=as_stored(self.memory) if event.chat == self.resident else Memory(),
            group=self.people.groups.get(event.chat),
            member=self.people.members.get((event.chat.channel, event.sender)),
            dice=hashlib.shake_256(str(self.turns).encode()).digest(64),
        )
        query = needs(world, event)
        return replace(world, cases=self.found(query, event), code=self.code) if query else world

    def found(self, query: Query, event: Incoming) -> tuple[Case, ...]:
        mine = [c for c in self.cases if query.districts is None or c.district in query.districts]
        if query.number:
            return tuple(c for c in mine if c.number == query.number)
        if query.mine:
            return tuple(mine) if event.chat == self.resident else ()
        return tuple(c for c in mine if c.status is not Status.DONE) if query.open or query.untaken else ()

    def carry_out(self, effect: object, event: Incoming) -> None:
        match effect:
            case Keep(memory=memory):
                self.memory = as_stored(memory)
            case OpenCase() as c:
                files = tuple(File(f, "photo", "image/jpeg", "kept") for f in c.files)
                self.cases.append(
                    Case(
                        c.id, c.number, c.kind, c.district, Status.NEW, c.urgent, c.language, c.may_ask, c.practice,
                        event.at, details=json.loads(json.dumps(c.details)), files=files,
                    )
                )  # fmt: skip
            case MoveCase(case=case, was=was, to=to, by=by):
                at = next(i for i, c in enumerate(self.cases) if c.id == case)
                assert self.cases[at].status is was
                self.cases[at] = replace(self.cases[at], status=to, taken_by=by)
            case Amend(case=case, details=details):
                at = next(i for i, c in enumerate(self.cases) if c.id == case)
                self.cases[at] = replace(self.cases[at], details=details)
            case Enroll() as e:
                member = Member(e.chat.channel, e.person, e.role, e.scope, e.chat, e.language, e.name)
                self.people = replace(self.people, members={**self.people.members, (e.chat.channel, e.person): member})
            case LinkGroup() as g:
                group = Group(g.chat, g.scope, g.language, g.detail)
                self.people = replace(self.people, groups={**self.people.groups, g.chat: group})
            case Say(to=to, buttons=buttons) if to == self.resident:
                self.shown = buttons

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


def heard_by(decision: Decision) -> Mapping[Address | Reporter, list[Say]]:
    said: dict[Address | Reporter, list[Say]] = {}
    for effect in decision:
        if isinstance(effect, Say):
            said.setdefault(effect.to, []).append(effect)
    return said
