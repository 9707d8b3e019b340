"""A plain yes or no counts as the button that says more."""

import pytest

from handlers.events import Text
from handlers.world import Memory
from tests.street import Street
from tests.test_asking import WRITTEN


@pytest.mark.parametrize(
    ("language", "word", "answer"),
    [
        ("th", "ใช่", "yes"), ("th", "มีค่ะ", "yes"), ("th", "ไม่มีครับ", "no"), ("th", "ไม่รู้", "unknown"),
        ("lo", "ແມ່ນ", "yes"), ("lo", "ເຈົ້າ", "yes"), ("lo", "ບໍ່ມີ", "no"), ("lo", "ບໍ່ຮູ້", "unknown"),
        ("km", "បាទ", "yes"), ("km", "ចាស!", "yes"), ("km", "អត់ទេ", "no"), ("km", "មិនដឹង", "unknown"),
        ("en", "Yes.", "yes"), ("en", "no", "no"), ("lo", "ใช่", "yes"), ("km", "yes", "yes"),
    ],
)  # fmt: skip
def test_whether_somebody_needs_help_is_answered_in_a_word(language: str, word: str, answer: str) -> None:
    street = Street(memory=Memory(language, "1", {"kind": "people"}))
    street.hear(Text(word))
    assert street.memory.answers["help"] == answer


@pytest.mark.parametrize("word", ["ใช่", "ຕົກລົງ", "បាទ", "ok"])
def test_a_yes_begins(word: str) -> None:
    street = Street(memory=Memory("th"))
    street.hear(Text(word))
    assert street.memory.agreed == "1"


@pytest.mark.parametrize(("language", "word"), [("th", "ถูกต้องค่ะ"), ("lo", "ຖືກຕ້ອງ"), ("km", "ត្រឹមត្រូវ")])
def test_whoever_says_that_it_is_right_has_sent_it(language: str, word: str) -> None:
    street = Street(memory=Memory(language, "1", WRITTEN))
    street.hear(Text(word))
    assert len(street.cases) == 1


def test_a_sentence_that_begins_with_a_yes_is_no_answer() -> None:
    street = Street(memory=Memory("th", "1", WRITTEN))
    street.hear(Text("ใช่ แต่มีอีกลำหนึ่งจอดอยู่"))
    assert street.cases == []
    assert len(street.memory.answers["seen"]) == 2
