"""What holds whatever people send: `decide` played with any thirty inputs, from any state they lead to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handlers import screen, talk
from handlers.acts import ACTS
from handlers.after import plain
from handlers.cards import LABELS
from handlers.commands import COMMANDS, find
from handlers.dates import day_text
from handlers.effects import ButtonKind, Decision, Effect, MoveCase, OpenCase, Reporter, Say, Status
from handlers.events import (
    Address,
    Body,
    Choice,
    Command,
    Edited,
    Media,
    MediaKind,
    Place,
    Returned,
    Text,
    Tick,
    Unsent,
    Unsupported,
)
from handlers.flow import buttons
from handlers.graphemes import clusters
from handlers.kinds import KINDS
from handlers.life import ENDINGS
from handlers.report import REPORT
from handlers.sending import new_report
from handlers.world import Answers, Case, Directory, Group, Member, Memory, World
from locales import LANGUAGES
from tests.street import OFFICERS, RESIDENT, RULES, TOWN, Street, directory, heard_by
from tests.town import GAZETTEER, NOW, WORDS

VALUE = 60  # bytes: Telegram's callback_data holds 64
LINE_LABEL = 20  # written characters of a quick reply
PRIVATE = ("ความลับ", "ຄວາມລັບ", "សម្ងាត់", "geheim")  # no word of ours: must never be seen in a group
TYPED = (
    "ยาเสพติด", "1", "๒", "໓", "៤", "ยกเลิก", "ย้อนกลับ", "cancel", "back", "yes", "เชียงของ", "ປາກຊັນ", "ប៉ោយប៉ែត",
    "Khong", "เมื่อวาน", "20/11/2569", "5 พ.ย. 2569", "ວານນີ້", "ไม่ทราบ", "Start over", "\u200b", "???", "👍", "summary",
)  # fmt: skip
LETTERS = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "Zs", "So"))
words = st.one_of(
    st.sampled_from(TYPED),
    st.sampled_from(PRIVATE).map(lambda word: f"{word} เห็นเรือ {word}"),
    st.text(LETTERS, max_size=40),
    st.text(st.characters(min_codepoint=0x0E00, max_codepoint=0x0EFF), max_size=30),
    st.text(st.characters(min_codepoint=0x1780, max_codepoint=0x17FF), max_size=30),
)
values = st.one_of(
    st.sampled_from(
        ["back", "cancel", "restart", "new", "continue", "status", "take:12345678", "done:1", "details:", "link:TH3801",
         "language:lo", "language:xx", "more:province:1", "more:kind:²", "more:kind:" + "9" * 5000, "a:kind:drugs",
         "a:send:ask", "a:place:here", "a:place:list", "a:match:none", "a:district:TH3801", "a::", "change:seen",
         "change:kind", "change:place", "change:when", "a:date:2026-11-20", "a:daypart:night", "", ":", "x"]
    ),
    st.text(max_size=20),
)  # fmt: skip
pins = st.one_of(
    st.tuples(st.floats(17.5, 18.6), st.floats(103.0, 104.5)),
    st.sampled_from([(18.36, 103.67), (18.29, 103.62), (48.8, 2.3), (13.65, 102.55)]),
    st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
)
media = st.builds(
    Media,
    st.sampled_from(MediaKind),
    st.just("ref"),
    size=st.sampled_from([0, 1000, 10**9]),
    mime=st.sampled_from(["", "image/jpeg", "application/pdf"]),
    caption=st.one_of(st.just(""), words),
    album=st.sampled_from(["", "a", "b"]),
    mark=st.sampled_from(["", "1", "2"]),
)
messages = st.sampled_from([f"u{n}" for n in range(1, 31)])
bodies: st.SearchStrategy[Body | int] = st.one_of(
    st.integers(0, 12),  # a button that is shown
    st.integers(0, 12),
    st.integers(0, 2),
    words.map(Text),
    values.map(Choice),
    pins.map(lambda at: Place(*at)),
    media,
    st.builds(Command, st.sampled_from([*COMMANDS, "xyz", "สรุป", "ສະຖານະ"]), st.one_of(st.just("TH3801"), words)),
    st.sampled_from([Unsupported("sticker"), Returned()]),
    st.builds(Edited, messages, words, st.one_of(st.none(), media)),
    st.builds(Unsent, messages),
)
towns = st.sampled_from(
    [TOWN, directory(Group(OFFICERS, "P:TH-38", "th")), directory(), directory(members=tuple(TOWN.members.values()))]
)


PLACED = {"kind": "drugs", "place": "link", "district": "TH3801"}
SAID = [{"text": "geheim", "language": "en", "message": "u0"}]
BEGUN: tuple[Answers, ...] = ({}, PLACED, PLACED | {"when": "now"}, PLACED | {"when": "earlier"},
                              PLACED | {"when": "now", "seen": SAID})  # fmt: skip

states = st.sampled_from([Memory(), *(Memory(lang, "1", begun) for lang in LANGUAGES for begun in BEGUN)])


def is_silent(body: Body, before: Memory, now: datetime) -> bool:
    """What needs no answer: changed and taken back words, the rest of an album that a return began."""
    seen = before.answers.get("seen", ())
    known = isinstance(body, Media) and bool(body.album) and any(i.get("album") == body.album for i in seen)
    away = before.at is not None and now - before.at > timedelta(hours=1)
    album = known and (before.offered or away)
    quiet_return = isinstance(body, Returned)  # Telegram: /start follows by itself
    return album or quiet_return or isinstance(body, Edited | Unsent)


def pressed(street: Street, number: int) -> Body:
    """What comes of pressing one of the shown buttons; the way out (back, cancel) is pressed less than it is shown."""
    options = [b for b in street.shown if b.kind is not ButtonKind.NAV or number == 12] or street.shown
    if not options:
        return Text("1")
    button = options[number % len(options)]
    return Place(18.29, 103.62) if button.kind is ButtonKind.LOCATION else Choice(button.value)


def check(street: Street, body: Body, before: Memory, decision: Decision, people: Directory) -> None:
    said = heard_by(decision)
    early = f"u{street.turns}" in before.unsent  # taken back before it came
    assert street.resident in said or early or is_silent(body, before, street.now)
    for say in (s for says in said.values() for s in says):
        assert say.text.strip()
        for button in say.buttons:
            assert button.kind is ButtonKind.LINK or (button.value.isascii() and len(button.value) <= VALUE), button
    for say in said.get(OFFICERS, ()):
        assert not any(word in say.text for word in PRIVATE)
    opened = [e for e in decision if isinstance(e, OpenCase)]
    assert len(opened) <= 1
    for case in opened:
        assert case.district in GAZETTEER.districts
        assert case.kind in KINDS
        assert case.details["seen"]
        assert case.routed == bool(set(said) - {street.resident})
        watched = any(m.role == "coordinator" for m in people.members.values())
        assert case.routed or not watched, "a coordinator of everything is there"


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    towns,
    states,
    st.lists(st.tuples(bodies, st.sampled_from([0, 0, 0, 0, 0, 0, 3])), min_size=8, max_size=30),
)
def test_whatever_a_resident_sends_the_conversation_goes_on(
    people: Directory, memory: Memory, inputs: list[tuple[Body | int, int]]
) -> None:
    street = Street(people, memory=memory)
    for sent, hours in inputs:
        street.wait(hours=hours)
        if isinstance(sent, int):
            body: Body = pressed(street, sent)
        else:
            body = sent
        before = street.memory
        check(street, body, before, street.hear(body), people)
    ended = street.memory.decoy  # by its owner: it gives nothing away from then on
    said = street.says(street.hear(Text("?")))
    assert street.shown or (ended and said), "a resident who writes anything sees what to press"


NAMED = re.compile(r"/(\w+)")
OFFICER = Member("telegram", "o1", "officer", "TH3801", Address("telegram", "o1"), "th", "Somchai")
SECRETS = ("ຄວາມລັບຂອງນ້ອຍ", "អាថ៌កំបាំងរបស់សុខា")  # what the first and the second resident write, and nobody else
HARMLESS = "Good day. There is no news about the river today."
OURS = ("words", "caption", "place", "edit", "receipt", "wrong receipt", "their receipt", "stale", "word", "that word")
WORK = ("take", "checking", "ask:where", "ask:still", "close:acted", "release", "details", "expire")
FAR = ("new", "begun", "half", "review", "sent", "adding", "asked", "answering", "closed", "emptied")
steps: st.SearchStrategy[Body | int | str] = st.one_of(
    bodies, st.integers(0, 12), st.sampled_from(OURS), st.sampled_from(OURS)
)


@dataclass
class Two:
    """Two residents of one world, on two channels and in two languages, with the officers who work on their reports."""

    streets: tuple[Street, Street]
    seen: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))  # values of every button, old and new
    lent: set[tuple[int, str]] = field(default_factory=set)  # who used whose receipt: then the number is theirs to see

    @classmethod
    def meet(cls, people: Directory, first: str, second: str) -> "Two":
        people = replace(people, members={**people.members, ("telegram", "o1"): OFFICER})
        one = Street(people, RESIDENT)
        # The dice fall by the turn: with turns of their own no report of the one has the number of one of the other.
        other = Street(
            people, Address("line", "r2"), turns=1_000, cases=one.cases, receipts=one.receipts, whose=one.whose
        )
        two = cls((one, other))
        two.begin(0, "lo", first)
        two.begin(1, "km", second)
        return two

    def begin(self, who: int, language: str, state: str) -> None:
        """As far as a resident may be when the law begins to look."""
        if state == "new":
            return
        street, said = self.streets[who], {"text": SECRETS[who], "language": language, "message": "u0"}
        answers = {"begun": {}, "half": PLACED | {"when": "now"}}.get(state, PLACED | {"when": "now", "seen": [said]})
        street.memory = Memory(language, "1", answers)
        if state not in ("sent", "asked", "answering", "closed", "adding", "emptied"):
            return
        self.hear(who, Choice("a:send:ask"))
        if state == "emptied":
            self.hear(who, Command("clear"))
        if state == "adding":
            self.hear(who, Choice(f"my:add:{plain(street.cases[-1])}"))
        if state in ("asked", "answering", "closed"):
            for action in ("take", "ask:where", "ask:still"):
                self.work(action)
        if state == "answering" and street.cases[-1].asked:
            self.hear(who, Choice(f"answer:{street.cases[-1].asked[0].id}:write"))
        if state == "closed":
            self.work("close:nothing")

    def body(self, who: int, step: Body | int | str) -> Body:
        """What this resident does now; words of their own where they write, see `SECRETS`."""
        street, mine = self.streets[who], f"{SECRETS[who]} 123"
        match step:
            case int():
                return pressed(street, step)
            case "words":
                return Text(f"{mine} {mine}")
            case "caption":
                return Media(MediaKind.PHOTO, "ref", mime="image/jpeg", caption=mine)
            case "place":
                return Text(f"ບ້ານ {SECRETS[who]}")
            case "edit":
                return Edited(f"u{max(1, street.turns - 1)}", f"{mine} ✎")
            case "word":
                return Command("word", SECRETS[who])
            case "that word":
                return Text(SECRETS[who])
            case "stale":
                return Choice(self.seen[who][len(self.seen[who]) // 2] if self.seen[who] else "x")
            case "wrong receipt":
                return Text("000-000-0000-000001")
            case str():
                owner = who if step == "receipt" else 1 - who
                found = [
                    self.lend(who, c) for c in street.cases if street.whose.get(c.id) == self.streets[owner].resident
                ]
                return Text(found[-1] if found else "?")
        return step

    def lend(self, who: int, case: Case) -> str:
        self.lent.add((who, case.number))
        return self.streets[0].receipts[case.id]

    def work(self, action: str) -> None:
        """An officer does something with the newest report; what that brings to its reporter is looked at."""
        street, (verb, _, more) = self.streets[0], action.partition(":")
        if not street.cases:
            return
        case = street.cases[-1]
        body: Body = Choice(f"{verb}:{plain(case)}" + (f":{more}" if more else ""))
        if verb == "expire":
            asked = str(case.asked[-1].id) if case.asked else "0"
            body = Tick("question expired", {"number": case.number, "question": asked})
        decision = street.hear(body, OFFICERS, "o1")
        self.streets[1].people = street.people
        for to, says in heard_by(decision).items():
            if isinstance(to, Reporter):
                self.look(self.owner(to.case), says)

    def owner(self, case: int) -> int:
        return 0 if self.streets[0].whose[case] == self.streets[0].resident else 1

    def look(self, who: int, says: Sequence[Say]) -> None:
        """Nothing of the other one may stand in what this one is told."""
        other = 1 - who
        theirs = {c.number for c in self.streets[0].cases if self.owner(c.id) == other}
        for text in (t for say in says for t in (say.text, *(b.label for b in say.buttons))):
            assert SECRETS[other] not in text
            assert not [n for n in theirs if n in text and (who, n) not in self.lent]

    def hear(self, who: int, step: Body | int | str) -> None:
        street = self.streets[who]
        body, before = self.body(who, step), street.memory
        decision = street.hear(body)
        language = street.memory.language or before.language or "th"
        self.streets[1 - who].people = street.people
        said = heard_by(decision)
        check(street, body, before, decision, street.people)
        self.look(who, said.get(street.resident, ()))
        assert self.streets[1 - who].resident not in said, "somebody else heard of it"
        assert not any(secret in say.text for say in said.get(OFFICERS, ()) for secret in SECRETS)
        if street.resident in said:
            ended = street.memory.decoy or [s.text for s in said[street.resident]] == [WORDS[language].t(HARMLESS)]
            assert ended or leads_on(said[street.resident]), said[street.resident]
        self.seen[who].extend(b.value for say in said.get(street.resident, ()) for b in say.buttons)


def leads_on(says: Sequence[Say]) -> bool:
    """Whether there is a button to press, or a command that is named and is one."""
    pressable = any(b.kind is not ButtonKind.LINK for say in says for b in say.buttons)
    return pressable or any(find(Command(name)) for say in says for name in NAMED.findall(say.text))


def test_the_law_looks_at_officers_who_work() -> None:
    """A rule that keeps this officer out would leave most of the law unlooked at."""
    street = answering()
    assert [q.state for q in street.cases[-1].asked] == ["asked", "asked"]
    assert Two.meet(TOWN, "closed", "new").streets[0].cases[-1].status is Status.CLOSED


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    towns,
    st.tuples(st.sampled_from(FAR), st.sampled_from(FAR)),
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from([0, 1]), steps, st.sampled_from([0, 0, 0, 0, 0, 0, 3])),
            st.tuples(st.just(2), st.sampled_from(WORK), st.just(0)),
        ),
        min_size=10,
        max_size=30,
    ),
)
@example(TOWN, ("sent", "sent"), [(0, Command("status"), 0)])
def test_two_residents_are_answered_find_back_and_never_read_each_other(
    people: Directory, far: tuple[str, str], inputs: list[tuple[int, Body | int | str, int]]
) -> None:
    two = Two.meet(people, *far)
    for who, step, hours in inputs:
        for street in two.streets:
            street.wait(hours=hours)
        if who == 2:
            two.work(str(step))
        else:
            two.hear(who, step)


def answering() -> Street:
    """A resident who writes the answer to an officer's question."""
    two = Two.meet(TOWN, "answering", "new")
    return two.streets[0]


@pytest.mark.parametrize(
    "body",
    [
        Media(MediaKind.DOCUMENT, "ref", mime="application/pdf"),
        Media(MediaKind.VIDEO, "ref", size=10**9),
        Place(float("nan"), 0.0),
    ],
    ids=["document", "too large", "nowhere"],
)
def test_an_answer_that_cannot_be_taken_leaves_the_way_out(body: Body) -> None:
    street = answering()
    assert street.memory.asked
    said = heard_by(street.hear(body))[street.resident]
    assert [b.value.rpartition(":")[2] for say in said for b in say.buttons] == ["later"]


@pytest.mark.parametrize("body", [Command("join", "WRONG"), Command("language", "km"), Command("forget")])
def test_what_is_no_step_of_a_report_leads_on_to_one(body: Body) -> None:
    street = Street(memory=Memory("lo", "1"))
    said = heard_by(street.hear(body))[street.resident]
    assert leads_on(said)
    if body == Command("forget"):
        said = heard_by(street.hear(Choice("forget:yes")))[street.resident]
    assert [b.value for say in said for b in say.buttons] == ["new"]


@pytest.mark.parametrize(
    ("channel", "opening"),
    [("telegram", Command("start")), ("line", Returned()), ("web", Command("start"))],
)
def test_the_shortest_honest_report_takes_eight_touches(channel: str, opening: Body) -> None:
    street = Street(resident=Address(channel, "r1"))
    touches: list[Body | int] = [opening, 0, 0, 0, Place(18.29, 103.62), 0, Text("ເຫັນເຮືອບໍ່ມີໄຟ"), 0]
    for touch in touches:
        if isinstance(touch, int):
            street.press(touch)
        else:
            street.hear(touch, reply_token="token")
    assert len(touches) <= 8
    assert [(c.kind, c.district) for c in street.cases] == [("drugs", "TH3801")]


def test_who_begins_with_a_sentence_a_photo_and_a_pin_is_asked_only_the_rest() -> None:
    street = Street()
    street.memory = Memory(language="lo", agreed="1")
    for body in (Text("ເຫັນເຮືອບໍ່ມີໄຟ"), Media(MediaKind.PHOTO, "ref"), Place(18.29, 103.62)):
        street.hear(body)
    street.press(0)  # what
    street.press(0)  # when
    street.press(0)  # send
    seen = street.cases[0].details["seen"]
    assert [i.get("text", i.get("kind")) for i in seen] == ["ເຫັນເຮືອບໍ່ມີໄຟ", "photo"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_fits_a_line_button(language: str) -> None:
    world = World(NOW, WORDS, GAZETTEER, RULES, TOWN, Memory(language=language, agreed="1"), language)
    written_out = ("match", "province", "crossing", "district", "signs")  # above the buttons, where they are too long
    asked = [q for q in screen.FLOW if q.name not in written_out]
    offered = [b for q in asked for b in buttons(q, q.options(world, {}), 0, "")]
    offered += [*screen.changing(world), *screen.steering(world, REPORT[1]), *new_report(world)]
    labels = [b.label for b in offered] + [f"1 {o.label}" for o in talk.return_options(world)]
    labels += ["🖼 " + b.label.removeprefix("📷 ") for b in offered if b.kind is ButtonKind.CAMERA]
    labels += [
        "➡️ " + world.t("More"),
        *(f"{icon} {world.t(text)}" for icon, text in (*LABELS.values(), *ENDINGS.values())),
        f"6 {day_text(NOW.date(), language)}",
    ]
    assert {label: clusters(label) for label in labels if clusters(label) > LINE_LABEL} == {}


PRESSES = [f"{action}:12345678{rest}" for action in ACTS for rest in ("", ":many", ":acted", ":xyz")]
officer_bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(Choice, st.sampled_from(PRESSES)),
    st.builds(
        Command,
        st.sampled_from([*COMMANDS]),
        st.sampled_from(["", "1234-5678", "9999-9999", "7d", "full", "th", "1234-5678 acted"]),
    ),
    words.map(Text),
    values.map(Choice),
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(officer_bodies, st.sampled_from(["g-kan", "g-far", "o1", "c1"]), st.sampled_from(["o1", "o2", "c1"])),
        min_size=5,
        max_size=30,
    )
)
def test_whatever_officers_send_the_reporter_hears_of_moves_alone(inputs: list[tuple[Body, str, str]]) -> None:
    case = Case(
        1, "1234-5678", "drugs", "TH3801", Status.NEW, False, "lo", True, False, NOW,
        details={"day": "2026-11-23", "part": "night", "seen": SAID},
    )  # fmt: skip
    chief = Member("telegram", "c1", "coordinator", "*", Address("telegram", "c1"), "th", "Chief")
    people = directory(Group(OFFICERS, "TH3801", "th"), members=(chief,))
    street = Street(people, resident=Address("line", "r1"), cases=[case])
    told = 0
    made: list[Effect] = []
    for body, chat, sender in inputs:
        if isinstance(body, Command) and body.name in ("unlink", "detail"):
            continue  # by a coordinator these open the group's cards, or close the group: not this law's matter
        decision = street.hear(body, Address("telegram", chat), sender if chat.startswith("g") else chat)
        said = heard_by(decision)
        made += decision
        told += sum(isinstance(to, Reporter) for to in said)
        assert not (chat == "g-far" and decision), "a foreign group heard something"
        assert not any("geheim" in say.text for say in said.get(OFFICERS, ()))
    turned = sum(isinstance(e, MoveCase) for e in made)
    assert told <= turned, "the reporter hears of moves, and of nothing else"
