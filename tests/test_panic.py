"""A chat that was ended: nothing leads from it to a report, and nothing but its owner opens it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from handlers.events import Address, Body, Choice, Command, Text
from handlers.world import Memory
from storage.core import CASES, CONTACT, TRAIL
from tests.street import Street
from tests.test_asking import WRITTEN
from tests.test_conversation_laws import bodies
from tests.town import Town

HARMLESS = "Good day. There is no news about the river today."


@settings(max_examples=60, deadline=None)
@given(st.lists(bodies, min_size=1, max_size=15))
def test_whatever_is_sent_to_an_ended_chat_the_answer_is_harmless(inputs: list[object]) -> None:
    street = Street(memory=Memory("en", "1", WRITTEN))
    street.hear(Text("Send"))
    street.hear(Command("clear"))
    for body in inputs:
        if not isinstance(body, int):
            said = street.says(street.hear(body))  # type: ignore[arg-type]
            assert said in ("", HARMLESS)
    assert street.memory.decoy
    assert not street.memory.answers


def test_the_chosen_word_ends_the_chat_and_opens_it_and_no_other_word_does() -> None:
    street = Street(memory=Memory("en", "1"))
    street.hear(Command("word", "Mango tree"))
    assert street.says(street.hear(Text("mango  TREE"))) == HARMLESS
    assert street.says(street.hear(Text("mango"))) == HARMLESS
    assert street.says(street.hear(Text("mango tree"))) != HARMLESS
    assert not street.memory.decoy


@pytest.mark.parametrize("word", ["clear", "ล้างแชท", "ລ້າງແຊັດ", "សម្អាតការជជែក", "លុបការជជែក"])
def test_a_chat_is_ended_in_the_words_of_its_button_and_in_those_of_before(word: str) -> None:
    street = Street(memory=Memory("en", "1"))
    assert street.says(street.hear(Command(word))) == HARMLESS


@pytest.mark.parametrize("word", ["", "abc", "???"])
def test_a_word_that_is_typed_by_chance_is_not_taken(word: str) -> None:
    street = Street(memory=Memory("en", "1"))
    street.hear(Command("word", word))
    assert not street.memory.word


async def test_nothing_leads_from_the_chat_to_its_reports(tmp_path: Path) -> None:
    resident = Address("telegram", "r1")
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        said: list[Body] = [
            Command("start", "TH3801"), Choice("a:language:th"), Choice("a:consent:yes"), Choice("a:kind:drugs"),
            Choice("a:when:now"), Text("เห็นเรือไม่มีไฟ"), Choice("a:send:ask"), Command("clear"),
        ]  # fmt: skip
        for number, body in enumerate(said):
            await town.says(resident, body, message=f"u{number}")
        rows = await town.database.read(lambda c: c.execute(select(func.count()).select_from(CONTACT)).scalar())
        assert rows == 0
        assert await town.database.read(lambda c: c.execute(select(CASES.c.reporter)).scalar()) == ""
        deleted = {message for _, message in town.channels["telegram"].erased}
        assert {"u0", "u5", "u7", "m1"} <= deleted
        left = await town.database.read(lambda c: c.execute(select(func.count()).select_from(TRAIL)).scalar())
        assert left == 1, "the harmless answer itself"
