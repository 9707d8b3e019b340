"""Events come twice, late, in another order: the end is the same, or the person is asked a clear question."""

import asyncio
import random
from pathlib import Path

import pytest
from sqlalchemy import select

from handlers.events import Choice, Incoming, Text
from storage import turn
from storage.core import CASES
from tests.faults import FULL
from tests.faults.test_steps import state
from tests.test_turns import REPORT, RESIDENT, count, link
from tests.town import Town

TRIALS = 60 if FULL else 6


def texts(town: Town) -> list[str]:
    return [part["text"] for part in town.sent("telegram", "r1")]


async def played(url: str, folder: Path, events: list[Incoming], dice: random.Random | None) -> tuple[object, int]:
    """The end state after these events, and how many messages the resident got. With dice: every event up to three
    more times, any time after it first came, alone or in a batch with others.
    """
    async with Town(url, folder) as town:
        await link(town)
        late: list[Incoming] = []
        for event in events:
            again = [e for e in late if dice and dice.random() < 0.4]
            batch = [*again, event, *([event] if dice and dice.random() < 0.3 else [])]
            if dice and dice.random() < 0.5:
                await town.turns.handle(batch)
            else:
                await asyncio.gather(*(town.turns.handle([one]) for one in batch))
            late.append(event)
            await town.deliver()
        for event in dice.sample(late, len(late)) if dice else ():
            await town.turns.handle([event])
        await town.deliver()
        return await town.database.read(state), len(texts(town))


def written(town: Town) -> list[Incoming]:
    return [town.event(RESIDENT, body, id=f"event {n}") for n, body in enumerate(REPORT)]


@pytest.mark.parametrize("seed", range(TRIALS))
async def test_what_comes_again_changes_nothing(seed: int, tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/x.db", tmp_path / "x") as town:
        events = written(town)
    once = await played(f"sqlite+aiosqlite:///{tmp_path}/once.db", tmp_path / "once", events, None)
    often = await played(f"sqlite+aiosqlite:///{tmp_path}/often.db", tmp_path / "often", events, random.Random(seed))
    assert often == once


async def test_without_the_inbox_it_would(tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/x.db", tmp_path / "x") as town:
        events = written(town)
        await link(town)
        for event in events:
            await town.turns.handle([event])
            await town.database.write(lambda c: c.exec_driver_sql("DELETE FROM inbox"))
            await town.turns.handle([event])
        await town.deliver()
        assert len(texts(town)) > len(REPORT)


@pytest.mark.parametrize("first", range(1, len(REPORT) - 1))
async def test_two_that_cross_end_alike_or_in_a_question(town: Town, first: int) -> None:
    """Neighbours arrive the wrong way round. Whatever the bot makes of it, it answers, and the person gets through by
    doing what it asks, with one report at the end.
    """
    await link(town)
    order = [*REPORT[:first], REPORT[first + 1], REPORT[first], *REPORT[first + 2 :]]
    for body in order:
        before = len(texts(town))
        await town.says(RESIDENT, body)
        assert len(texts(town)) > before, "it said nothing"
    for body in REPORT[1:] * 2:
        if await count(town, CASES):
            break
        shown = town.sent("telegram", "r1")[-1]
        values = [button[1] for row in [shown["buttons"]] for button in row]
        if isinstance(body, Choice) and body.value not in values:
            continue
        await town.says(RESIDENT, body)
    opened = await town.database.read(lambda c: c.execute(select(CASES.c.kind, CASES.c.district)).all())
    assert [tuple(row) for row in opened] == [("drugs", "TH3801")]


async def test_the_order_of_a_batch_is_the_order_of_its_chat(town: Town) -> None:
    """However events of many chats are mixed, each chat's own order stays."""
    dice = random.Random(5)
    people = [[town.event(RESIDENT, Text(f"{p} {n}"), id=f"{p} {n}") for n in range(9)] for p in range(4)]
    mixed: list[Incoming] = []
    while any(people):
        mixed.append(dice.choice([events for events in people if events]).pop(0))
    places = {event.id: place for place, one in enumerate(turn.rounds(mixed)) for event in one}
    assert all(places[f"{p} {n}"] < places[f"{p} {n + 1}"] for p in range(4) for n in range(8))
