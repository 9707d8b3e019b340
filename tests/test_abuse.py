"""Guessed codes, and names that want to be more than names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.events import Address, Command
from handlers.graphemes import clusters
from handlers.standing import LONGEST_NAME, called
from storage import codes, guesses
from storage.core import CODE_GUESS
from tests.test_audit import OFFICERS, people
from tests.test_retention import count, schedule
from tests.test_rights import last
from tests.town import Town

WRONG = "0000-0000-0000-{}"
GUESSER = Address("telegram", "r1")


async def invited(town: Town) -> str:
    return await town.database.write(lambda c: codes.invite(c, town.store, "join", "coordinator", "*"))


async def guess(town: Town, chat: Address, times: int) -> None:
    for n in range(times):
        await town.says(chat, Command("join", WRONG.format(n % 10)), hint="en")


async def test_whoever_guesses_codes_has_to_wait_and_a_good_code_stays_good(town: Town) -> None:
    code = await invited(town)
    await guess(town, GUESSER, guesses.MOST_OF_ONE)
    assert "not good" in last(town, GUESSER)
    await town.says(GUESSER, Command("join", code), hint="en")
    assert "wait ten minutes" in last(town, GUESSER)
    assert not town.store.directory.members
    town.clock.tick(minutes=11)
    await town.says(GUESSER, Command("join", code), hint="en")
    assert "Welcome, coordinator" in last(town, GUESSER)


async def test_others_are_not_kept_waiting_for_one_who_guesses(town: Town) -> None:
    code = await invited(town)
    await guess(town, GUESSER, 20)
    await town.says(Address("line", "c9"), Command("join", code), hint="en")
    assert "Welcome, coordinator" in last(town, Address("line", "c9"))


async def test_a_crowd_that_guesses_together_waits_together(town: Town) -> None:
    code = await invited(town)
    for n in range(guesses.MOST_OF_ALL // guesses.MOST_OF_ONE):
        events = [
            town.event(Address("web", f"w{n}"), Command("join", WRONG.format(i))) for i in range(guesses.MOST_OF_ONE)
        ]
        await town.turns.handle(events)
    await town.says(Address("line", "c9"), Command("join", code), hint="en")
    assert "wait ten minutes" in last(town, Address("line", "c9"))
    town.clock.tick(minutes=11)
    await schedule(town).purge()
    assert await count(town, CODE_GUESS) == 0


async def test_a_mistyped_code_costs_nothing_but_a_try(town: Town) -> None:
    code = await invited(town)
    await guess(town, GUESSER, 2)
    await town.says(GUESSER, Command("join", code), hint="en")
    assert "Welcome, coordinator" in last(town, GUESSER)


async def test_a_foreign_group_hears_nothing_however_often_it_guesses(town: Town) -> None:
    foreign = Address("telegram", "g-foreign")
    for n in range(8):
        await town.says(foreign, Command("link", WRONG.format(n)), sender="x")
    assert town.sent("telegram", foreign.chat) == []


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Somchai", "Somchai"),
        ("  สมชาย \n ใจดี ", "สมชาย ใจดี"),
        ("</b><a href='tg://user?id=1'>x", "<[/]b><a href='tg[:]//user?id=1'>x"),
        ("@admin see evil.com/x", "[@]admin see evil[.]com/x"),
        ("a\u202egnp.exe", "agnp[.]exe"),
        ("Bo\u200bss\u2060", "Boss"),
        ("x\r\n\u2028✅ Closed", "x ✅ Closed"),
        ("{0} {name}", "{0} {name}"),
    ],
)
async def test_a_name_is_a_name_and_nothing_else(town: Town, typed: str, name: str) -> None:
    await people(town)
    await town.says(OFFICERS, Command("name", typed), sender="somchai")
    assert town.store.directory.members["telegram", "somchai"].name == name
    assert name in last(town, OFFICERS)


@given(st.text())
def test_no_name_is_longer_than_a_card_takes_or_has_lines(typed: str) -> None:
    name = called(typed)
    assert clusters(name) <= LONGEST_NAME
    assert "\n" not in name
    assert called(name) == name or clusters(name) == LONGEST_NAME
