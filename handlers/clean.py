"""What people typed, made safe to show to others; the words themselves stay theirs."""

import unicodedata
from typing import Final

import regex

from handlers.fold import bounded

QUOTE: Final = "▏ "
KHMER_BELOW: Final = "\u17d2"  # before a letter under another
MOST_MARKS: Final = 4
"""Marks above or below one base. Thai, Lao and Khmer spelling never needs more; a storm covers the lines around it."""
MOST_SUBSCRIPTS: Final = 4
"""Khmer letters under one letter. Spelling never needs more than three."""

# Every line border a client may draw becomes "\n", so that no line can escape its quote mark.
_LINE_BREAK: Final = regex.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_BLANK_LINES: Final = regex.compile(r"\n(?:[^\S\n]*\n){3,}")
_BIDI: Final = regex.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
# Bidi controls, ZWSP (drawn as a wide space in Khmer, telegramdesktop/tdesktop#6959), tags and other invisible
# controls; ZWJ and ZWNJ shape real words and emoji. Surrogates and U+FFFE/F can be neither stored nor put into XML.
_HIDDEN: Final = regex.compile(
    r"[[\p{Cf}&&\p{DI}]--[\u200c\u200d]]|[\p{Cs}\ufff9-\ufffb\ufffe\uffff]|[\p{Cc}--\n]", regex.V1
)
_STACK: Final = regex.compile(rf"[\p{{M}}\u200c\u200d]{{{MOST_MARKS + 1},}}")
_SUBSCRIPTS: Final = regex.compile(
    rf"((?:\u17d2[\u1780-\u17b3][[\p{{M}}\u200c\u200d]--\u17d2]*){{{MOST_SUBSCRIPTS}}})"
    r"(?:\u17d2[\u1780-\u17b3][[\p{M}\u200c\u200d]--\u17d2]*)+",
    regex.V1,
)

_WEB: Final = regex.compile(r"\b(h)tt(ps?://[^\s/?#]*)", regex.I)
_SCHEME: Final = regex.compile(r"(?<![\w])(?!hxxps?:)([a-z][a-z0-9+.-]{1,30}):(?=//)", regex.I)
_DOT: Final = "[.\uff0e\u3002\uff61]"
_HOST_DOT: Final = regex.compile(rf"(?<!\[){_DOT}(?=[\w\p{{M}}])")
# Two Latin letters after the dot: "t.me" is one, "อ.เมือง", "ต.ค.", "10.30" and "e.g." are none.
_BARE_DOT: Final = regex.compile(rf"(?<=[\w\p{{M}}-]){_DOT}(?=[a-z]{{2}}|(?:ไทย|คอม)(?![\w\p{{M}}]))", regex.I)
_DOTTED: Final = regex.compile(r"[\w\p{M}.\uff0e\u3002\uff61-]+")
_INNER_DOT: Final = regex.compile(rf"(?<=[a-z0-9-]){_DOT}(?=[a-z0-9])", regex.I)
_ADDRESS: Final = regex.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_MENTION: Final = regex.compile(r"(?<!\[)@(?=[a-z0-9_])", regex.I)
_COMMAND: Final = regex.compile(r"(?<![\w/.\]\p{M}])/(?=[a-z])", regex.I)

_FORMULA: Final = regex.compile(
    r"[\s\p{DI}\p{Cf}\u2800]*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]|[\t\r\0]"
)


def _squeezed(stack: regex.Match[str]) -> str:
    kept, marks = [], 0
    for char in stack[0]:
        high = unicodedata.category(char) in {"Mn", "Me"}
        marks += high
        if not high or marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def shown(text: str) -> str:
    """`text` as it may be stored and shown: NFC, only "\\n" between lines, nothing invisible that reorders or hides.

    ZWJ and ZWNJ stay. At most two blank lines follow each other. Correctly spelled Thai, Lao and Khmer is unchanged.
    """
    text = _LINE_BREAK.sub("\n", text).replace("\t", " ")
    text = unicodedata.normalize("NFC", bounded(_HIDDEN.sub("", text)))
    if KHMER_BELOW in text:
        text = _SUBSCRIPTS.sub(r"\1", text)
    text = _STACK.sub(_squeezed, text)
    return str(_BLANK_LINES.sub("\n\n\n", text)) if "\n" in text else text


def reordered(text: str) -> bool:
    """Whether `text` held controls that change the reading order: worth a word to whoever reads the shown form."""
    return _BIDI.search(text) is not None


def quoted(text: str) -> str:
    """The shown form of `text` with a mark before every line, so no line can pose as the bot's own words."""
    lines = shown(text).strip("\n")
    return "\n".join(QUOTE + line for line in lines.split("\n")) if lines else ""


def _domain(words: str) -> str:
    if not _BARE_DOT.search(words):
        return words
    return str(_INNER_DOT.sub("[.]", _BARE_DOT.sub("[.]", words)))


def defang(text: str) -> str:
    """`text` with nothing to press: links as `hxxps://a[.]b`, also bare domains, `[@]names` and `[/]commands`.

    Telegram makes links of bare domains, mentions and commands by itself; a pressed command is sent at once.
    """
    text = _COMMAND.sub("[/]", text)
    text = _WEB.sub(lambda m: f"{m[1]}xx{_HOST_DOT.sub('[.]', m[2])}", text)
    text = _SCHEME.sub(r"\1[:]", text)
    text = _ADDRESS.sub(lambda m: m[0].replace(".", "[.]"), text)
    return str(_MENTION.sub("[@]", _DOTTED.sub(lambda m: _domain(m[0]), text)))


def cell(text: str) -> str:
    """`text` as one spreadsheet cell: a value that would run as a formula gets a leading `'` (ASVS 1.2.10).

    Quoting after RFC 4180 is left to the `csv` module.
    """
    value = shown(text)
    return f"'{value}" if _FORMULA.match(text) or _FORMULA.match(value) else value
