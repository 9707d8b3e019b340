"""What is shown first, and what is shown together. Nothing is left out; what is urgent stands where it stands."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from handlers.effects import OpenCase, Status
from handlers.events import Address, Body, Choice, Command, Text, Tick
from handlers.queue import MOST_LATER, place, waiting
from handlers.world import Case
from storage import copies, doubts, operations
from storage.core import CASES, COPIED, TALLY, TRAINING
from tests.test_audit import CHIEF, OFFICERS, REPORT, SECOND, history, people, press
from tests.test_retention import count, schedule
from tests.town import NOW, Town

PRANKSTER, NEIGHBOUR = Address("telegram", "r1"), Address("telegram", "r2")
HIDDEN: tuple[dict[str, Any], ...] = ({"excluded": ("police",)}, {"practice": True}, {"exercise": True})
SAME = "A boat without lights lies at the sand bank behind the temple"


def case(n: int, minutes: int = 0, **more: object) -> Case:
    known = {"urgent": False, **more}
    return Case(n, f"0000-{n:04}", "drugs", "TH3801", Status.NEW, language="th", may_ask=True, practice=False,
                opened=NOW + timedelta(minutes=minutes), **known)  # type: ignore[arg-type]  # fmt: skip


CASES_ = st.lists(
    st.builds(
        lambda n, minutes, urgent, doubt, alike: case(n, minutes, urgent=urgent, doubt=doubt, alike=alike),
        st.integers(1, 50), st.integers(0, 5_000), st.booleans(), st.floats(0, 50), st.sampled_from([0, 7, 8]),
    ),
    unique_by=lambda c: c.id,
)  # fmt: skip


@given(CASES_)
def test_nobody_is_left_out_and_the_urgent_stay_where_they_are(cases: list[Case]) -> None:
    shown = waiting(cases)
    flat = [c for first, others in shown for c in (first, *others)]
    assert sorted(c.id for c in flat) == sorted(c.id for c in cases)
    urgent = [c for c in sorted(cases, key=place) if c.urgent]
    assert urgent == sorted(urgent, key=lambda c: c.opened) or len({c.opened for c in urgent}) < len(urgent)
    assert [c.urgent for c, _ in shown] == sorted((c.urgent for c, _ in shown), reverse=True)
    assert all(c.urgent == first.urgent for first, others in shown for c in others)


def test_a_doubtful_one_waits_behind_those_of_a_day_and_no_longer() -> None:
    late, doubted = case(1, 23 * 60), case(2, 0, doubt=99.0)
    assert [c.id for c, _ in waiting([doubted, late])] == [1, 2]
    later = case(3, 25 * 60)
    assert [c.id for c, _ in waiting([doubted, later])] == [2, 3]
    assert timedelta(days=1) == MOST_LATER


def listed(town: Town, chat: Address = OFFICERS) -> list[str]:
    return list(town.sent(chat.channel, chat.chat)[-1]["text"].splitlines()[1:])


async def one(town: Town, resident: Address, words: str = "เรือไม่มีไฟ", send: str = "ask") -> str:
    """A report that is not urgent; its number as people see it."""
    town.clock.tick(minutes=1)
    wanted: dict[Body, Body] = {Text("เรือไม่มีไฟ"): Text(words), Choice("a:send:ask"): Choice(f"a:send:{send}")}
    at = (Choice("a:when:today"), Choice("a:daypart:night"))
    for body in REPORT:
        for said in at if body == Choice("a:when:now") else (wanted.get(body, body),):
            await town.says(resident, said)
    rows = await town.database.read(lambda c: c.execute(select(CASES.c.number).order_by(CASES.c.id.desc())).first())
    assert rows is not None
    return str(rows[0])


async def found_false(town: Town, times: int) -> None:
    for _ in range(times):
        number = (await one(town, PRANKSTER)).replace("-", "")
        await press(town, "take", number)
        await press(town, "close", f"{number}:false")


async def test_who_cried_wolf_is_heard_after_the_neighbour_and_is_told_nothing(town: Town) -> None:
    await people(town)
    await found_false(town, 2)
    wolf = await one(town, PRANKSTER)
    mine = await one(town, NEIGHBOUR)
    await town.says(OFFICERS, Command("cases"), sender="somchai")
    assert [n for line in listed(town) for n in (wolf, mine) if n in line] == [mine, wolf]
    assert not any(mark in "".join(listed(town)) for mark in ("false", "doubt", "ไม่เป็นความจริง"))


async def test_an_urgent_report_of_theirs_stands_where_it_stands(town: Town) -> None:
    await people(town)
    await found_false(town, 2)
    wolf, mine = await one(town, PRANKSTER), await one(town, NEIGHBOUR)
    await town.database.write(lambda c: c.execute(update(CASES).where(CASES.c.status == "new").values(urgent=True)))
    await town.says(OFFICERS, Command("cases"), sender="somchai")
    assert [n for line in listed(town) for n in (wolf, mine) if n in line] == [wolf, mine]


async def test_the_score_halves_and_ends_with_the_month_s_tag(town: Town) -> None:
    await people(town)
    await found_false(town, 1)

    async def score() -> float:
        rows = await town.database.read(lambda c: c.execute(select(CASES)).mappings().all())
        found = await town.database.read(lambda c: doubts.of(c, town.store, rows))
        return next(iter(found.values()), 0.0)

    await one(town, PRANKSTER)
    assert await score() == pytest.approx(1.0, abs=0.01)
    town.clock.tick(days=doubts.HALF_LIFE)
    assert await score() == pytest.approx(0.5, abs=0.01)
    tags = {town.store.reporter(PRANKSTER)}
    town.clock.tick(days=31)
    assert town.store.reporter(PRANKSTER) not in tags


# --- the same words by many


async def test_the_same_words_by_many_are_one_line_with_every_number(town: Town) -> None:
    await people(town)
    first, second = await one(town, PRANKSTER, SAME), await one(town, NEIGHBOUR, SAME.upper().replace(" ", "\u200b "))
    other = await one(town, Address("telegram", "r3"), SAME + " today")
    third = await one(town, Address("web", "p-4"), SAME)
    assert await count(town, CASES) == 4
    await town.says(OFFICERS, Command("cases"), sender="somchai")
    rows = listed(town)
    assert first in rows[0]
    assert (second in rows[1], third in rows[1], other in rows[1]) == (True, True, False)
    assert other in rows[2]
    await town.says(OFFICERS, Command("summary"), sender="somchai")
    assert f"{first} " in town.sent("telegram", OFFICERS.chat)[-1]["text"]
    assert "👥 +2" in town.sent("telegram", OFFICERS.chat)[-1]["text"]


async def test_copies_of_an_hour_belong_together_and_the_words_are_forgotten(town: Town) -> None:
    await people(town)
    await one(town, PRANKSTER, SAME)
    town.clock.tick(minutes=61)
    await schedule(town).purge()
    assert await count(town, COPIED) == 0
    await one(town, NEIGHBOUR, SAME)
    assert await count(town, CASES, CASES.c.alike.is_not(None)) == 0


async def test_many_in_one_moment_belong_together_too(town: Town) -> None:
    await people(town)
    chats = [Address("telegram", f"r{n}") for n in range(20)]
    for body in (*REPORT[:5], Choice("a:when:today"), Choice("a:daypart:night"), Text(SAME), REPORT[-1]):
        await town.turns.handle([town.event(chat, body) for chat in chats])
    await town.deliver()
    rows = await town.database.read(lambda c: c.execute(select(CASES.c.id, CASES.c.alike)).all())
    assert len(rows) == 20
    (first,) = {alike for _, alike in rows}
    assert first in {case for case, _ in rows}


async def test_short_words_and_kept_reports_are_never_counted_as_copies(town: Town) -> None:
    """That others sent the same must not tell a group that a report is kept from it."""
    await people(town)
    for n in (1, 2):
        await one(town, Address("telegram", f"r{n}"), "ช่วยด้วย")
    assert await count(town, COPIED) == 0
    effect = OpenCase(1, "1", "drugs", "TH3801", False, "th", True, False, {"seen": [{"text": SAME}]})
    assert copies.words(town.store, effect) != ""
    assert {copies.words(town.store, replace(effect, **kept)) for kept in HIDDEN} == {""}


# --- a training day


async def train(town: Town, until: str = "21:00", who: Address = CHIEF) -> None:
    await town.says(who, Command("training", f"TH3801 until {until}"), hint="en")
    await town.says(who, Choice(town.sent(who.channel, who.chat)[-1]["buttons"][0][1]))


async def test_a_training_is_confirmed_told_to_everybody_and_ends_by_itself(town: Town) -> None:
    await people(town)
    await town.says(CHIEF, Command("training", "TH3801 until 21:00"))
    assert not town.store.directory.trainings
    await train(town)
    assert "21:00" in town.sent("telegram", OFFICERS.chat)[-1]["text"]
    assert "21:00" in town.sent("line", SECOND.chat)[-1]["text"]
    assert [action for action, _ in await history(town)][-1] == "training begun"
    practice = await one(town, PRANKSTER, send="exercise")
    card = town.sent("telegram", OFFICERS.chat)[-1]["text"]
    assert card.startswith("🎓")
    assert practice in card
    town.clock.tick(hours=2)
    await one(town, NEIGHBOUR)
    assert not town.sent("telegram", OFFICERS.chat)[-1]["text"].startswith("🎓")
    assert "🎓" not in town.sent("telegram", "r2")[-2]["text"]
    await schedule(town).purge()
    assert await count(town, TRAINING) == 0


async def test_whoever_reports_is_told_before_and_can_send_a_real_one(town: Town) -> None:
    await people(town)
    await train(town)
    for body in (*REPORT[:5], Choice("a:when:now"), Text("เรือไม่มีไฟ")):
        await town.says(NEIGHBOUR, body)
    review = town.sent("telegram", "r2")[-1]
    assert "21:00" in review["text"]
    assert [b[1] for b in review["buttons"][:2]] == ["a:send:exercise", "a:send:ask"]
    await town.says(NEIGHBOUR, Choice("a:send:ask"))
    assert not town.sent("telegram", OFFICERS.chat)[-1]["text"].startswith("🎓")
    assert await count(town, CASES, CASES.c.exercise.is_(True)) == 0
    await one(town, PRANKSTER, send="exercise")
    assert "🎓" in town.sent("telegram", "r1")[-1]["text"]
    assert await count(town, CASES, CASES.c.exercise.is_(True)) == 1


async def test_an_exercise_is_in_no_figure_and_marked_in_every_list(town: Town) -> None:
    await people(town)
    await train(town)
    number = await one(town, PRANKSTER, send="exercise")
    await press(town, "take", number.replace("-", ""))
    assert await count(town, TALLY) == 0
    for command in ("cases", "summary"):
        await town.says(OFFICERS, Command(command), sender="somchai")
        text = town.sent("telegram", OFFICERS.chat)[-1]["text"]
        assert all("🎓" in line for line in text.splitlines() if number in line)
    past = {"since": town.clock().date().isoformat(), "until": town.clock().date().isoformat()}
    await town.says(OFFICERS, Tick("digest", past))
    assert number not in town.sent("telegram", OFFICERS.chat)[-1]["text"]  # nobody has to carry it on
    await press(town, "details", number.replace("-", ""))
    assert "🎓" in town.sent("telegram", "somchai")[-1]["text"]
    rows = await town.database.read(lambda c: operations.export(c, None))
    assert [row[rows[0].index("practice")] for row in rows[1:]] == [True]


async def test_a_training_lets_more_through_and_takes_nothing_from_real_ones(town: Town) -> None:
    town.store.rules = replace(town.store.rules, reports_an_hour=2)
    await people(town)
    await train(town)
    for _ in range(5):
        await one(town, PRANKSTER, send="exercise")
    for _ in range(2):
        await one(town, PRANKSTER)
    assert await count(town, CASES) == 7
    await one(town, PRANKSTER)
    assert await count(town, CASES) == 7


async def test_an_old_button_of_practice_sends_nothing_when_the_training_is_over(town: Town) -> None:
    await people(town)
    await train(town)
    town.clock.tick(hours=3)
    for body in (*REPORT[:5], Choice("a:when:now"), Text("เรือไม่มีไฟ"), Choice("a:send:exercise")):
        await town.says(NEIGHBOUR, body)
    assert await count(town, CASES) == 0
    assert "a:send:ask" in [b[1] for b in town.sent("telegram", "r2")[-1]["buttons"]]


@pytest.mark.parametrize(
    ("typed", "ends"),
    [
        ("TH3801 until 21:00", "21:00"),
        ("เมืองบึงกาฬ ถึง 21.00 น.", "21:00"),
        ("TH3801 ຮອດ ໒໑:໐໐", "21:00"),
        ("TH3801 21:00", "21:00"),
        ("TH3801 until 06:00", "06:00"),  # tomorrow
        ("TH3801 until 19:00", None),  # in 23 hours and a half
        ("TH3801 until 25:00", None),
        ("TH3801", None),
        ("until 21:00", None),
        ("P:TH-38 until 21:00", None),
    ],
)
async def test_how_the_command_is_read(town: Town, typed: str, ends: str | None) -> None:
    await people(town)
    await town.says(CHIEF, Command("training", typed))
    buttons = town.sent("line", CHIEF.chat)[-1]["buttons"]
    assert bool(buttons) is bool(ends)
    assert ends is None or buttons[0][1].startswith("training:TH3801:2026")
    assert ends is None or buttons[0][1].endswith(ends.replace(":", ""))


@pytest.mark.parametrize(
    "value", ["training:TH3801:202611232100", "training:TH4301:202611232100", "training:no", "training"]
)
async def test_only_a_coordinator_of_the_place_begins_and_ends_it(town: Town, value: str) -> None:
    value = f"training:{value}"
    await people(town)
    await town.says(NEIGHBOUR, Choice(value), hint="en")
    await town.says(Address("telegram", "somchai"), Choice(value), hint="en")
    if "TH3801" not in value:
        await town.says(SECOND, Choice(value), hint="en")
    assert not town.store.directory.trainings
    await train(town)
    await town.says(NEIGHBOUR, Command("training", "TH3801 off"), hint="en")
    assert town.store.directory.trainings
    await town.says(SECOND, Command("training", "TH3801 off"), hint="en")
    assert not town.store.directory.trainings


# --- a village behind one phone


async def test_one_phone_of_a_whole_village_is_not_taken_for_a_flood(town: Town) -> None:
    """Ten neighbours within an hour, and whoever is in danger after them; the eleventh keeps their report."""
    await people(town)
    for _ in range(town.store.rules.reports_an_hour):
        await one(town, PRANKSTER)
    assert await count(town, CASES) == 10
    await one(town, PRANKSTER)
    assert await count(town, CASES) == 10
    assert "continue" in [b[1] for b in town.sent("telegram", "r1")[-1]["buttons"]]
    await town.says(PRANKSTER, Command("restart"))
    for body in (Choice("a:kind:people"), Choice("a:help:yes"), REPORT[4], Choice("a:when:now"), *REPORT[6:]):
        await town.says(PRANKSTER, body)
    assert await count(town, CASES) == 11
