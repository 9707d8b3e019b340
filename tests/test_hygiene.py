"""A group that may not be what it was gets headlines alone until a coordinator has looked."""

from dataclasses import replace

import pytest

from handlers.effects import Doubt, Enroll, LinkGroup, Say
from handlers.events import Added, Address, Choice, Command, MembersJoined, MembersLeft, Migrated, Removed, Text
from handlers.hygiene import REASONS, key
from handlers.world import Group
from storage import directory
from tests.street import Street, heard_by
from tests.test_audit import CHIEF, OFFICERS, RESIDENT, SECOND, people, report
from tests.test_desk import KAN, PEOPLE, street
from tests.town import Town

SOMCHAI, MOVED = Address("telegram", "somchai"), Address("telegram", "g-moved")
WORDS = "เรือไม่มีไฟ"


async def doubted(town: Town, why: str) -> Address:
    """What puts the group in doubt; where it is from then on."""
    match why:
        case "stranger":
            await town.says(OFFICERS, MembersJoined(("somchai", "boon")))
        case "public":
            await town.says(OFFICERS, Command("help"), sender="somchai", public=True)
        case "returned":
            await town.says(OFFICERS, Removed())
            await town.says(OFFICERS, Added())
        case "migrated":
            await town.says(OFFICERS, Migrated(MOVED.chat))
            return MOVED
        case "blind":
            town.channels["telegram"].hidden.add(OFFICERS.chat)
            town.clock.tick(minutes=11)
            await town.says(OFFICERS, Command("cases"), sender="somchai")
    return OFFICERS


def warnings(town: Town, chat: Address) -> list[str]:
    return [part["text"] for part in town.sent(chat.channel, chat.chat) if part["text"].startswith("⚠️")]


def group(town: Town, chat: Address) -> Group:
    return town.store.directory.groups[chat]


async def reread(town: Town) -> None:
    town.store.revision = -1
    await town.database.read(lambda c: directory.refresh(c, town.store))


async def watched(town: Town) -> None:
    """A coordinator who is on Telegram, and may be in the group."""
    watch = Enroll("t1", "coordinator", "TH3801", Address("telegram", "t1"), "th")
    await town.database.write(lambda c: directory.change(c, town.store, [watch]))


async def full(town: Town) -> None:
    link = LinkGroup(OFFICERS, "TH3801", "th", "full")
    await town.database.write(lambda c: directory.change(c, town.store, [link]))


@pytest.mark.parametrize("why", REASONS)
async def test_each_reason_withholds_details_until_a_coordinator_looked(town: Town, why: str) -> None:
    await people(town)
    await full(town)
    there = await doubted(town, why)
    await reread(town)
    assert group(town, there).doubt == (why,)
    number = await report(town)
    card = town.sent("telegram", there.chat)[-1]
    assert WORDS not in card["text"]
    assert not any(value.startswith("details:") for _, value, _ in card["buttons"])
    for where in (there, SOMCHAI):
        await town.says(where, Command("details", number), sender="somchai")
    assert not any(WORDS in part["text"] for part in town.sent("telegram", "somchai"))
    await town.says(CHIEF, Choice(f"trust:{key(there)}"))
    await reread(town)
    assert group(town, there).doubt == ()
    town.clock.tick(minutes=11)
    await town.says(there, Command("details", number), sender="somchai")
    assert any(WORDS in part["text"] for part in town.sent("telegram", "somchai"))


@pytest.mark.parametrize("why", REASONS)
async def test_coordinators_are_told_once_for_each_reason(town: Town, why: str) -> None:
    await people(town)
    there = await doubted(town, why)
    for _ in range(2):
        town.clock.tick(minutes=11)
        await town.says(there, MembersJoined(("boon",)) if why == "stranger" else Command("help"), sender="somchai",
                        public=True if why == "public" else None)  # fmt: skip
        await town.says(there, Command("cases"), sender="somchai")
    assert len(warnings(town, CHIEF)) == 1
    assert warnings(town, SECOND) == warnings(town, CHIEF)
    await town.says(there, MembersJoined(("nok",)))
    assert len(warnings(town, CHIEF)) == (1 if why == "stranger" else 2), "another reason is news"


async def test_a_group_that_is_known_to_be_public_is_no_news_until_it_was_private_again(town: Town) -> None:
    await people(town)
    await doubted(town, "public")
    await town.says(CHIEF, Choice(f"trust:{key(OFFICERS)}"))
    await town.says(OFFICERS, Command("cases"), sender="somchai", public=True)
    assert (group(town, OFFICERS).doubt, group(town, OFFICERS).accepted) == ((), ("public",))
    await town.says(OFFICERS, Command("cases"), sender="somchai", public=False)
    assert group(town, OFFICERS).accepted == ()
    await town.says(OFFICERS, Command("cases"), sender="somchai", public=True)
    assert len(warnings(town, CHIEF)) == 2


@pytest.mark.parametrize("command", [Command("detail", "full"), Command("language", "lo")])
async def test_what_a_coordinator_changes_there_does_not_end_the_doubt(town: Town, command: Command) -> None:
    await people(town)
    await watched(town)
    await town.says(OFFICERS, command, sender="t1", public=True)
    await reread(town)
    there = group(town, OFFICERS)
    assert there.doubt == ("public",)
    assert (there.detail, there.language) in (("full", "th"), ("headline", "lo"))


async def test_a_group_in_doubt_that_moves_is_in_doubt_for_both_reasons(town: Town) -> None:
    await people(town)
    await doubted(town, "stranger")
    await doubted(town, "migrated")
    await reread(town)
    assert group(town, MOVED).doubt == ("stranger", "migrated")


async def test_nothing_goes_to_a_group_while_the_bot_is_out_of_it(town: Town) -> None:
    await people(town)
    await town.says(OFFICERS, Removed())
    before = len(town.sent("telegram", OFFICERS.chat))
    await reread(town)
    await report(town)
    assert len(town.sent("telegram", OFFICERS.chat)) == before
    assert OFFICERS not in town.store.directory.groups
    await town.says(OFFICERS, Command("cases"), sender="somchai")
    assert len(town.sent("telegram", OFFICERS.chat)) == before, "it is foreign until the bot is back"


@pytest.mark.parametrize("command", ["details", "take", "cases", "summary", "case"])
async def test_nobody_acts_in_private_while_the_bot_is_out_of_their_group(town: Town, command: str) -> None:
    await people(town)
    number = await report(town)
    await town.says(OFFICERS, Removed())
    before = len(town.sent("telegram", "somchai"))
    await town.says(SOMCHAI, Command(command, number))
    (said,) = town.sent("telegram", "somchai")[before:]
    assert number[:4] not in said["text"]
    assert WORDS not in said["text"]


async def test_a_group_that_a_coordinator_unlinked_is_not_known_again(town: Town) -> None:
    await people(town)
    await watched(town)
    await town.says(OFFICERS, Command("unlink"), sender="t1")
    await town.says(OFFICERS, Added())
    assert town.channels["telegram"].left == [OFFICERS.chat]
    assert town.store.directory.groups == {}


def doubtful() -> Street:
    played = street()
    there = replace(played.people.groups[KAN], doubt=("stranger",))
    played.people = replace(played.people, groups={**played.people.groups, KAN: there})
    return played


@pytest.mark.parametrize("person", PEOPLE)
def test_only_who_watches_the_place_says_that_it_is_all_right(person: str) -> None:
    chat, _ = PEOPLE[person]
    may = person in ("coordinator of the district", "coordinator of the province", "coordinator of all")
    decision = doubtful().hear(Choice(f"trust:{key(KAN)}"), chat)
    assert bool([e for e in decision if isinstance(e, Doubt)]) is may


@pytest.mark.parametrize("body", [MembersLeft(("x",)), Text("x"), MembersJoined(("o1", "c1", "c2", "c4"))])
def test_what_is_usual_raises_no_doubt(body: MembersLeft | Text | MembersJoined) -> None:
    decision = street().hear(body, KAN)
    assert not [e for e in decision if isinstance(e, Doubt | Say)]


@pytest.mark.parametrize("person", ["o2", "h2", "c3", "boon"])
def test_who_has_a_seat_elsewhere_is_a_stranger_here(person: str) -> None:
    told = heard_by(street().hear(MembersJoined((person,)), KAN))
    assert set(told) == {PEOPLE[f"coordinator of {what}"][0] for what in ("the district", "the province", "all")}


async def test_an_answer_is_not_read_out_while_details_are_withheld(town: Town) -> None:
    await people(town)
    number = await report(town)
    for words in (Command("take", number), Command("ask", f"{number} where")):
        await town.says(OFFICERS, words, sender="somchai")
    await doubted(town, "stranger")
    await town.says(RESIDENT, Text("อยู่หลังวัด"))
    assert not any("หลังวัด" in part["text"] for part in town.sent("telegram", "somchai"))
