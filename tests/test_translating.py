"""Machine translation on request: what leaves, to whom, what comes back, and that nothing of it stays."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels import SendError
from bot.translating import Translator
from handlers import notice
from handlers.effects import Enroll, LinkGroup
from handlers.events import Address, Body, Choice, Command, Text
from storage import directory
from storage.core import HISTORY, OUTBOX
from tests.doubles.translator import KEY, TranslatorDouble, turned
from tests.test_audit import OFFICERS
from tests.town import Town

RESIDENT, SOMCHAI = Address("line", "r1"), Address("telegram", "somchai")
LAO = "ເຫັນເຮືອບໍ່ມີໄຟ ຂົນຖົງດຳ"
SAID: tuple[Body, ...] = (
    Command("start", "TH3801"), Choice("a:language:lo"), Choice("a:consent:yes"), Choice("a:kind:drugs"),
    Choice("a:when:now"), Text(LAO),
)  # fmt: skip


@pytest.fixture
async def service() -> AsyncIterator[TranslatorDouble]:
    async with TranslatorDouble() as made:
        yield made


@pytest.fixture
async def desk(url: str, tmp_path: Path, service: TranslatorDouble) -> AsyncIterator[Town]:
    """Thai officers with a service, and one of them who has the details of a Lao report before them."""
    async with Town(url, tmp_path, translates=True) as town:
        town.translator = Translator(service.url, KEY)
        town.dispatcher = town.made_dispatcher()
        changes: list[directory.Change] = [
            LinkGroup(OFFICERS, "TH3801", "th"),
            Enroll("somchai", "officer", "TH3801", SOMCHAI, "th", "Somchai"),
        ]
        await town.database.write(lambda c: directory.change(c, town.store, changes))
        yield town


async def reported(town: Town, *more: Body) -> str:
    for body in (*SAID, *more, Choice("a:send:ask")):
        await town.says(RESIDENT, body)
    await town.says(OFFICERS, Command("cases"), sender="somchai")
    listed = str(town.sent("telegram", OFFICERS.chat)[-1]["text"])
    return next(word for word in listed.split() if word[:4].isdecimal() and word[4:5] == "-").replace("-", "")


async def details(town: Town, number: str) -> dict[str, Any]:
    await town.says(OFFICERS, Command("details", number), sender="somchai")
    return dict(town.sent("telegram", "somchai")[-1])


async def translate(town: Town, number: str) -> list[str]:
    """What the officer hears after the press."""
    before = len(town.sent("telegram", "somchai"))
    await town.says(SOMCHAI, Choice(f"translate:{number}"))
    for _ in range(3):
        town.clock.tick(seconds=4)
        await town.deliver()
    return [part["text"] for part in town.sent("telegram", "somchai")[before:]]


async def test_the_words_go_once_and_come_back_marked(desk: Town, service: TranslatorDouble) -> None:
    number = await reported(desk)
    shown = await details(desk, number)
    assert LAO in shown["text"]
    assert [b[1] for b in shown["buttons"]] == [f"translate:{number}"]
    waits, came = await translate(desk, number)
    assert "กำลังแปล" in waits
    (asked,) = service.asked
    assert asked == {"q": [LAO], "source": "lo", "target": "th", "format": "text", "api_key": KEY}
    assert turned(LAO) in came
    assert came.startswith("🤖")
    assert "เครื่องแปล" in came
    assert "อาจแปลผิดได้" in came


async def test_nothing_of_it_stays_but_that_it_was_asked(desk: Town) -> None:
    number = await reported(desk)
    await details(desk, number)
    await translate(desk, number)
    assert await desk.database.read(lambda c: c.execute(select(OUTBOX)).all()) == []
    rows = await desk.database.read(lambda c: c.execute(select(HISTORY.c.action, HISTORY.c.facts)).all())
    (facts,) = [facts for action, facts in rows if action == "translated"]
    assert "lo" in facts
    assert turned(LAO) not in str(rows)


async def test_what_comes_back_can_neither_be_pressed_nor_pose_as_ours(desk: Town, service: TranslatorDouble) -> None:
    number = await reported(desk)
    await details(desk, number)
    service.failures = [(200, {"translatedText": ["เปิด https://evil.example.com\nรายงาน /take 12345678 @boss"]})]
    _, came = await translate(desk, number)
    assert "hxxps://evil[.]example[.]com" in came
    assert "▏ รายงาน [/]take" in came


@pytest.mark.parametrize(
    ("failures", "heard"),
    [
        ([(400, {"error": "lo is not supported"})], "แปลข้อความนี้จากภาษา ລາວ ไม่ได้"),
        ([(403, {"error": "Invalid API key"})], "แปลข้อความนี้จากภาษา ລາວ ไม่ได้"),
        ([(429, {"error": "Slowdown: too many requests"})] * 2, "ไม่ตอบ"),
        ([(500, {"error": "Cannot translate text: no memory"})] * 2, "ไม่ตอบ"),
        ([(200, "<html>busy</html>")] * 2, "ไม่ตอบ"),
        ([(200, {"translatedText": ["a", "b"]})] * 2, "ไม่ตอบ"),
        ([(302, {"error": "elsewhere"})] * 2, "ไม่ตอบ"),
    ],
)
async def test_a_failure_is_said_and_leaves_nothing_behind(
    desk: Town, service: TranslatorDouble, failures: list[tuple[int, Any]], heard: str
) -> None:
    number = await reported(desk)
    await details(desk, number)
    service.failures = list(failures)
    _, said = await translate(desk, number)
    assert heard in said
    assert await desk.database.read(lambda c: c.execute(select(OUTBOX)).all()) == []


async def test_a_service_that_stumbles_once_is_asked_again(desk: Town, service: TranslatorDouble) -> None:
    number = await reported(desk)
    await details(desk, number)
    service.failures = [(503, {"error": "starting"})]
    _, came = await translate(desk, number)
    assert turned(LAO) in came
    assert len(service.asked) == 2


async def test_silence_is_given_up(service: TranslatorDouble) -> None:
    nobody = Translator("http://127.0.0.1:9", "", 0.5)
    with pytest.raises(SendError) as bad:
        await nobody.translate({"number": "1", "source": "lo", "language": "th", "texts": ["x"]})
    assert bad.value.why == "translation away"
    assert "x" not in bad.value.why


async def test_what_is_kept_from_somebody_is_shown_to_no_service(desk: Town, service: TranslatorDouble) -> None:
    desk.clock.tick(minutes=1)
    chief = Enroll("c1", "coordinator", "*", Address("telegram", "c1"), "th", "Chief")
    await desk.database.write(lambda c: directory.change(c, desk.store, [chief]))
    kept_from = (Choice("change:not"), Choice("a:set-not:police"), Choice("a:set-not:done"))
    for body in (*SAID, *kept_from, Choice("a:send:ask")):
        await desk.says(RESIDENT, body)
    shown = desk.sent("telegram", "c1")[-1]
    value = next(value for _, value, _ in shown["buttons"] if value.startswith("details:"))
    await desk.says(Address("telegram", "c1"), Choice(value))
    read = desk.sent("telegram", "c1")[-1]
    assert LAO in read["text"]
    assert read["buttons"] == []
    await desk.says(Address("telegram", "c1"), Command("translate", value.partition(":")[2]))
    assert service.asked == []


async def test_without_a_service_nothing_is_offered_and_nothing_leaves(url: str, tmp_path: Path) -> None:
    async with Town(url, tmp_path) as town:
        changes: list[directory.Change] = [
            LinkGroup(OFFICERS, "TH3801", "th"),
            Enroll("somchai", "officer", "TH3801", SOMCHAI, "th", "Somchai"),
        ]
        await town.database.write(lambda c: directory.change(c, town.store, changes))
        number = await reported(town)
        assert (await details(town, number))["buttons"] == []
        await town.says(SOMCHAI, Command("translate", number))
        assert "ไม่มีข้อความให้แปล" in town.sent("telegram", "somchai")[-1]["text"]


async def test_residents_are_told_where_there_is_a_service_and_only_there(desk: Town) -> None:
    sentence = notice.FIRST["machine"]
    resident = Address("telegram", "r9")
    await desk.says(resident, Command("privacy"), hint="en")
    assert sentence in desk.sent("telegram", "r9")[-1]["text"]
    desk.store.rules = replace(desk.store.rules, translates=False)
    await desk.says(resident, Command("privacy"), hint="en")
    assert sentence not in desk.sent("telegram", "r9")[-1]["text"]
