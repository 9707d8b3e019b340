"""When officers have finished: the reporter is asked whether it helped, each time anew."""

import pytest
from sqlalchemy import select

from handlers.events import Choice, Text
from handlers.verdict import FELT
from storage.core import CASES
from tests.test_audit import OFFICERS, RESIDENT, people, press, report
from tests.town import Town


async def closed(town: Town, number: str) -> None:
    await press(town, "take", number)
    await press(town, "close", f"{number}:acted")


async def offered(town: Town, number: str) -> list[str]:
    """What may be said of the outcome now."""
    await town.says(RESIDENT, Choice("status"))
    await town.says(RESIDENT, Choice(f"my:show:{number}"))
    values = [str(value) for _, value, _ in town.sent("telegram", RESIDENT.chat)[-1]["buttons"]]
    return [code for code in FELT if f"my:{code}:{number}" in values]


async def tells(town: Town, number: str, code: str) -> None:
    assert code in await offered(town, number)
    await town.says(RESIDENT, Choice(f"my:{code}:{number}"))


async def said(town: Town) -> str:
    return str(await town.database.read(lambda c: c.execute(select(CASES.c.felt)).scalar_one()))


@pytest.fixture
async def number(town: Town) -> str:
    await people(town)
    made = await report(town)
    await closed(town, made)
    return made


@pytest.mark.parametrize("code", ["helped", "unknown", "unsafe"])
async def test_who_has_said_it_is_not_asked_again(town: Town, number: str, code: str) -> None:
    await tells(town, number, code)
    assert await offered(town, number) == []
    assert await said(town) == code


async def test_who_is_interrupted_before_saying_what_still_goes_on_can_say_it_later(town: Town, number: str) -> None:
    await tells(town, number, "nothing")
    town.clock.tick(hours=5)
    assert await offered(town, number) == list(FELT)


async def test_a_second_closing_asks_again(town: Town, number: str) -> None:
    await tells(town, number, "nothing")
    await town.says(RESIDENT, Text("เรือลำเดิมกลับมาอีก"))
    assert await offered(town, number) == []
    assert await said(town) == "nothing", "officers see why it is open again"
    await closed(town, number)
    assert await offered(town, number) == list(FELT)
    assert await said(town) == ""
    assert "🗣" not in town.sent("telegram", OFFICERS.chat)[-1]["text"]


async def test_an_officer_who_looks_again_is_told_anew_whether_it_helped(town: Town, number: str) -> None:
    await tells(town, number, "helped")
    await press(town, "reopen", number)
    await closed(town, number)
    assert await offered(town, number) == list(FELT)
