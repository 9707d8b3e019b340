"""A lost phone of a coordinator, and one more group for a place: who may do what, and who hears of it."""

import pytest

from handlers.effects import Button, Decision, Dismiss, LinkGroup, Record, Say, VoidCodes
from handlers.events import Address, Choice, Command
from handlers.numbers import code as drawn
from handlers.world import CodeRow, Directory, Group, Member
from storage.core import CODE
from tests.house import House, OnTelegram
from tests.street import Street

PEOPLE = {"all": "*", "all too": "*", "province": "P:TH-38", "district": "TH3801", "elsewhere": "P:TH-57"}
MAY = {
    "all": {"all too", "province", "district", "elsewhere"},
    "province": {"district"},
    "district": set(),
    "elsewhere": set(),
}
KAN, NEW = Address("telegram", "g-kan"), Address("telegram", "g-new")


def chat(name: str) -> Address:
    return Address("telegram", name)


def street() -> Street:
    members = [Member("telegram", n, "coordinator", scope, chat(n), "en", n) for n, scope in PEOPLE.items()]
    members.append(Member("telegram", "officer", "officer", "TH3801", chat("officer"), "en", "officer"))
    group = Group(KAN, "TH3801", "th")
    return Street(Directory({KAN: group}, {(m.channel, m.person): m for m in members}))


def said(decision: Decision) -> dict[str, str]:
    return {e.to.chat: e.text for e in decision if isinstance(e, Say) and isinstance(e.to, Address)}


def offered(played: Street, name: str, word: str = "lock") -> dict[str, Button]:
    """Whom `/lock` shows, with the button for each."""
    (say,) = [e for e in played.hear(Command(word), chat(name)) if isinstance(e, Say)]
    listed = say.text.split("\n")[1:]
    return {line.split(". ")[1].split(" · ")[0]: b for line, b in zip(listed, say.buttons, strict=False)}


@pytest.mark.parametrize("name", MAY)
def test_only_those_who_watch_no_more_than_oneself_are_shown(name: str) -> None:
    assert set(offered(street(), name)) == MAY[name]


@pytest.mark.parametrize("word", ["ถอนสิทธิ์", "ล็อก", "ຖອນສິດ", "ລັອກ", "ដកសិទ្ធិ", "ចាក់សោ"])
def test_the_word_may_be_typed_in_ones_own_language(word: str) -> None:
    assert set(offered(street(), "province", word)) == MAY["province"]


@pytest.mark.parametrize("name", ["officer", "stranger"])
def test_nobody_else_locks_anybody(name: str) -> None:
    played = street()
    press = Choice(offered(street(), "all")["province"].value)
    for body in (Command("lock"), press):
        assert not [e for e in played.hear(body, chat(name)) if isinstance(e, Dismiss)]


@pytest.mark.parametrize("name", ["province", "district", "elsewhere"])
def test_a_press_for_somebody_out_of_reach_does_nothing(name: str) -> None:
    press = Choice(offered(street(), "all")["all too"].value)
    assert not [e for e in street().hear(press, chat(name)) if isinstance(e, Dismiss)]


def test_the_role_goes_at_once_and_everybody_but_the_lost_phone_hears_of_it() -> None:
    played = street()
    decision = played.hear(Choice(offered(played, "all")["province"].value), chat("all"))
    assert Dismiss("telegram", "province") in decision
    (void,) = [e for e in decision if isinstance(e, VoidCodes)]
    assert {"P:TH-38", "TH3801"} <= set(void.scopes)
    assert not {"*", "P:TH-57", "TH5703"} & set(void.scopes)
    assert [e.action for e in decision if isinstance(e, Record)] == ["locked a coordinator"]
    assert set(said(decision)) == {"all", "all too"}
    assert all("province" in text for text in said(decision).values())


def test_whoever_watches_a_place_hears_of_one_more_group() -> None:
    played = street()
    code = drawn(bytes(16))
    played.code = CodeRow(code, "link", "", "TH3801")
    decision = played.hear(Command("link", code), NEW, "all")
    assert [e.chat for e in decision if isinstance(e, LinkGroup)] == [NEW]
    assert set(said(decision)) == {"g-new", "g-kan", "all too", "province", "district"}
    assert "/unlink" in said(decision)["district"]


async def test_a_locked_coordinator_and_their_codes_are_good_for_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with House(tmp_path_factory.mktemp("house"), channels=("telegram",)) as house:
        chief, thief = OnTelegram(house, 5_001, hint="en"), OnTelegram(house, 5_002, hint="en")
        await chief.write(f"/join {await house.invite()}")
        await thief.write(f"/join {await house.invite(scope='P:TH-38')}")
        await thief.write("/link TH3801")
        await house.settled()
        assert await house.count(CODE) == 1
        await chief.write("/lock")
        await house.settled()
        (value,) = (await chief.screen())[-1].buttons
        await chief.press(value)
        await house.settled()
        assert await house.count(CODE) == 0
        await thief.write("/summary")
        await house.settled()
        assert (await thief.screen())[-1].text == "This is for officers and coordinators."
