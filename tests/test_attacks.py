"""An hour as an attacker, with the source in hand: each thing that worked once, and does not any more.

docs/security.md tells what was tried; what was mended elsewhere has its test beside it (test_crowd, test_server,
test_backups).
"""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from handlers.effects import Enroll, LinkGroup
from handlers.events import Address, Choice, Command, Text
from storage import directory, operations
from tests.house import House, OnWeb
from tests.test_audit import people
from tests.test_excluded import CHIEF, GROUP, RESIDENT, WATCH, sent
from tests.test_rights import last
from tests.test_turns import report
from tests.town import Town

BORDER = Address("telegram", "g-border")


def in_group(town: Town, chat: Address = GROUP) -> str:
    return "\n".join(part["text"] for part in town.sent(chat.channel, chat.chat))


# --- a report that is kept from somebody, and a coordinator's slip


async def test_a_kept_report_is_never_offered_to_a_group(tmp_path: Path) -> None:
    """Handing it over wrote its card into the other place's group."""
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        number = await sent(town, ["police"])
        await town.database.write(lambda c: directory.change(c, town.store, [LinkGroup(BORDER, "TH3804", "th")]))
        for who in (CHIEF, WATCH):
            await town.says(who, Command("take", number))
            await town.says(who, Command("handover", f"{number} TH3804"), hint="en")
            await town.says(who, Command("handover", number))
        assert number not in in_group(town, BORDER)
        assert not town.sent("telegram", BORDER.chat)


async def another(town: Town) -> str:
    """A report that everybody may know, of the same place."""
    town.clock.tick(minutes=1)
    before = in_group(town)
    await report(town, Address("telegram", "r7"))
    new = in_group(town).removeprefix(before)
    found = next(word for word in new.split() if len(word) == 9 and word[4] == "-" and word[:4].isdigit())
    return str(found)


async def test_a_kept_report_is_not_put_together_with_one_that_a_group_has(tmp_path: Path) -> None:
    """The group's card then named the number of the other, and `/split` told that there was one."""
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        kept = await sent(town, ["police"])
        known = await another(town)
        for one, other in ((known, kept), (kept, known)):
            await town.says(CHIEF, Command("merge", f"{one} {other}"))
        await town.says(CHIEF, Command("take", known))
        assert kept not in in_group(town)
        await town.says(GROUP, Command("split", known), sender="o1", hint="en")
        assert kept not in in_group(town)
        split = town.sent("telegram", GROUP.chat)[-1]["text"]
        alone = await another(town)
        await town.says(GROUP, Command("split", alone), sender="o1", hint="en")
        assert town.sent("telegram", GROUP.chat)[-1]["text"].replace(alone, known) == split


async def test_a_kept_report_is_not_in_the_table_that_leaves_the_house(tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        kept = await sent(town, ["police"])
        known = await another(town)
        table = str(await town.database.read(lambda c: operations.export(c, None)))
    assert known in table
    assert kept not in table


# --- names that pose


@pytest.mark.parametrize(
    "posing",
    [
        "Coordinator",
        "ผู้ประสานงาน",
        "ຜູ້ປະສານງານ",
        "អ្នកសម្របសម្រួល",
        "ＣＯＯＲＤＩＮＡＴＯＲ",
        "เจ้าหน้าที่ 2",
    ],
)
async def test_nobody_is_called_what_somebody_else_is(town: Town, posing: str) -> None:
    """An officer called "coordinator" told colleagues on cards what a coordinator had never said."""
    await people(town)
    group = Address("telegram", "g-kan")
    await town.says(group, Command("name", posing), sender="somchai", hint="en")
    said = "This is what somebody else is called. Please choose another name."
    assert last(town, group) == town.store.words["th"].t(said)
    assert not [m for m in town.store.directory.members.values() if m.person == "somchai" and m.name == posing]


async def test_two_officers_of_one_place_have_two_names(town: Town) -> None:
    await people(town)
    group = Address("telegram", "g-kan")
    thief: list[directory.Change] = [Enroll("thief", "officer", "TH3801", Address("telegram", "thief"), "th")]
    await town.database.write(lambda c: directory.change(c, town.store, thief))
    for person, name in (("somchai", "Anan"), ("thief", "anan\u200b"), ("thief", "Wichai"), ("somchai", "Anan")):
        await town.says(group, Command("name", name), sender=person, hint="en")
    names = {m.person: m.name for m in town.store.directory.members.values() if m.role == "officer"}
    assert names == {"somchai": "Anan", "thief": "Wichai"}
    far: list[directory.Change] = [Enroll("far", "officer", "TH4301", Address("telegram", "far"), "th")]
    await town.database.write(lambda c: directory.change(c, town.store, far))
    await town.says(Address("telegram", "far"), Command("name", "Anan"))  # another place may have an Anan, too
    assert {m.name for m in town.store.directory.members.values() if m.person == "far"} == {"Anan"}


# --- a stolen disk, and a phone beside it


async def test_a_disk_and_a_phone_of_the_page_do_not_show_that_they_belong_together(tmp_path: Path) -> None:
    """Every event of the page was kept for a month under a hash of its chat that whoever has the cookie can make."""
    async with House(tmp_path) as house:
        async with OnWeb(house) as web:
            await web.write("/start")
            await web.write("/language")
            await house.settled()
            secret = next(c.value for c in web._http.cookie_jar if c.key == "nts")
            chat = f"p-{hashlib.sha256(secret.encode()).hexdigest()[:32]}"
        with closing(sqlite3.connect(house.folder / "ntswatch.db")) as disk:
            everything = "\n".join(disk.iterdump())
    seen = [hashlib.sha256(part.encode()).hexdigest()[:16] for part in (chat, secret)]
    assert len([line for line in everything.splitlines() if "INSERT INTO" in line and "inbox" in line]) >= 1
    assert not [mark for mark in (*seen, chat, secret) if mark in everything]


# --- a resident who tries everything


GUESSES = (
    "take:{}",
    "details:{}",
    "close:{}:false",
    "my:show:{}",
    "my:gone:{}",
    "grouplink:yes:{}",
    "lock:{}",
    "training:TH3801:202611232100",
)


@pytest.mark.parametrize("value", GUESSES)
async def test_a_resident_gets_nothing_by_guessing_what_stands_behind_buttons(town: Town, value: str) -> None:
    await people(town)
    await report(town, Address("telegram", "r1"))
    (number,) = [row[0] for row in (await town.database.read(lambda c: operations.export(c, None)))[1:]]
    thief = Address("telegram", "thief")
    before = await town.database.read(lambda c: operations.export(c, None))
    await town.says(thief, Choice(value.format(str(number).replace("-", ""))))
    await town.says(thief, Text(f"/{value.format(number)}"))
    assert await town.database.read(lambda c: operations.export(c, None)) == before
    assert str(number) not in "".join(part["text"] for part in town.sent("telegram", "thief"))
    assert RESIDENT.chat not in "".join(part["text"] for part in town.sent("telegram", "thief"))
