"""Who is no longer in the group does nothing more, whether the platform said so by itself or was asked."""

import pytest
from sqlalchemy import func, select

from bot.channels import SendError
from handlers.decide import needs
from handlers.effects import Check, LinkGroup
from handlers.events import Address, Choice, Command, MembersJoined, MembersLeft, Text
from handlers.world import Query
from storage import directory
from storage.core import CASES, HISTORY, INSIDE, OUTBOX
from tests.street import Street
from tests.test_audit import OFFICERS, people, report
from tests.test_desk import CASE, KAN, street
from tests.town import Town

SOMCHAI, SECOND = Address("telegram", "somchai"), Address("telegram", "g-second")
WORDS = "เรือไม่มีไฟ"


async def opened(town: Town) -> str:
    await people(town)
    number = await report(town)
    await town.says(OFFICERS, Command("take", number), sender="somchai")
    return number


async def status(town: Town) -> str:
    return str(await town.database.read(lambda c: c.execute(select(CASES.c.status)).scalar_one()))


async def count(town: Town, table: object) -> int:
    return int(await town.database.read(lambda c: c.execute(select(func.count()).select_from(table)).scalar_one()))  # type: ignore[arg-type]


def said(town: Town, chat: Address) -> list[str]:
    return [part["text"] for part in town.sent(chat.channel, chat.chat)]


def is_told(town: Town) -> bool:
    return any(WORDS in text for text in said(town, SOMCHAI))


async def test_who_left_and_presses_at_once_is_refused(town: Town) -> None:
    number = await opened(town)
    await town.turns.handle(
        [
            town.event(OFFICERS, MembersLeft(("somchai",))),
            town.event(OFFICERS, Command("close", f"{number} acted"), sender="somchai"),
            town.event(SOMCHAI, Command("details", number)),
        ]
    )
    await town.deliver()
    assert await status(town) == "new"
    assert not is_told(town)
    assert ("telegram", "somchai") not in town.store.directory.members
    assert await count(town, INSIDE) == 0


async def test_the_history_says_that_they_left_and_what_came_back(town: Town) -> None:
    await opened(town)
    await town.says(OFFICERS, MembersLeft(("somchai",)))
    found = await town.database.read(
        lambda c: c.execute(select(HISTORY.c.action).order_by(HISTORY.c.id)).scalars().all()
    )
    assert found[-2:] == ["officer left", "case returned"]


async def test_the_group_is_told_once_and_nobody_is_named(town: Town) -> None:
    number = await opened(town)
    before = len(said(town, OFFICERS))
    await town.says(OFFICERS, MembersLeft(("somchai", "malee")))
    card, news = said(town, OFFICERS)[before:]
    assert "เจ้าหน้าที่ 1" not in card + news
    assert f"{number[:4]}-{number[4:]}" in news


async def test_who_had_nothing_goes_without_a_word(town: Town) -> None:
    await people(town)
    before = len(said(town, OFFICERS))
    await town.says(OFFICERS, MembersLeft(("somchai",)))
    assert len(said(town, OFFICERS)) == before
    assert town.store.directory.seated("TH3801") == ()


async def test_a_press_waits_for_the_platforms_word(town: Town) -> None:
    number = await opened(town)
    town.clock.tick(minutes=11)
    looked = town.channels["telegram"].looked
    before = len(looked)
    await town.turns.handle([town.event(SOMCHAI, Command("details", number))])
    assert not is_told(town)
    await town.deliver()
    assert looked[before:] == [("g-kan", "somchai")]
    assert is_told(town)
    town.clock.tick(minutes=9)
    await town.says(SOMCHAI, Command("cases"))
    assert len(looked) == before + 1, "the word is good for ten minutes"
    assert await count(town, OUTBOX) == 0


@pytest.mark.parametrize("where", [OFFICERS, SOMCHAI])
@pytest.mark.parametrize("command", ["details", "take", "close", "case", "cases", "summary", "near", "note", "duty"])
async def test_who_is_gone_by_the_platforms_word_loses_everything(town: Town, command: str, where: Address) -> None:
    number = await opened(town)
    town.clock.tick(minutes=11)
    town.channels["telegram"].gone.add("somchai")
    before = len(said(town, SOMCHAI))
    await town.says(where, Command(command, f"{number} acted"), sender="somchai")
    assert await status(town) == "new"
    assert ("telegram", "somchai") not in town.store.directory.members
    assert not is_told(town)
    assert all(number[:4] not in text for text in said(town, SOMCHAI)[before:])


async def test_somebody_who_never_came_into_the_group_does_nothing_and_stays_on_the_roster(town: Town) -> None:
    await people(town)
    number = await report(town)
    await town.database.write(lambda c: c.execute(INSIDE.delete()))
    town.channels["telegram"].gone.add("somchai")
    await town.says(SOMCHAI, Command("details", number))
    assert not is_told(town)
    assert len(town.store.directory.seated("TH3801")) == 1
    town.channels["telegram"].gone.clear()
    await town.says(SOMCHAI, Command("details", number))
    assert is_told(town)


async def test_one_moment_is_said_once_while_the_platform_does_not_answer(town: Town) -> None:
    number = await opened(town)
    town.clock.tick(minutes=11)
    town.channels["telegram"].silences += [SendError("http 500", 1.0), SendError("http 500", 1.0)]
    before = len(said(town, SOMCHAI))
    await town.says(SOMCHAI, Command("details", number))
    (moment,) = said(town, SOMCHAI)[before:]
    for _ in range(3):
        town.clock.tick(seconds=20)
        await town.deliver()
    assert said(town, SOMCHAI)[before] == moment
    assert said(town, SOMCHAI)[before:].count(moment) == 1
    assert is_told(town)


async def test_a_platform_that_never_answers_is_given_up_and_nobody_is_dismissed(town: Town) -> None:
    number = await opened(town)
    town.clock.tick(minutes=11)
    town.channels["telegram"].silences += [SendError("http 500", 1.0)] * 9
    await town.says(SOMCHAI, Command("details", number))
    town.clock.tick(minutes=4)
    await town.deliver()
    assert not is_told(town)
    assert "ลองอีกครั้ง" in said(town, SOMCHAI)[-1]
    assert await count(town, OUTBOX) == 0
    assert len(town.store.directory.seated("TH3801")) == 1
    assert await status(town) == "taken"


async def test_who_is_in_one_of_two_groups_of_the_place_is_in(town: Town) -> None:
    number = await opened(town)
    link = LinkGroup(SECOND, "TH3801", "th")
    await town.database.write(lambda c: directory.change(c, town.store, [link]))
    town.clock.tick(minutes=11)
    town.channels["telegram"].apart.add(("g-kan", "somchai"))
    await town.says(SOMCHAI, Command("details", number))
    assert is_told(town)


async def test_nothing_that_waits_reaches_who_left(town: Town) -> None:
    number = await opened(town)
    await town.turns.handle([town.event(SOMCHAI, Command("details", number))])
    await town.turns.handle([town.event(OFFICERS, MembersLeft(("somchai",)))])
    await town.deliver()
    assert not is_told(town)


async def test_who_comes_in_need_not_be_asked_for(town: Town) -> None:
    await people(town)
    number = await report(town)
    town.clock.tick(hours=1)
    await town.says(OFFICERS, MembersJoined(("somchai",)))
    await town.says(SOMCHAI, Command("details", number))
    assert is_told(town)
    assert town.channels["telegram"].looked == []


@pytest.mark.parametrize("person", ["c1", "c4"])
def test_a_coordinator_need_not_be_in_any_group(person: str) -> None:
    played = street()
    played.seen = False
    for where in (KAN, Address("telegram", person)):
        assert not [e for e in played.hear(Command("details", CASE.number), where, person) if isinstance(e, Check)]


@pytest.mark.parametrize("body", [Text("hello"), Choice("new"), Choice("status"), Command("start"), Command("status")])
def test_a_residents_turn_asks_for_no_row_more(body: Text | Choice | Command) -> None:
    played: Street = street()
    event = played.event(body)
    query = needs(played.world(event), event)
    assert not (query or Query()).inside
