"""A group gets nothing before a second coordinator agrees: nobody with one coordinator's phone opens an ear alone."""

import re
from dataclasses import replace

import pytest

from handlers.effects import Enroll, LinkGroup
from handlers.events import Added, Address, Choice, Command, Migrated, Removed, Text
from storage import codes, directory
from storage.core import GROUP, LINK_ASKED
from tests.test_audit import CHIEF, OFFICERS, SECOND, history, people, report
from tests.test_retention import count, schedule
from tests.town import Town

NEW = Address("telegram", "g-new")
LOCAL = Address("telegram", "c3")
CODE = re.compile(r"/link ([0-9A-Z-]{10,})")


async def ask(town: Town, place: str = "TH3801", who: Address = CHIEF) -> None:
    await town.says(who, Command("link", place), hint="en")
    found = CODE.search(town.sent(who.channel, who.chat)[-1]["text"])
    assert found
    await town.says(NEW, Command("link", found[1]), sender="somebody")


def offered(town: Town, who: Address) -> dict[str, str]:
    """The buttons of the last message: yes, no."""
    values = [b[1] for b in town.sent(who.channel, who.chat)[-1]["buttons"]]
    return {value.split(":")[1]: value for value in values if value.startswith("grouplink:")}


def last(town: Town, who: Address) -> str:
    return str(town.sent(who.channel, who.chat)[-1]["text"])


async def test_a_group_waits_and_gets_nothing_until_a_second_coordinator_agrees(town: Town) -> None:
    await people(town)
    await ask(town)
    assert NEW not in town.store.directory.groups
    assert NEW in town.store.directory.asked
    said = len(town.sent("telegram", NEW.chat))
    number = await report(town)
    await town.says(NEW, Command("case", number), sender="somebody")
    await town.says(NEW, Command("cases"), sender="somebody")
    await town.says(NEW, Text("hello"), sender="somebody")
    assert len(town.sent("telegram", NEW.chat)) == said  # it is a foreign group
    assert set(offered(town, CHIEF)) == {"no"}
    await town.says(SECOND, Choice(offered(town, SECOND)["yes"]), hint="en")
    assert town.store.directory.groups[NEW].scope == "TH3801"
    assert not town.store.directory.asked
    assert [a for a, _ in await history(town)][-1] == "group linked"
    town.clock.tick(minutes=1)
    number = await report(town, Address("telegram", "r2"))
    assert number[:4] in last(town, NEW)


async def test_one_s_own_code_is_not_one_s_second_word(town: Town) -> None:
    await people(town)
    await ask(town)
    yes = offered(town, SECOND)["yes"]
    await town.says(CHIEF, Choice(yes), hint="en")
    assert "Another coordinator" in last(town, CHIEF)
    for nobody in (Address("telegram", "r1"), Address("telegram", "somebody")):
        await town.says(nobody, Choice(yes), hint="en")
        assert "does not wait" in last(town, nobody)
    await town.says(SECOND, Choice("grouplink:yes:" + "0" * 24), hint="en")
    assert NEW not in town.store.directory.groups
    assert await count(town, LINK_ASKED) == 1


async def test_a_coordinator_of_another_place_has_no_word(town: Town) -> None:
    await people(town)
    far: list[directory.Change] = [Enroll("c3", "coordinator", "TH4301", LOCAL, "en")]
    await town.database.write(lambda c: directory.change(c, town.store, far))
    await ask(town)
    assert not town.sent("telegram", "c3")
    await town.says(LOCAL, Choice(offered(town, SECOND)["yes"]), hint="en")
    assert "does not wait" in last(town, LOCAL)


async def test_a_no_is_told_and_the_group_is_left(town: Town) -> None:
    await people(town)
    await ask(town)
    await town.says(SECOND, Choice(offered(town, SECOND)["no"]), hint="en")
    assert "was not linked" in last(town, CHIEF)
    assert town.channels["telegram"].left == [NEW.chat]
    assert await count(town, LINK_ASKED) == await count(town, GROUP, GROUP.c.tag == town.store.tag(NEW)) == 0
    assert [a for a, _ in await history(town)][-1] == "group link refused"


async def test_an_old_group_stays_linked_while_a_new_place_is_asked_for(town: Town) -> None:
    """Whoever gets hold of one code cannot make a group deaf."""
    await people(town)
    linked: list[directory.Change] = [LinkGroup(NEW, "TH3804", "th", "full")]
    await town.database.write(lambda c: directory.change(c, town.store, linked))
    await ask(town)
    assert town.store.directory.groups[NEW].scope == "TH3804"
    await town.says(SECOND, Choice(offered(town, SECOND)["yes"]), hint="en")
    assert town.store.directory.groups[NEW].scope == "TH3801"


async def test_where_there_is_one_coordinator_a_group_is_linked_at_once(town: Town) -> None:
    alone: list[directory.Change] = [Enroll("c1", "coordinator", "*", CHIEF, "en")]
    await town.database.write(lambda c: directory.change(c, town.store, alone))
    await ask(town)
    assert NEW in town.store.directory.groups


async def test_one_alone_agrees_again_after_hours_where_the_settings_say_always(town: Town) -> None:
    town.store.rules = replace(town.store.rules, second_link="always")
    alone: list[directory.Change] = [Enroll("c1", "coordinator", "*", CHIEF, "en")]
    await town.database.write(lambda c: directory.change(c, town.store, alone))
    await ask(town)
    yes = offered(town, CHIEF)["yes"]
    town.clock.tick(hours=11)
    await town.says(CHIEF, Choice(yes), hint="en")
    assert "You can agree from" in last(town, CHIEF)
    assert NEW not in town.store.directory.groups
    town.clock.tick(hours=2)
    await town.says(CHIEF, Choice(yes), hint="en")
    assert NEW in town.store.directory.groups


@pytest.mark.parametrize("mode", ["never", "auto", "always"])
async def test_an_operator_s_code_and_the_setting_never(town: Town, mode: str) -> None:
    town.store.rules = replace(town.store.rules, second_link=mode)
    await people(town)
    if mode == "never":
        await ask(town)
    else:
        code = await town.database.write(lambda c: codes.invite(c, town.store, "link", "", "TH3801"))
        await town.says(NEW, Command("link", code), sender="somebody")
    assert NEW in town.store.directory.groups


@pytest.mark.parametrize("end", [Removed(), Migrated("g-newer"), None])
async def test_what_waits_ends_with_the_group_or_after_a_week(town: Town, end: Removed | Migrated | None) -> None:
    await people(town)
    await ask(town)
    yes = offered(town, SECOND)["yes"]
    if end:
        await town.says(NEW, end)
    else:
        town.clock.tick(days=8)
    await town.says(SECOND, Choice(yes), hint="en")
    assert "does not wait" in last(town, SECOND)
    await schedule(town).purge()
    assert await count(town, LINK_ASKED) == 0


async def test_the_bot_does_not_leave_a_group_that_waits(town: Town) -> None:
    await people(town)
    await town.says(CHIEF, Command("link", "TH3801"), hint="en")
    found = CODE.search(town.sent("line", CHIEF.chat)[-1]["text"])
    await town.says(NEW, Added(), sender="somebody")
    assert found
    await town.says(NEW, Command("link", found[1]), sender="somebody")
    town.clock.tick(hours=1)
    await town.deliver()
    assert town.channels["telegram"].left == []
    assert OFFICERS in town.store.directory.groups
