"""One officer with two apps is one person: never the second one, and the holder in both."""

import re
from dataclasses import replace

import pytest

from handlers.effects import LinkGroup
from handlers.events import Address, Choice, Command, Place, Text
from storage import codes, directory
from storage.core import CASES, MEMBER
from tests.town import Town

KAN, THEIRS = Address("line", "g-kan"), Address("telegram", "g-kan")
MINE, OTHER = Address("line", "o1"), Address("telegram", "t1")  # the same person
STEPS = (Choice("a:language:en"), Choice("a:consent:yes"), Choice("a:kind:drugs"), Place(18.36, 103.65))
LAST = (Choice("a:when:now"), Text("A boat without lights"), Choice("a:send:ask"))
CODE = re.compile(r"/account (\S+)")


@pytest.fixture
async def desk(town: Town) -> Town:
    """A district with a group on each app, where two have to agree; two people have worked in both, a third in one."""
    town.store.rules = replace(town.store.rules, two_person_close=True)
    changes = [LinkGroup(KAN, "TH3801", "th"), LinkGroup(THEIRS, "TH3801", "th")]
    await town.database.write(lambda c: directory.change(c, town.store, changes))
    await town.enlist(KAN, "o1")
    await town.enlist(THEIRS, "t1", "t2")
    for chat, who in ((KAN, "o1"), (THEIRS, "t1"), (THEIRS, "t2")):
        await town.says(chat, Command("name", f"เจ้าหน้าที่ {who}"), sender=who)
    return town


async def case(town: Town) -> str:
    for body in (Command("start"), *STEPS, *LAST):
        await town.says(Address("web", "r1"), body)
    return await town.database.read(lambda c: str(c.execute(CASES.select()).one().number))


async def status(town: Town) -> str:
    return await town.database.read(lambda c: str(c.execute(CASES.select()).one().status))


def last(town: Town, chat: Address) -> str:
    return str(town.sent(chat.channel, chat.chat)[-1]["text"])


async def asked(town: Town, chat: Address) -> str:
    """A code for this person's other app."""
    await town.says(chat, Command("account"))
    found = CODE.search(last(town, chat))
    assert found
    return found[1]


async def joined(town: Town) -> None:
    code = await asked(town, MINE)
    await town.says(OTHER, Command("account", code))


async def marks(town: Town) -> list[str]:
    return await town.database.read(lambda c: [r.same for r in c.execute(MEMBER.select())])


async def test_before_they_are_joined_two_apps_are_two_people(desk: Town) -> None:
    number = await case(desk)
    await desk.says(KAN, Command("take", number), sender="o1")
    await desk.says(KAN, Command("close", f"{number} acted"), sender="o1")
    assert await status(desk) == "closing"
    await desk.says(THEIRS, Command("confirm", number), sender="t1")
    assert await status(desk) == "closed"


async def test_nobody_is_the_second_one_in_their_other_app(desk: Town) -> None:
    await joined(desk)
    number = await case(desk)
    await desk.says(KAN, Command("take", number), sender="o1")
    await desk.says(KAN, Command("close", f"{number} acted"), sender="o1")
    await desk.says(THEIRS, Command("confirm", number), sender="t1")
    assert await status(desk) == "closing"
    assert "คุณเป็นคนขอปิดเอง" in last(desk, THEIRS)
    await desk.says(THEIRS, Command("confirm", number), sender="t2")
    assert await status(desk) == "closed"


async def test_the_other_way_round_too(desk: Town) -> None:
    await joined(desk)
    number = await case(desk)
    await desk.says(THEIRS, Command("take", number), sender="t1")
    await desk.says(THEIRS, Command("close", f"{number} acted"), sender="t1")
    await desk.says(KAN, Command("confirm", number), sender="o1")
    assert await status(desk) == "closing"


async def test_what_is_taken_in_one_app_is_moved_and_listed_in_the_other(desk: Town) -> None:
    await joined(desk)
    number = await case(desk)
    await desk.says(KAN, Command("take", number), sender="o1")
    await desk.says(THEIRS, Command("cases", "mine"), sender="t1")
    assert number in last(desk, THEIRS)
    await desk.says(THEIRS, Command("cases", "mine"), sender="t2")
    assert number not in last(desk, THEIRS)
    await desk.says(THEIRS, Command("checking", number), sender="t2")
    assert await status(desk) == "taken"
    await desk.says(THEIRS, Command("checking", number), sender="t1")
    assert await status(desk) == "checking"


async def test_a_note_for_oneself_is_read_in_both(desk: Town) -> None:
    await joined(desk)
    number = await case(desk)
    await desk.says(KAN, Command("take", number), sender="o1")
    await desk.says(MINE, Command("note", f"{number} ถามเพื่อนบ้านก่อน"))
    await desk.says(THEIRS, Command("details", number), sender="t1")
    assert "ถามเพื่อนบ้านก่อน" in last(desk, OTHER)


async def test_a_code_joins_once_and_for_a_quarter_of_an_hour(desk: Town) -> None:
    code = await asked(desk, MINE)
    await desk.says(OTHER, Command("account", code))
    assert len({mark for mark in await marks(desk) if mark}) == 1
    assert sum(bool(mark) for mark in await marks(desk)) == 2
    await desk.says(Address("telegram", "t2"), Command("account", code))
    assert "ไม่ถูกต้อง" in last(desk, Address("telegram", "t2"))
    late = await asked(desk, MINE)
    desk.clock.tick(minutes=16)
    await desk.says(Address("telegram", "t2"), Command("account", late))
    assert sum(bool(mark) for mark in await marks(desk)) == 2


async def test_the_app_that_made_it_and_whoever_is_no_officer_join_nothing(desk: Town) -> None:
    code = await asked(desk, MINE)
    await desk.says(MINE, Command("account", code))
    assert sum(bool(mark) for mark in await marks(desk)) == 1
    stranger = Address("telegram", "r9")
    await desk.says(stranger, Command("account", code))
    assert not CODE.search(last(desk, stranger))
    assert await desk.database.read(lambda c: len(c.execute(MEMBER.select()).all())) == 3, "a code brings nobody in"
    await desk.says(OTHER, Command("account", code))
    assert sum(bool(mark) for mark in await marks(desk)) == 2, "and is good still"


async def test_the_first_app_hears_of_it(desk: Town) -> None:
    await joined(desk)
    assert "อีกแอปหนึ่ง" in last(desk, MINE)


async def test_a_group_code_or_an_invitation_joins_nothing(desk: Town) -> None:
    invitation = await desk.database.write(lambda c: codes.invite(c, desk.store, "join", "officer", "TH3801"))
    await desk.says(OTHER, Command("account", invitation))
    assert not any(await marks(desk))
    code = await asked(desk, MINE)
    await desk.says(OTHER, Command("join", code))
    assert sum(bool(mark) for mark in await marks(desk)) == 1
