"""The counters of summaries equal the cases and the tombstones, and are made anew from them."""

import random
from functools import partial

import pytest
from sqlalchemy import Connection, select, update

from handlers.events import Address, Choice, Command
from storage import erasing, recounting
from storage.core import CASES, TALLY, WAIT
from tests.test_turns import OFFICERS, REPORT, link
from tests.town import Town

MOVES = ("take", "checking", "release", "close acted", "close false", "reopen", "details")


def numbers(connection: Connection) -> list[tuple[int, str]]:
    return [(row, number) for row, number in connection.execute(select(CASES.c.id, CASES.c.number))]


async def wrong(town: Town) -> list[str]:
    return await town.database.write(partial(recounting.differences, zone=town.store.rules.zone))


async def some_life(town: Town, dice: random.Random) -> None:
    """Reports, some of them kept from the police; officers do this and that; days pass; some cases are erased."""
    for n in range(12):
        kept = (Choice("change:not"), Choice("a:set-not:police"), Choice("a:set-not:done"))
        for body in (*REPORT[:-1], *(kept if dice.random() < 0.25 else ()), REPORT[-1]):
            await town.says(Address("telegram", f"p{n}"), body)
        town.clock.tick(minutes=dice.randrange(1, 600))
        for _ in range(3):
            _, number = dice.choice(await town.database.read(numbers))
            action, _, rest = dice.choice(MOVES).partition(" ")
            await town.says(OFFICERS, Command(action, f"{number} {rest}".strip()), sender="o1")
        if n % 3 == 2:
            row, _ = dice.choice(await town.database.read(numbers))
            await town.database.write(partial(erasing.erase, store=town.store, ids=[row], why="retention"))


@pytest.mark.parametrize("seed", range(3))
async def test_the_counters_equal_the_cases_whatever_happened(town: Town, seed: int) -> None:
    await link(town)
    await some_life(town, random.Random(seed))
    assert await wrong(town) == []


async def test_a_counter_that_is_wrong_is_found_and_made_right(town: Town) -> None:
    await link(town)
    await some_life(town, random.Random(7))
    for table, name in ((TALLY, "taken"), (WAIT, "count")):
        await town.database.write(lambda c, t=table, n=name: c.execute(update(t).values({n: t.c[n] + 1})))  # type: ignore[misc]
    found = await wrong(town)
    assert {line.split(" ")[0] for line in found} == {"tally", "wait"}
    await town.database.write(partial(recounting.rebuild, zone=town.store.rules.zone))
    assert await wrong(town) == []
