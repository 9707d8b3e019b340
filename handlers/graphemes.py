"""Lengths as the platforms count them, and cuts that never break a written character."""

from typing import Final

import regex

ELLIPSIS: Final = "…"
EARLIEST_BORDER: Final = 4
"""A paragraph, line or space border is taken only past a quarter of a part, so no part is a lonely heading."""

_CLUSTER: Final = regex.compile(r"\X")
# What the oldest cluster rule counts: all but nonspacing marks and joiners. Khmer letters under another letter and
# SARA AM count on their own there (Unicode 15.1 joined the former: GB9c).
_COUNTED: Final = regex.compile(r"[^\p{Mn}\p{Me}\u200c\u200d]")
# A mark after a line break is a cluster of its own; a part must not begin with it.
_PIECE: Final = regex.compile(r"\X(?:(?=[\p{M}\u0e33\u0eb3])\X)*")


def utf16(text: str) -> int:
    """Length in UTF-16 units, the unit of core.telegram.org/bots/api#messageentity and of LINE texts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clusters(text: str) -> int:
    """Length of a LINE label in written characters, by whichever Unicode rule counts most.

    LINE does not say which version it counts by (developers.line.biz/en/docs/messaging-api/text-character-count/).
    """
    return sum(max(1, len(_COUNTED.findall(cluster))) for cluster in _CLUSTER.findall(text))


def _fitting(text: str, most: int, legacy: bool) -> str:
    end = size = 0
    for cluster in _CLUSTER.finditer(text):
        size += clusters(cluster[0]) if legacy else utf16(cluster[0])
        if size > most:
            break
        end = cluster.end()
    return text[:end]


def cut(text: str, most_utf16: int) -> str:
    """`text`, or its beginning with an ellipsis, in at most `most_utf16` UTF-16 units."""
    if utf16(text) <= most_utf16:
        return text
    return _fitting(text, most_utf16 - 1, legacy=False).rstrip() + ELLIPSIS if most_utf16 > 0 else ""


def label(text: str, most_clusters: int) -> str:
    """`text`, or its beginning with an ellipsis, in at most `most_clusters` as `clusters` counts."""
    if clusters(text) <= most_clusters:
        return text
    return _fitting(text, most_clusters - 1, legacy=True).rstrip() + ELLIPSIS if most_clusters > 0 else ""


def _pieces(text: str, most: int) -> list[str]:
    whole = _PIECE.findall(text)
    return [part for piece in whole for part in ([piece] if utf16(piece) <= most else piece)]


def _border(pieces: list[str], start: int, end: int) -> int:
    """Where to cut when `pieces[start:end]` fits and more follows: before a paragraph, a line, a space, or at `end`."""
    first = start + max(1, (end - start) // EARLIEST_BORDER)
    places = range(end, first - 1, -1)
    lines = [place for place in places if pieces[place] in {"\n", "\r\n"}]
    paragraphs = (place for place in lines if pieces[place - 1] in {"\n", "\r\n"})
    spaces = (place for place in places if pieces[place].isspace())
    return next(paragraphs, 0) or next(iter(lines), 0) or next(spaces, end)


def split(text: str, most_utf16: int) -> list[str]:
    """`text` in parts of at most `most_utf16` (2 or more) UTF-16 units, only white space at the cuts is dropped.

    Cuts at paragraphs, else lines, else spaces, else between written characters. Only a single written character
    longer than a part is cut inside.
    """
    if most_utf16 < 2:
        raise ValueError("a part must hold one character outside the BMP")
    if utf16(text) <= most_utf16 and text and not (text[0].isspace() or text[-1].isspace()):
        return [text]  # nearly always: looking at every character costs 0.5 ms
    pieces = _pieces(text, most_utf16)
    sizes = [utf16(piece) for piece in pieces]
    parts: list[str] = []
    start = 0
    while True:
        while start < len(pieces) and pieces[start].isspace():
            start += 1
        if start == len(pieces):
            return parts
        end, size = start, 0
        while end < len(pieces) and size + sizes[end] <= most_utf16:
            size += sizes[end]
            end += 1
        if end < len(pieces):
            end = _border(pieces, start, end)
        last = end
        while pieces[last - 1].isspace():
            last -= 1
        parts.append("".join(pieces[start:last]))
        start = end
