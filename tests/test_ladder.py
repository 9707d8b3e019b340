"""The ladder: in order, once, to nobody who must not know, in peace at night, and only while nobody has the case."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot import calendar
from bot.app import keep
from bot.schedule import Schedule
from bot.settings import Settings
from handlers.decide import decide
from handlers.due import again, begun
from handlers.effects import Climb, Decision, Enroll, LinkGroup, Offer, Record, Say, Status
from handlers.events import CLOCK, Address, Body, Choice, Command, Incoming, Place, Text, Tick
from handlers.excluded import KEPT_FROM, hidden
from handlers.kinds import KINDS
from handlers.patience import STEPS, Patience, Step
from handlers.world import Case, Directory, Group, Member, Rules, World
from storage import audit, climbing, directory
from storage.audit import Witness
from storage.core import CASES, HISTORY
from tests.town import EMERGENCY, GAZETTEER, NOW, WORDS, Town

BANGKOK = ZoneInfo("Asia/Bangkok")
HOLIDAYS = {c: frozenset(map(date.fromisoformat, days)) for c, days in calendar.worked_out([2026, 2027]).items()}
PATIENCE = Patience(percent={"people": 50, "weapons": 50, "scam": 200}, holidays=HOLIDAYS)
PLACES = ("TH3801", "TH3804", "TH3808", "TH5703", "LA1101", "P:TH-38", "P:TH-57", "*")
LANGUAGES = ("th", "lo", "km", "en")
SEATS = ("coordinator", "secretary", "police")

groups = st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(LANGUAGES)), max_size=6)
people = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(SEATS), st.sampled_from(LANGUAGES)),
    max_size=6,
)
cases = st.builds(
    lambda kind, place, urgent, life, practice, excluded, at: Case(
        1, "1234-5678", kind, place, Status.NEW, urgent or life, "lo", True, practice, at, desk=place,
        details={"help": "yes"} if life else {}, excluded=tuple(excluded),
    ),
    st.sampled_from(list(KINDS)), st.sampled_from(PLACES[:5]), st.booleans(), st.booleans(), st.booleans(),
    st.lists(st.sampled_from(list(KEPT_FROM)), unique=True, max_size=2),
    st.datetimes(datetime(2026, 11, 20), datetime(2026, 12, 12), timezones=st.just(BANGKOK)),  # noqa: DTZ001
)  # fmt: skip


def town_of(made_groups: list[tuple[str, str]], made_people: list[tuple[str, str, str]]) -> Directory:
    there = [Group(Address("telegram", f"g{n}"), *given) for n, given in enumerate(made_groups)]
    who = [
        Member("line", f"m{n}", "coordinator" if seat == "coordinator" else "officer", scope, Address("line", f"m{n}"),
               language, seat="" if seat == "coordinator" else seat)
        for n, (scope, seat, language) in enumerate(made_people)
    ]  # fmt: skip
    return Directory({g.chat: g for g in there}, {(m.channel, m.person): m for m in who})


def world_of(directory_: Directory, case: Case, now: datetime) -> World:
    rules = Rules(BANGKOK, EMERGENCY, "1", patience=PATIENCE)
    return World(now, WORDS, GAZETTEER, rules, directory_, language="en", channel="clock", cases=(case,))


def ticked(directory_: Directory, case: Case, now: datetime) -> Decision:
    tick = Tick("step", {"number": case.number, "step": str(case.step)})
    return decide(world_of(directory_, case, now), Incoming("x", now, CLOCK, "", tick, group=True))


def climbs(directory_: Directory, case: Case, most: int = 40) -> Iterator[tuple[datetime, Case, Decision]]:
    """Every tick that is due until the ladder ends, the case as it was before, and what was decided."""
    step, at = begun(PATIENCE, case, case.opened)
    case = replace(case, step=step, step_at=at)
    for _ in range(most):
        if case.step_at is None:
            return
        now = case.step_at
        made = ticked(directory_, case, now)
        yield now, case, made
        (climb,) = (e for e in made if isinstance(e, Climb))
        case = replace(case, step=climb.step, step_at=climb.at)
        for offer in (e for e in made if isinstance(e, Offer)):
            case = replace(case, offered=offer.to, offered_until=offer.until)


def steps(made: Decision) -> list[Step]:
    return [Step[e.facts["step"].upper()] for e in made if isinstance(e, Record)]


@settings(max_examples=300)
@given(groups, people, cases)
def test_every_step_once_and_in_order_and_everybody_at_most_once(
    made_groups: list[tuple[str, str]], made_people: list[tuple[str, str, str]], case: Case
) -> None:
    people_ = town_of(made_groups, made_people)
    run = list(climbs(people_, case))
    if case.practice:
        assert run == []
        return
    made = [step for _, _, decision in run for step in steps(decision)]
    assert made == sorted(set(made)), "each once, in order"
    times = [now for now, _, _ in run]
    assert times == sorted(times)
    told = [e.to for _, _, decision in run for e in decision if isinstance(e, Say)]
    assert len(told) == len(set(told)), "nobody is nagged twice"
    if told:
        assert made[-1] is Step.COORDINATORS, "it goes up to the end"
        last, final = run[-1][1], next(e for e in run[-1][2] if isinstance(e, Climb))
        assert final.at is None
        assert last.step < len(STEPS)
    for _, _, decision in run:
        for record in (e for e in decision if isinstance(e, Record)):
            assert record.by == ""
            assert record.action == ("step" if "told" in record.facts else "step passed")


@settings(max_examples=300)
@given(groups, people, cases)
def test_who_must_not_know_is_told_by_no_step(
    made_groups: list[tuple[str, str]], made_people: list[tuple[str, str, str]], case: Case
) -> None:
    people_ = town_of(made_groups, made_people)
    by_chat = {m.chat: m for m in people_.members.values()}
    for _, before, decision in climbs(people_, case):
        for said in (e for e in decision if isinstance(e, Say)):
            assert isinstance(said.to, Address)
            assert not hidden(before, people_.groups.get(said.to), by_chat.get(said.to))
        assert not (case.excluded and any(isinstance(e, Offer) for e in decision))


@settings(max_examples=300)
@given(groups, people, cases)
def test_what_is_not_urgent_leaves_people_in_peace_and_what_is_does_not_wait(
    made_groups: list[tuple[str, str]], made_people: list[tuple[str, str, str]], case: Case
) -> None:
    people_ = town_of(made_groups, made_people)
    told = [(now, b) for now, b, d in climbs(people_, case) if any(isinstance(e, Say) for e in d)]
    country = GAZETTEER.districts[case.district].country
    if not case.urgent:
        assert not [now for now, _ in told if PATIENCE.rests(country, BANGKOK, now)]
    elif told:
        longest = sum(PATIENCE.waits(case.kind, urgent=True, life="help" in case.details), timedelta())
        assert told[-1][0] - case.opened <= longest


@settings(max_examples=200)
@given(groups, people, cases)
def test_another_district_gets_a_headline_and_asks_for_the_case(
    made_groups: list[tuple[str, str]], made_people: list[tuple[str, str, str]], case: Case
) -> None:
    people_ = town_of(made_groups, made_people)
    for _, _, decision in climbs(people_, case):
        offers = [e for e in decision if isinstance(e, Offer)]
        asked = {g.chat for o in offers for g in people_.of_scope(o.to)}
        for said in (e for e in decision if isinstance(e, Say)):
            actions = {b.value.partition(":")[0] for b in said.buttons}
            assert (actions == {"accept", "refuse"}) == (said.to in asked)
            assert said.card == case.id
        for offer in offers:
            assert GAZETTEER.districts[offer.to].country == GAZETTEER.districts[case.district].country


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.NEW])
@pytest.mark.parametrize("step", [0, 2, 4])
def test_a_case_that_somebody_has_climbs_no_further(status: Status, step: int) -> None:
    case = Case(1, "1234-5678", "drugs", "TH3801", status, True, "lo", True, False, NOW, step=step, step_at=NOW)
    people_ = town_of([("TH3801", "th"), ("P:TH-38", "th")], [("*", "coordinator", "th")])
    assert ticked(people_, case, NOW) == ()
    assert ticked(people_, replace(case, status=Status.NEW), NOW) != ()


def test_a_step_that_was_made_is_not_made_again() -> None:
    case = Case(1, "1234-5678", "drugs", "TH3801", Status.NEW, True, "lo", True, False, NOW, step=1, step_at=NOW)
    people_ = town_of([("TH3801", "th")], [("*", "coordinator", "th")])
    late = Tick("step", {"number": case.number, "step": "0"})
    assert decide(world_of(people_, case, NOW), Incoming("x", NOW, CLOCK, "", late, group=True)) == ()
    early = replace(case, step_at=NOW + timedelta(seconds=1))
    assert ticked(people_, early, NOW) == ()


def test_where_nobody_is_at_all_it_is_asked_again_later() -> None:
    case = Case(1, "1234-5678", "drugs", "TH3801", Status.NEW, True, "lo", True, False, NOW, step_at=NOW)
    (climb,) = ticked(Directory(), case, NOW)
    assert isinstance(climb, Climb)
    assert climb.step == 0
    assert climb.at is not None
    assert climb.at > NOW


def test_no_list_of_minutes_no_ladder() -> None:
    case = Case(1, "1234-5678", "drugs", "TH3801", Status.NEW, False, "lo", True, False, NOW)
    off = replace(PATIENCE, other=())
    assert begun(off, case, NOW) == (0, None)
    assert again(off, case, NOW) is None


def test_of_reports_of_one_event_the_first_one_climbs() -> None:
    first = Case(1, "1111-1111", "drugs", "TH3801", Status.NEW, True, "lo", True, False, NOW, event=1, step_at=NOW)
    second = replace(first, id=2, number="2222-2222")
    people_ = town_of([("TH3801", "th")], [])

    def told(case: Case) -> int:
        world = replace(world_of(people_, case, NOW), cases=(first, second))
        tick = Tick("step", {"number": case.number, "step": "0"})
        made = decide(world, Incoming("x", NOW, CLOCK, "", tick, group=True))
        return sum(isinstance(e, Say) for e in made)

    assert (told(first), told(second)) == (1, 0)


# --- with a database


KAN, NEAR, PROVINCE = (Address("telegram", f"g-{n}") for n in ("kan", "near", "prov"))
RESIDENT, SECRETARY, CHIEF = Address("line", "r1"), Address("line", "s1"), Address("telegram", "c1")
PEOPLE: list[directory.Change] = [
    LinkGroup(KAN, "TH3801", "th"),
    LinkGroup(NEAR, "TH3804", "th"),
    LinkGroup(PROVINCE, "P:TH-38", "th"),
    Enroll("s1", "officer", "TH3801", SECRETARY, "th", "Suda", "secretary"),
    Enroll("c1", "coordinator", "*", CHIEF, "th"),
    Enroll("o1", "officer", "TH3801", Address("telegram", "o1"), "th", "Anan", "police"),
    Enroll("n1", "officer", "TH3804", Address("telegram", "n1"), "th", "Niran", "police"),
]
WATCHED = (KAN, SECRETARY, NEAR, PROVINCE, CHIEF)
REPORT: tuple[Body, ...] = (
    Command("start"), Choice("a:language:lo"), Choice("a:consent:yes"), Choice("a:kind:weapons"), Place(18.36, 103.65),
    Choice("a:when:now"), Text("ເຫັນປືນ"), Choice("a:send:ask"),
)  # fmt: skip


def schedule(town: Town) -> Schedule:
    parts = (town.database, town.store, town.turns.handle, (), BANGKOK, keep(Settings()), town.files)
    return Schedule(*parts, Witness(town.folder / "w.json"), holidays=calendar.none)


async def opened(town: Town) -> str:
    town.store.rules = replace(town.store.rules, patience=Patience())
    await town.database.write(lambda c: directory.change(c, town.store, PEOPLE))
    for body in REPORT:
        await town.says(RESIDENT, body)
    return str(await town.database.read(lambda c: c.execute(select(CASES.c.number)).scalar_one()))


def heard(town: Town) -> list[int]:
    return [sum("⏰" in p["text"] for p in town.sent(*chat)) for chat in WATCHED]


async def look(town: Town, **later: float) -> list[int]:
    """The clock is turned, two schedulers look twice; how often each chat was told by then."""
    town.clock.tick(**later)
    for one in (schedule(town), schedule(town)):
        await asyncio.gather(one.ladder(), one.ladder())
    await town.deliver()
    return heard(town)


async def test_an_urgent_case_goes_up_step_by_step_and_once(town: Town) -> None:
    await opened(town)
    assert await look(town, minutes=9) == [0, 0, 0, 0, 0]
    assert await look(town, minutes=1) == [1, 0, 0, 0, 0]
    assert await look(town, minutes=10) == [1, 1, 0, 0, 0]
    assert await look(town, minutes=10) == [1, 1, 1, 0, 0]
    assert await look(town, minutes=15) == [1, 1, 1, 1, 0]
    assert await look(town, minutes=15) == [1, 1, 1, 1, 1]
    assert await look(town, days=3) == [1, 1, 1, 1, 1]
    written = await town.database.read(
        lambda c: c.execute(select(HISTORY.c.by, HISTORY.c.facts).where(HISTORY.c.action == "step")).all()
    )
    assert [row.by for row in written] == ["clock"] * 5
    assert not [row.facts for row in written if "line" in row.facts], "nothing of the reporter's app"
    assert await town.database.read(lambda c: audit.verify(c, town.vault)) == ""


async def test_a_case_that_is_taken_stands_still_and_one_given_back_begins_anew(town: Town) -> None:
    number = (await opened(town)).replace("-", "")
    await look(town, minutes=10)
    assert await look(town, minutes=20) == [1, 1, 0, 0, 0], "a step that is late does not hurry the next"
    assert await look(town, minutes=10) == [1, 1, 1, 0, 0]
    await town.says(KAN, Choice(f"take:{number}"), sender="o1")
    offered = await town.database.read(lambda c: c.execute(select(CASES.c.offered)).scalar_one())
    assert offered == "", "the neighbour is asked no more"
    assert await look(town, days=1) == [1, 1, 1, 0, 0]
    await town.says(KAN, Command("release", number), sender="o1")
    assert await look(town, minutes=9) == [1, 1, 1, 0, 0]
    assert await look(town, minutes=1) == [2, 1, 1, 0, 0]
    assert await look(town, minutes=10) == [2, 2, 1, 0, 0]


async def test_a_neighbour_reads_no_details_before_the_case_is_theirs(town: Town) -> None:
    number = (await opened(town)).replace("-", "")
    for _ in range(3):
        await look(town, minutes=10)
    await town.says(NEAR, Command("details", number), sender="n1")
    assert town.sent("telegram", "n1") == []
    await town.says(NEAR, Choice(f"accept:{number}"), sender="n1")
    await town.says(NEAR, Choice(f"details:{number}"), sender="n1")
    assert "ເຫັນປືນ" in town.sent("telegram", "n1")[-1]["text"]
    assert await look(town, days=1) == [1, 1, 1, 0, 0]


async def test_what_is_due_is_found_by_an_index(tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        plan = await town.database.read(
            lambda c: c.exec_driver_sql("EXPLAIN QUERY PLAN " + climbing.DUE["sqlite"], (0,)).all()
        )
        assert [p.detail for p in plan] == ["SEARCH cases USING INDEX cases_climbing (step_at<?)"]
