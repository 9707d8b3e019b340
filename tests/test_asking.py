"""The questions beyond the shortest report: what is asked of which kind, how signs are marked, what a card says."""

from typing import Any

import pytest

from handlers import asking
from handlers.events import Choice, Place, Text
from handlers.indicators import BY_KIND, QUESTIONS, SIGNS, VICTIMS
from handlers.kinds import KINDS
from handlers.world import Answers, Memory
from locales import LANGUAGES
from tests.street import Street
from tests.town import EMERGENCY, WORDS

WRITTEN: Answers = {
    "kind": "drugs", "place": "link", "district": "TH3801", "when": "now",
    "seen": [{"text": "boat", "language": "en", "message": "u0"}],
}  # fmt: skip


def street(**answers: Any) -> Street:
    return Street(memory=Memory("en", "1", {**WRITTEN, **answers}))


def test_every_kind_has_its_questions_and_every_question_a_kind() -> None:
    assert set(BY_KIND) == set(KINDS)
    assert set(SIGNS) <= set(KINDS)
    assert set(QUESTIONS) == {name for names in BY_KIND.values() for name in names}
    for names in BY_KIND.values():
        assert list(names) == [n for n in QUESTIONS if n in names], "asked in the order of the table"


@pytest.mark.parametrize("kind", KINDS)
def test_each_question_is_passed_by_in_one_press_and_then_the_review_is_back(kind: str) -> None:
    resident = street(kind=kind, help="no")
    resident.hear(Text("Tell more"))
    for _ in BY_KIND[kind]:
        resident.hear(Text("Skip"))
    if kind in SIGNS:
        resident.hear(Text("Next"))
    assert [b.value for b in resident.shown][:1] == ["a:send:ask"]
    assert "a:send:more" not in [b.value for b in resident.shown], "nothing is left to ask"


@pytest.mark.parametrize("answered", range(4))
def test_send_now_sends_out_of_any_of_these_questions(answered: int) -> None:
    resident = street()
    resident.hear(Text("Tell more"))
    for _ in range(answered):
        resident.hear(Text("1"))
    resident.hear(Text("Send now"))
    assert len(resident.cases) == 1
    assert len(asking.facts(WORDS["en"], resident.cases[0].details).split(" · ")) == max(1, answered)


def test_a_sign_is_seen_then_not_seen_then_unknown_again() -> None:
    resident = street(asked="more", **dict.fromkeys(BY_KIND["drugs"], ""))
    marks = []
    for _ in range(3):
        resident.hear(Text("2"))
        marks.append(resident.memory.answers["marks"])
    assert marks == [{"night_loading": "yes"}, {"night_loading": "no"}, {}]


@pytest.mark.parametrize("typed", ["1 9", "0 1", "1 boats", "1 -2"])
def test_numbers_that_are_not_all_on_the_list_mark_nothing(typed: str) -> None:
    resident = street(asked="more", **dict.fromkeys(BY_KIND["drugs"], ""))
    resident.hear(Text(typed))
    assert "marks" not in resident.memory.answers


def test_back_from_the_first_of_these_questions_leads_to_the_review_and_loses_no_words() -> None:
    resident = street()
    resident.hear(Text("Tell more"))
    resident.hear(Text("Back"))
    assert resident.memory.answers["seen"] == WRITTEN["seen"]
    assert resident.shown[0].value == "a:send:ask"


def test_another_kind_asks_its_own_questions() -> None:
    resident = street(who="locals", marks={"dark_boat": "yes"}, signs="asked", asked="more")
    resident.hear(Choice("change:kind"))
    resident.hear(Text("Online scam"))
    assert not {"who", "marks", "signs", "asked"} & set(resident.memory.answers)


@pytest.mark.parametrize("kind", VICTIMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_needs_help_now_gets_the_numbers_at_once_and_the_case_is_urgent(kind: str, language: str) -> None:
    resident = Street(memory=Memory(language, "1", {k: v for k, v in WRITTEN.items() if k != "when"} | {"kind": kind}))
    resident.hear(Text("?"))
    said = resident.says(resident.press(0))
    assert all(number in said for numbers in EMERGENCY.values() for _, number in numbers)
    resident.hear(Text("3"))  # yesterday
    resident.press(0)
    resident.press(0)
    assert resident.cases[0].urgent
    assert resident.cases[0].details["help"] == "yes"


def test_a_pin_passes_the_question_for_help_by() -> None:
    resident = Street(memory=Memory("en", "1", {"kind": "entry"}))
    resident.hear(Text("?"))
    resident.hear(Place(18.29, 103.62))
    assert resident.memory.answers["help"] == "unknown"
    assert resident.shown[0].value == "a:when:now"
