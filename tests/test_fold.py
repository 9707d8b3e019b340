"""What matching must treat as the same, and what it must keep apart."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.fold import skeleton

TRICKY = st.text(st.sampled_from("น้ํำาเแກ່ໍາຳເໜໝຫ\u200b\u200d\u0301\u0345ῼΐAÅßİ๓໓៣１Ａ \u3000\n\x00\x85្ក"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("น้ำ", "น\u0e4d\u0e49\u0e32"),
        ("น้ำ", "น\u0e49\u0e4d\u0e32"),
        ("น้ำ", "นำ\u0e49"),
        ("ນ້ຳ", "ນ\u0ecd\u0ec9\u0eb2"),
        ("คำ", "ค\u0e4d\u0e32"),
        ("แม่", "เเม่"),
        ("ແມ່", "ເເມ່"),
        ("ໜອງຄາຍ", "ຫນອງຄາຍ"),
        ("/summary", "／ｓｕｍｍａｒｙ"),
        ("/summary", "/sum\u200bma\u2060ry\ufeff"),
        ("Café", "CAFE\u0301"),
        ("12", "๑๒"),
        ("12", "໑໒"),
        ("12", "១២"),
        ("a b", "  A\t\u3000\n b "),
        ("ភ្នំពេញ", "ភ្នំ\u200bពេញ"),
    ],
)
def test_spellings_that_look_the_same_match(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("น้ำ", "นา"), ("ຂາວ", "ຂ່າວ"), ("ก", "ກ"), ("/summary", "/ѕummary")],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_am_is_kept_whole() -> None:
    assert skeleton("น้ำ") == "น\u0e49\u0e33"


@given(st.text() | TRICKY)
def test_a_skeleton_is_its_own_skeleton(text: str) -> None:
    assert skeleton(skeleton(text)) == skeleton(text)


@given(st.text() | TRICKY)
def test_normal_form_does_not_matter(text: str) -> None:
    assert skeleton(unicodedata.normalize("NFD", text)) == skeleton(unicodedata.normalize("NFC", text))


def test_a_storm_of_marks_is_short() -> None:
    assert len(skeleton("a" + "\u0301\u0316" * 50_000)) < 40
