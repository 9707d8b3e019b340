"""Numbers survive being typed, read aloud and written in native digits."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.numbers import CASE_BYTES, CODE_BYTES, case_number, code, native, read_case_number, read_code, read_whole

LANGUAGES = st.sampled_from(["th", "lo", "km", "en"])


@given(st.integers(0, 999_999_999), LANGUAGES)
def test_whole_numbers_are_read_in_all_digits(number: int, language: str) -> None:
    assert read_whole(f" {native(str(number), language)}\u200b") == number


@pytest.mark.parametrize(
    "text", ["", "-1", "1.5", "1,000", "1.000", "สอง", "5 คน", "1 2", "²", "٣", "1234567890", "1e3"]
)
def test_anything_else_is_no_whole_number(text: str) -> None:
    assert read_whole(text) is None


def test_native_digits() -> None:
    assert [native("1a0", language) for language in ("th", "lo", "km", "en", "")] == ["๑a๐", "໑a໐", "១a០", "1a0", "1a0"]


@given(st.binary(min_size=CASE_BYTES, max_size=32), LANGUAGES)
def test_a_case_number_comes_back(entropy: bytes, language: str) -> None:
    number = case_number(entropy)
    assert len(number) == 9
    for typed in (number, number.replace("-", ""), f"# {number.replace('-', ' – ')}", native(number, language)):
        assert read_case_number(typed) == number


def test_all_digits_of_a_case_number_are_used() -> None:
    assert case_number(bytes(8)) == "0000-0000"
    assert case_number((12_345_678 + 7 * 10**8).to_bytes(8)) == "1234-5678"


@pytest.mark.parametrize("text", ["", "1234-567", "1234-56789", "abcd-efgh", "##12345678", "1234.5678", "1234-5678 x"])
def test_anything_else_is_no_case_number(text: str) -> None:
    assert read_case_number(text) is None


@given(st.binary(min_size=CODE_BYTES, max_size=32), st.text("- \t–", max_size=3))
def test_a_code_comes_back_however_it_is_typed(entropy: bytes, between: str) -> None:
    shown = code(entropy)
    assert [len(group) for group in shown.split("-")] == [4, 4, 4, 1]
    assert not set(shown) & set("ILOU" + string.ascii_lowercase)
    for typed in (
        shown,
        shown.lower(),
        between.join(shown.replace("-", "")),
        shown.replace("0", "O").replace("1", "l"),
        shown.replace("0", "o").replace("1", "I"),
    ):
        assert read_code(typed) == shown


@given(st.integers(0, 2**65 - 1), st.integers(0, 64))
def test_every_bit_changes_the_code(bits: int, bit: int) -> None:
    assert code(bits.to_bytes(9)) != code((bits ^ 1 << bit).to_bytes(9))


@pytest.mark.parametrize("text", ["", "ABCD-EFGH-JKMN", "ABCD-EFGH-JKMN-PQ", "ABCD-EFGH-JKMN-U", "ABCD-EFGH-JKMN-ก"])
def test_anything_else_is_no_code(text: str) -> None:
    assert read_code(text) is None


def test_too_little_entropy_is_refused() -> None:
    with pytest.raises(ValueError):
        case_number(bytes(CASE_BYTES - 1))
    with pytest.raises(ValueError):
        code(bytes(CODE_BYTES - 1))


@given(st.text())
def test_reading_never_fails(text: str) -> None:
    whole = read_whole(text)
    assert whole is None or whole >= 0
    for read in (read_case_number, read_code):
        assert read(text) is None or read(read(text) or "") == read(text)
