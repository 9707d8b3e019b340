"""One spelling for words that look the same: matching compares skeletons, nothing shows or stores one."""

import unicodedata
from typing import Final

import regex

_NATIVE_ZEROS: Final = (0x0E50, 0x0ED0, 0x17E0)
NATIVE_DIGITS: Final = {zero + digit: str(digit) for zero in _NATIVE_ZEROS for digit in range(10)}
"""Thai, Lao and Khmer digits to Latin ones, for `str.translate`."""

_FULL_WIDTH: Final = {0xFF01 + offset: chr(0x21 + offset) for offset in range(0x5E)}
# NFC keeps these apart, NFKC on the whole text would decompose AM: only what people really type two ways is here.
_TWO_WAYS: Final = {0x0EDC: "\u0eab\u0e99", 0x0EDD: "\u0eab\u0ea1"}
_KHMER_DA: Final = "\u17d2\u178a"  # subscript DA and TA look the same, and people type either
_TABLE: Final = NATIVE_DIGITS | _FULL_WIDTH | _TWO_WAYS

MOST_MARKS: Final = 30
"""Marks in a row that no language exceeds: UAX #15, Stream-Safe Text Format."""

_LONG_RUN: Final = regex.compile(rf"(\p{{M}}{{{MOST_MARKS}}})\p{{M}}+")
_INVISIBLE: Final = regex.compile(r"[\p{DI}\p{Cf}]|[^\P{Cc}\s]")
_THAI_AM: Final = regex.compile("\u0e4d([\u0e48-\u0e4b]*)\u0e32")
_LAO_AM: Final = regex.compile("\u0ecd([\u0ec8-\u0ecb]*)\u0eb2")
_THAI_RUN: Final = regex.compile("[\u0e33\u0e48-\u0e4b]{2,}")
_LAO_RUN: Final = regex.compile("[\u0eb3\u0ec8-\u0ecb]{2,}")


def _tones_first(run: str, am: str) -> str:
    return run.replace(am, "") + am * run.count(am)


def _one_am(text: str) -> str:
    """Each is looked for first: most words have no AM, and a pattern costs thirty times as much as a look."""
    if "\u0e4d" in text:
        text = _THAI_AM.sub("\\1\u0e33", text)
    if "\u0ecd" in text:
        text = _LAO_AM.sub("\\1\u0eb3", text)
    if "\u0e33" in text:
        text = _THAI_RUN.sub(lambda m: _tones_first(m[0], "\u0e33"), text)
    if "\u0eb3" in text:
        text = _LAO_RUN.sub(lambda m: _tones_first(m[0], "\u0eb3"), text)
    text = text.replace(_KHMER_DA, "\u17d2\u178f")
    return text.replace("\u0e40\u0e40", "\u0e41").replace("\u0ec0\u0ec0", "\u0ec1")


def bounded(text: str) -> str:
    """`text` with at most `MOST_MARKS` marks in a row: normalising takes the square of the length of a run."""
    return str(_LONG_RUN.sub(r"\1", text))


def skeleton(text: str) -> str:
    """`text` as it is compared: two spellings that look the same have the same skeleton.

    Invisible characters go, full-width ASCII and native digits become ASCII, SARA AM has one spelling
    (NFC leaves NIKHAHIT + tone + AA apart from it), case is folded, white space is one space.
    Taking the skeleton of a skeleton changes nothing.
    """
    plain = unicodedata.normalize("NFD", bounded(_INVISIBLE.sub("", text)).translate(_TABLE))
    return " ".join(unicodedata.normalize("NFC", _one_am(plain).casefold()).split())
