"""First guesses at a language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.scripts import guess, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("พบเรือต้องสงสัย", "th"),
        ("ເຫັນເຮືອຢູ່ແມ່ນ້ຳຂອງ", "lo"),
        ("ឃើញទូកនៅទន្លេ", "km"),
        ("a boat", "en"),
        ("รถ Toyota Vigo สีดำ ทะเบียน 1234 หายไปเมื่อคืน", "th"),
        ("กa", ""),
        ("123 !?", ""),
        ("", ""),
        ("Это лодка ok", ""),
        ("๑๒๓ abc", "en"),
    ],
)
def test_the_script_tells_the_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("hint", "language"),
    [
        ("km-KH", "km"),
        ("kh", "km"),
        ("lo-LA", "lo"),
        ("th_TH", "th"),
        ("TH", "th"),
        ("en-GB", "en"),
        ("lao", "lo"),
        ("tha", "th"),
        ("vi", ""),
        ("", ""),
        ("-", ""),
        ("english", ""),
    ],
)
def test_the_hint_of_an_app(hint: str, language: str) -> None:
    assert guess(hint) == language


@given(st.text())
def test_a_guess_is_one_of_ours(text: str) -> None:
    assert {language_of(text), guess(text)} <= {"th", "lo", "km", "en", ""}
