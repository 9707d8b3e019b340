"""Numbers people type and read aloud: counts, case numbers, one-time codes."""

import re
from typing import Final

import regex

from handlers.fold import skeleton

MOST_DIGITS: Final = 9
"""Longer is a telephone number or a slip, never a count."""

_ZEROS: Final = {"th": 0x0E50, "lo": 0x0ED0, "km": 0x17E0}
_NATIVE: Final = {
    language: {0x30 + digit: chr(zero + digit) for digit in range(10)} for language, zero in _ZEROS.items()
}

CASE_BYTES: Final = 8
"""Entropy of a case number: 2^64 over 10^8 numbers leaves no number more likely than another by 10^-11."""
CODE_BYTES: Final = 9
_CODE_BITS: Final = 65
# Crockford's base 32: no I, L, O, U, so nothing read aloud or copied by hand is taken for something else.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH: Final = _CODE_BITS // 5
_MISREAD: Final = str.maketrans("OIL", "011")

RECEIPT_DIGITS: Final = 16
"""53 bits; found only by guessing here, which is slowed: the database holds a keyed hash of it."""
_APART: Final = regex.compile(r"[\s\p{Pd}\u2212.()]")
_RUN: Final = regex.compile(r"(?<!\d)\d(?:[\s\p{Pd}\u2212.()]{0,2}\d){15}(?!\d)")

_BETWEEN: Final = regex.compile(r"[\s\p{Pd}\u2212]")

CASE_DIGITS: Final = 8
# Looked at first: most words hold no number, and a skeleton costs fifty times as much.
_ENOUGH: Final = {count: re.compile(rf"(?:\D*+\d){{{count}}}") for count in (CASE_DIGITS, RECEIPT_DIGITS)}


def read_whole(text: str) -> int | None:
    """A whole number of at most `MOST_DIGITS` Latin, Thai, Lao or Khmer digits, or None.

    Separators are refused: `1.234` is a thousand in Lao and one and a bit in Thai.
    """
    digits = skeleton(text)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS else None


def native(text: str, language: str) -> str:
    """`text` with the digits of `language` (`th`, `lo`, `km`); unchanged for any other."""
    return text.translate(_NATIVE.get(language, {}))


def case_number(entropy: bytes) -> str:
    """A case number as people see it, `1234-5678`, from at least `CASE_BYTES` random bytes. ValueError for fewer."""
    if len(entropy) < CASE_BYTES:
        raise ValueError("too little entropy for a case number")
    digits = f"{int.from_bytes(entropy) % 10**8:08}"
    return f"{digits[:4]}-{digits[4:]}"


def read_case_number(text: str) -> str | None:
    """A typed case number in its shown form; dash, spaces, a leading `#` and native digits do not matter."""
    if not _ENOUGH[CASE_DIGITS].match(text):
        return None
    digits = _BETWEEN.sub("", skeleton(text).removeprefix("#").rstrip("។.ฯ"))
    good = digits.isascii() and digits.isdigit() and len(digits) == CASE_DIGITS
    return f"{digits[:4]}-{digits[4:]}" if good else None


def code(entropy: bytes) -> str:
    """A one-time code of 65 bits, `XXXX-XXXX-XXXX-X`, from at least `CODE_BYTES` random bytes. ValueError for fewer."""
    if len(entropy) < CODE_BYTES:
        raise ValueError("too little entropy for a code")
    bits = int.from_bytes(entropy)
    return _grouped("".join(_ALPHABET[bits >> 5 * place & 31] for place in range(_CODE_LENGTH)))


def read_code(text: str) -> str | None:
    """A typed code in its shown form, or None; case, spaces and dashes do not matter, O is 0, I and L are 1."""
    letters = _BETWEEN.sub("", skeleton(text)).upper().translate(_MISREAD)
    return _grouped(letters) if len(letters) == _CODE_LENGTH and set(letters) <= set(_ALPHABET) else None


def receipt(entropy: bytes) -> str:
    """The sixteen digits of a receipt from at least `CASE_BYTES` random bytes. ValueError for fewer."""
    if len(entropy) < CASE_BYTES:
        raise ValueError("too little entropy for a receipt")
    return f"{int.from_bytes(entropy) % 10**RECEIPT_DIGITS:0{RECEIPT_DIGITS}}"


def shown_receipt(digits: str) -> str:
    """A receipt as it is shown, grouped like a telephone number: `012-345-6789-012345`."""
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:10]}-{digits[10:]}"


def read_receipt(text: str) -> str | None:
    """The digits of a typed receipt and nothing else; however it is grouped, in whatever digits."""
    if not _ENOUGH[RECEIPT_DIGITS].match(text):
        return None
    digits = _APART.sub("", skeleton(text))
    return digits if digits.isascii() and digits.isdigit() and len(digits) == RECEIPT_DIGITS else None


def find_receipts(text: str) -> tuple[str, ...]:
    """Runs of digits inside a text that may be receipts; at most three are looked at."""
    runs = _RUN.findall(skeleton(text)) if _ENOUGH[RECEIPT_DIGITS].match(text) else []
    return tuple(_APART.sub("", run) for run in runs[:3])


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, _CODE_LENGTH, 4))
