"""A first guess at a person's language; they may always choose another."""

from typing import Final

import regex

_LETTERS: Final = {
    "th": regex.compile(r"[\p{Thai}&&\p{L}]+", regex.V1),
    "lo": regex.compile(r"[\p{Lao}&&\p{L}]+", regex.V1),
    "km": regex.compile(r"[\p{Khmer}&&\p{L}]+", regex.V1),
    "en": regex.compile(r"[\p{Latin}&&\p{L}]+", regex.V1),
    "": regex.compile(r"[\p{L}--[\p{Thai}\p{Lao}\p{Khmer}\p{Latin}]]+", regex.V1),
}

# ISO 639-1 and -3; apps also send the country code "kh"; Isan and Northern Thai are written in Thai.
_LANGUAGES: Final = {
    **dict.fromkeys(("th", "tha", "tts", "nod"), "th"),
    **dict.fromkeys(("lo", "lao"), "lo"),
    **dict.fromkeys(("km", "khm", "kh"), "km"),
    **dict.fromkeys(("en", "eng"), "en"),
}


def language_of(text: str) -> str:
    """`th`, `lo`, `km` or `en`: whose letters `text` has most of; empty without letters, in a tie, or for others."""
    counts = {language: len("".join(letters.findall(text))) for language, letters in _LETTERS.items()}
    first, second = sorted(counts.values(), reverse=True)[:2]
    return max(counts, key=lambda language: counts[language]) if first > second else ""


def guess(hint: str) -> str:
    """`th`, `lo`, `km`, `en` or empty for an app's language tag (BCP 47, `_` for `-` allowed)."""
    return _LANGUAGES.get(hint.strip().replace("_", "-").partition("-")[0].casefold(), "")
