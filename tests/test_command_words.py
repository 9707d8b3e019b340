"""Every word of every command, in every way people write it, on every channel; and what Telegram offers to whom."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels import Poison, line_parse
from bot.channels.telegram_read import Reader
from bot.channels.web import PERSON
from handlers.commands import COMMANDS, find, menu
from handlers.events import Body, Command, Incoming, Text
from locales import LANGUAGES
from tests.doubles.line import BOT, FakeLine
from tests.doubles.telegram import BOT as TELEGRAM_BOT
from tests.house import LINE_GROUP, TELEGRAM_GROUP, House, OnLine, OnTelegram, link, report
from tests.test_web import channel as page
from tests.test_whole import CHIEF, LINE_OFFICER, OFFICER, chief_of_line, number_in
from tests.town import WORDS

ME, NUMBER, NOW = "ntsbot", "1234-5678", datetime(2026, 11, 23, tzinfo=UTC)
SPELLED = [(name, word) for name, rule in COMMANDS.items() for word in (name, *rule.words)]
IN_GROUP = [(name, word) for name, word in SPELLED if "group" in COMMANDS[name].where]
WORKED = ("case", "cases", "ask", "close", "handover", "help")  # what officers use in their group every day
Heard = Callable[[str], Body | None]


def only(found: list[Incoming | Poison]) -> Body | None:
    assert not any(isinstance(one, Poison) for one in found)
    return next((one.body for one in found if isinstance(one, Incoming)), None)


def telegram(text: str, chat: int = 77) -> Body | None:
    """What Telegram's update of a message comes to; groups have negative ids."""
    place = {"id": chat, "type": "private" if chat > 0 else "supergroup", "title": "G"}
    sender = {"id": 77, "is_bot": False, "first_name": "x"}
    message = {"message_id": 5, "date": 1, "chat": place, "from": sender, "text": text}
    return only(Reader(TELEGRAM_BOT, lambda: NOW, ME).read({"update_id": 9, "message": message}))


def line(text: str, chat: str = "U" + "7" * 32, mention: str = "") -> Body | None:
    """The same of LINE's event; `mention` is how our name stands at the beginning, as LINE marks it."""
    message: dict[str, Any] = {"id": "1", "type": "text", "text": text, "quoteToken": "q"}
    if mention:
        us = {"index": 0, "length": len(mention), "type": "user", "userId": BOT, "isSelf": True}
        message["mention"] = {"mentionees": [us]}
    event = FakeLine().event("message", chat, "U" + "5" * 32, message=message)
    return only(line_parse.read(json.dumps({"destination": BOT, "events": [event]}).encode()))


def web(text: str) -> Body | None:
    said = {"id": "00000000-0000-4000-8000-000000000000", "type": "text", "text": text}
    return only(page().parse(json.dumps(said).encode(), {PERSON: "p-1"}))


WAYS: Mapping[str, Heard] = {
    "telegram /word": lambda w: telegram(f"/{w}"),
    "telegram /word@bot": lambda w: telegram(f"/{w}@{ME}"),
    "line /word": lambda w: line(f"/{w}"),
    "web /word": lambda w: web(f"/{w}"),
}
WAYS_IN_GROUPS: Mapping[str, Heard] = {
    "telegram /word": lambda w: telegram(f"/{w}", -5),
    "telegram /word@bot": lambda w: telegram(f"/{w}@{ME}", -5),
    "telegram /word@Bot": lambda w: telegram(f"/{w}@{ME.upper()}", -5),
    "telegram @bot word": lambda w: telegram(f"@{ME} {w}", -5),
    "telegram @bot /word": lambda w: telegram(f"@{ME} /{w}", -5),
    "line /word": lambda w: line(f"/{w}", LINE_GROUP),
    "line @bot word": lambda w: line(f"@NTS Watch {w}", LINE_GROUP, "@NTS Watch"),
    "line @bot /word": lambda w: line(f"@NTS Watch /{w}", LINE_GROUP, "@NTS Watch"),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_word_of_a_command_is_it_in_private(way: str) -> None:
    assert [word for name, word in SPELLED if not means(WAYS[way](word), name, "")] == []


@pytest.mark.parametrize("way", WAYS_IN_GROUPS)
def test_every_word_of_a_command_is_it_in_a_group(way: str) -> None:
    assert [word for name, word in IN_GROUP if not means(WAYS_IN_GROUPS[way](word), name, "")] == []


@pytest.mark.parametrize("way", WAYS_IN_GROUPS)
def test_what_stands_behind_the_word_comes_along(way: str) -> None:
    at = "@" in way.partition("word")[2]
    body = telegram(f"/case@{ME} {NUMBER}", -5) if at else WAYS_IN_GROUPS[way](f"case {NUMBER}")
    assert body == Command("case", NUMBER)


def means(body: Body | None, name: str, args: str = NUMBER) -> bool:
    return isinstance(body, Command) and find(body) is COMMANDS[name] and body.args == args


def test_no_word_means_two_commands() -> None:
    said = [find(Command(word)) for _, word in SPELLED]
    assert said == [COMMANDS[name] for name, _ in SPELLED]


def test_every_command_of_the_desk_has_a_word_in_every_language() -> None:
    letters = {"th": ("\u0e00", "\u0e7f"), "lo": ("\u0e80", "\u0eff"), "km": ("\u1780", "\u17ff")}
    for name in (*WORKED, "quota"):
        for language, (first, last) in letters.items():
            assert any(first <= word[0] <= last for word in COMMANDS[name].words), (name, language)


def test_talk_among_officers_is_no_command() -> None:
    assert telegram("ปิดเรื่อง แล้วนะ", -5) is None
    assert telegram("@somebody ปิดเรื่อง", -5) is None
    assert telegram("/case@another_bot 1", -5) is None
    assert line("ปิดเรื่อง แล้วนะ", LINE_GROUP) is None
    assert isinstance(line("🚤 @NTS Watch", LINE_GROUP), Text | None)


async def test_the_words_of_the_desk_do_the_same_on_both_apps(tmp_path: Path) -> None:
    """What each command of the desk answers by its own name, it answers by all its words, with our name and without."""
    async with House(tmp_path) as house:
        await link(house, OnTelegram(house, 0, TELEGRAM_GROUP), OnTelegram(house, CHIEF))
        await chief_of_line(house)
        number = number_in(await report(OnTelegram(house, 71), house, "lo", "ເຫັນເຮືອ"))
        phones = (OnTelegram(house, OFFICER, TELEGRAM_GROUP), OnLine(house, LINE_OFFICER, LINE_GROUP))
        await phones[0].press(f"take:{number.replace('-', '')}")
        await house.settled()
        for phone in phones:
            for name in WORKED:
                behind = "" if name in ("cases", "help") else f" {number}"
                expected = await answered(house, phone, f"/{name}{behind}")
                assert expected, name
                for word in COMMANDS[name].words:
                    assert await answered(house, phone, f"/{word}{behind}") == expected, (name, word)
                named = [f"/{name}@{(await us(house))}{behind}"] if isinstance(phone, OnTelegram) else []
                for said in named:
                    assert await answered(house, phone, said) == expected, said


async def us(house: House) -> str:
    return house.app.channels["telegram"].link.rpartition("/")[2]


async def answered(house: House, phone: OnTelegram | OnLine, text: str) -> list[tuple[str, tuple[str, ...]]]:
    """What comes to the group because of this: words and the labels of buttons."""
    before = len(await phone.screen())
    await phone.write(text)
    await house.settled()
    return [(shown.text, tuple(shown.buttons.values())) for shown in (await phone.screen())[before:]]


async def test_telegram_offers_the_commands_by_language_and_scope(tmp_path: Path) -> None:
    async with House(tmp_path, ("telegram",)) as house:
        offered = house.telegram.menus
        for language in LANGUAGES:
            code = "" if language == "en" else language
            group = offered["all_group_chats", code]
            assert set(WORKED) <= set(group)
            assert group == dict(menu(WORDS[language], "group", "officer"))
            private = offered["all_private_chats", code]
            assert private == dict(menu(WORDS[language], "private", "resident"))
            assert not {"case", "cases", "close", "quota"} & set(private), "a resident's menu tells of no desk"


async def test_whoever_joins_has_the_commands_of_their_role_in_their_own_chat(tmp_path: Path) -> None:
    async with House(tmp_path, ("telegram",)) as house:
        first, second = OnTelegram(house, 900, hint="th"), OnTelegram(house, 901, hint="lo")
        for chief in (first, second):
            await chief.write(f"/join {await house.invite()}")
            await house.settled()
        mine = house.telegram.menus["900", ""]
        assert {*WORKED, "summary", "link", "quota"} <= set(mine)
        assert mine == dict(menu(WORDS["th"], "private", "coordinator"))
        await first.write("/language")
        await house.settled()
        await first.press("language:km")
        await house.settled()
        assert house.telegram.menus["900", ""] == dict(menu(WORDS["km"], "private", "coordinator"))
        await first.write("/lock")
        await house.settled()
        (handle,) = [v for v in (await first.screen())[-1].buttons if v.startswith("lock:")]
        await first.press(handle)
        await house.settled()
        if ("901", "") in house.telegram.menus:  # it asks first
            (sure,) = [v for v in (await first.screen())[-1].buttons if v.startswith("lock:")]
            await first.press(sure)
            await house.settled()
        assert ("901", "") not in house.telegram.menus, "a phone that lost its role shows what everybody sees"
        assert ("900", "") in house.telegram.menus
