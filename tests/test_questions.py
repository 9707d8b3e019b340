"""An officer asks, a reporter answers: nobody against their will, no words in a group, what is taken back goes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from handlers.asking_back import OWN
from handlers.events import Address, Choice, Command, Text, Unsent
from handlers.graphemes import clusters
from handlers.kinds import KINDS
from handlers.phrases import PHRASES, of_kind
from locales import LANGUAGES
from storage import remarks
from storage.core import CASES, PROMPT, QUESTION
from tests.test_turns import OFFICERS, link, report
from tests.town import WORDS, Town

RESIDENT, ASKER = Address("telegram", "p1"), Address("telegram", "o1")
SECRET = "ຢູ່ຫຼັງວັດ geheim"


@pytest.fixture
async def town(url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with Town(url, tmp_path) as made:
        await link(made)
        await report(made, RESIDENT)
        number = await made.database.read(lambda c: c.execute(select(CASES.c.number)).scalar_one())
        await made.says(OFFICERS, Command("take", number), sender="o1")
        made.number = number  # type: ignore[attr-defined]
        yield made


async def ask(town: Town, words: str) -> list[list[str]]:
    before = len(town.sent("telegram", RESIDENT.chat))
    await town.says(OFFICERS, Command("ask", f"{town.number} {words}"), sender="o1")  # type: ignore[attr-defined]
    news = town.sent("telegram", RESIDENT.chat)[before:]
    assert "answer:" not in str(news), "on a locked phone stands that there is news"
    await town.says(RESIDENT, Choice("status"))
    return list(town.sent("telegram", RESIDENT.chat)[-1]["buttons"])


async def state(town: Town) -> list[Any]:
    rows = await town.database.read(lambda c: c.execute(select(QUESTION.c.state, CASES.c.status).join(
        CASES, CASES.c.id == QUESTION.c.case_id)).all())  # fmt: skip
    return [tuple(r) for r in rows]


@pytest.mark.parametrize("how", ["unknown", "declined", "yes"])
async def test_a_button_is_an_answer(town: Town, how: str) -> None:
    buttons = await ask(town, "hurt" if "hurt" in of_kind("drugs") else "still")
    await town.says(RESIDENT, Choice(next(v for _, v, _ in buttons if v.endswith(how))))
    assert await state(town) == [("answered" if how == "yes" else how, "checking")]


async def test_words_of_an_answer_reach_the_one_who_asked_and_no_group(town: Town) -> None:
    await ask(town, "where")
    await town.says(RESIDENT, Text(SECRET))
    assert any(SECRET in p["text"] for p in town.sent("telegram", ASKER.chat))
    assert not any("geheim" in p["text"] for p in town.sent("telegram", OFFICERS.chat))
    assert await state(town) == [("answered", "checking")]
    bodies = await town.database.read(lambda c: list(c.execute(select(QUESTION.c.body)).scalars()))
    assert not any(SECRET.encode() in body for body in bodies), "the answer lies sealed"


async def test_what_the_reporter_takes_back_goes_from_the_answer(town: Town) -> None:
    await ask(town, "where")
    await town.says(RESIDENT, Text(SECRET), message="u77")
    await town.says(RESIDENT, Unsent("u77"))
    await town.says(OFFICERS, Command("details", town.number), sender="o1")  # type: ignore[attr-defined]
    assert SECRET not in town.sent("telegram", ASKER.chat)[-1]["text"]


async def test_who_wants_no_messages_is_not_asked(town: Town) -> None:
    await town.database.write(lambda c: c.execute(CASES.update().values(may_ask=False)))
    before = len(town.sent("telegram", RESIDENT.chat))
    await town.says(OFFICERS, Command("ask", f"{town.number} where"), sender="o1")  # type: ignore[attr-defined]
    assert len(town.sent("telegram", RESIDENT.chat)) == before
    assert await state(town) == []


async def test_a_stranger_cannot_answer_for_the_reporter(town: Town) -> None:
    buttons = await ask(town, "where")
    await town.says(Address("telegram", "p9"), Choice(buttons[0][1]))
    await town.says(Address("telegram", "p9"), Text(SECRET))
    assert await state(town) == [("asked", "waiting")]


async def test_a_question_is_due_when_its_days_are_over_and_closed_once(town: Town) -> None:
    await ask(town, "where")
    due = lambda c: list(remarks.due(c, town.clock()))  # noqa: E731
    assert await town.database.read(due) == []
    town.clock.tick(days=5)
    assert len(await town.database.read(due)) == 1


async def test_reports_of_one_event_are_found_together(town: Town) -> None:
    number = town.number  # type: ignore[attr-defined]
    await report(town, Address("telegram", "p2"))
    other = await town.database.read(
        lambda c: c.execute(select(CASES.c.number).where(CASES.c.number != number)).scalar_one()
    )
    await town.says(OFFICERS, Command("near", number), sender="o1")
    assert any(other in p["text"] for p in town.sent("telegram", OFFICERS.chat)[-1:])
    await town.says(OFFICERS, Command("merge", f"{number} {other}"), sender="o1")
    await town.says(OFFICERS, Command("close", f"{other} acted"), sender="o1")
    found = await town.database.read(lambda c: list(c.execute(select(CASES.c.status)).scalars()))
    assert found == ["closed", "closed"]


async def test_no_more_than_three_questions_wait(town: Town) -> None:
    for code in ("where", "still", "photo", "went"):
        await ask(town, code)
    assert len(await state(town)) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_questions_that_fit_one_card(kind: str) -> None:
    assert 3 <= len(of_kind(kind)) <= 9, "LINE shows ten buttons on a card"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_fits_its_button(language: str) -> None:
    labels = [WORDS[language].t(p.label) for p in PHRASES.values()]
    assert {label: clusters(label) for label in labels if clusters(label) > 20} == {}


@pytest.mark.parametrize("minutes", [9, 11])
async def test_words_of_an_answer_go_to_who_was_seen_in_the_group_of_late_and_others_press(
    town: Town, minutes: int
) -> None:
    await ask(town, "where")
    before = len(town.sent("telegram", ASKER.chat))
    town.clock.tick(minutes=minutes)
    await town.says(RESIDENT, Text(SECRET))
    said = town.sent("telegram", ASKER.chat)[before:]
    assert any(SECRET in p["text"] for p in said) is (minutes == 9)
    if minutes == 11:
        town.channels["telegram"].gone.add(ASKER.chat)
        await town.says(ASKER, Choice(next(v for _, v, _ in said[-1]["buttons"])))
        assert not any(SECRET in p["text"] for p in town.sent("telegram", ASKER.chat))


async def prompt(town: Town) -> str:
    """The message whose answer goes to the reporter, as the channel numbers it."""
    await town.says(OFFICERS, Command("ask", f"{town.number} own"), sender="o1")  # type: ignore[attr-defined]
    return str(await town.database.read(lambda c: c.execute(select(PROMPT.c.message)).scalar_one()))


async def test_an_answer_to_the_prompt_is_asked_once_and_what_follows_is_talk(town: Town) -> None:
    there = await prompt(town)
    for words in ("Which pier?", "well asked"):
        await town.says(OFFICERS, Text(words), sender="o1", replies=there)
    await town.says(RESIDENT, Choice("status"))
    said = [p["text"] for p in town.sent("telegram", RESIDENT.chat)]
    assert sum("Which pier?" in text for text in said) == 1
    assert not any("well asked" in text for text in said)
    assert len(await state(town)) == 1


async def test_what_answers_any_other_message_goes_nowhere(town: Town) -> None:
    there = await prompt(town)
    await town.says(OFFICERS, Text("not the holder"), sender="o2", replies=there)
    await town.says(OFFICERS, Text("to a card"), sender="o1", replies="m1")
    await town.says(OFFICERS, Text("to nobody"), sender="o1")
    await town.says(Address("telegram", "g-far"), Text("elsewhere"), sender="o1", replies=there)
    assert await state(town) == []
    await town.says(OFFICERS, Text("Which pier?"), sender="o1", replies=there)
    assert len(await state(town)) == 1, "whoever may not ask does not use the prompt up"


def test_no_phrase_has_the_code_of_own_words() -> None:
    assert OWN not in PHRASES
