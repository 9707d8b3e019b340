"""Lengths in the platforms' units; no cut breaks a written character."""

import pytest
import regex
from hypothesis import assume, given
from hypothesis import strategies as st

from handlers.graphemes import ELLIPSIS, clusters, cut, label, split, utf16

SOUTHEAST = ("ស្ត្រី", "ម្ពុ", "น้ำ", "ที่", "ນ້ຳ", "ແມ່")
WORDS = st.lists(
    st.sampled_from([*SOUTHEAST, "🇹🇭", "👨\u200d👩\u200d👧", "🍎", "a", "e\u0301", " ", "  ", "\n", "\n\n", "\r\n"])
).map("".join)
TEXTS = WORDS | st.text()
WHOLE = regex.compile(r"\X")
MARK = regex.compile(r"[\p{M}\u0e33\u0eb3]")


def test_units() -> None:
    assert utf16("🍎ก\ud800") == 4
    assert [clusters(text) for text in ("ស្ត្រី", "น้ำ", "ที่", "ນ້ຳ", "🍎", "ab", "")] == [3, 2, 1, 2, 1, 2, 0]


@given(TEXTS)
def test_the_old_rule_never_counts_less_than_the_new_one(text: str) -> None:
    assert clusters(text) >= len(WHOLE.findall(text))


@given(TEXTS, st.integers(0, 40))
def test_a_cut_fits_and_is_a_beginning_of_whole_characters(text: str, most: int) -> None:
    result = cut(text, most)
    assert utf16(result) <= most
    if result != text and most:
        kept = result.removesuffix(ELLIPSIS)
        assert result.endswith(ELLIPSIS)
        assert text.startswith(kept)
        assert any(text[:end].rstrip() == kept for end in borders(text))
    assert utf16(text) > most or result == text


@given(TEXTS, st.integers(0, 20))
def test_a_label_fits_and_is_a_beginning_of_whole_characters(text: str, most: int) -> None:
    result = label(text, most)
    assert clusters(result) <= most
    if result != text and most:
        assert any(text[:end].rstrip() + ELLIPSIS == result for end in borders(text))
    assert clusters(text) > most or result == text


def test_no_label_ends_with_a_coeng() -> None:
    assert label("កម្ពុជា", 3) == "ក…"
    assert label("កម្ពុជា", 4) == "កម្ពុ…"


@given(TEXTS, st.integers(2, 60))
def test_nothing_is_lost_and_every_part_fits(text: str, most: int) -> None:
    parts = split(text, most)
    assert all(0 < utf16(part) <= most for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert not [part for part in parts if part.isspace()]


@given(TEXTS, st.integers(8, 60))
def test_no_part_begins_with_a_mark(text: str, most: int) -> None:
    assume(not MARK.match(text.strip()))
    assume(all(utf16(piece) <= most for piece in regex.findall(r"\X(?:(?=[\p{M}\u0e33\u0eb3])\X)*", text)))
    assert not [part for part in split(text, most) if MARK.match(part)]


@given(TEXTS)
def test_a_text_that_fits_is_one_part(text: str) -> None:
    assert len(split(text, max(2, utf16(text)))) == bool(text.strip())


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("one two\n\nthree four", 14, ["one two", "three four"]),
        ("one two\nthree four", 14, ["one two", "three four"]),
        ("one two three", 8, ["one two", "three"]),
        ("aaaa\nbbbb\n\ncccc\ndddd", 18, ["aaaa\nbbbb", "cccc\ndddd"]),
        ("H\n\naaaa bbbb cccc", 16, ["H\n\naaaa bbbb", "cccc"]),
        ("កម្ពុជាកម្ពុជា", 9, ["កម្ពុជាក", "ម្ពុជា"]),
        ("🍎🍎🍎", 5, ["🍎🍎", "🍎"]),
        (" \n ", 5, []),
    ],
)
def test_parts_end_where_a_reader_would_pause(text: str, most: int, parts: list[str]) -> None:
    assert split(text, most) == parts


def test_a_part_holds_at_least_one_emoji() -> None:
    with pytest.raises(ValueError):
        split("a", 1)


def borders(text: str) -> list[int]:
    return [0, *(cluster.end() for cluster in WHOLE.finditer(text))]
