"""What waits for a chat goes along with what leaves there anyway: LINE charges for people, not for what they are shown.

News become one text, and of one case only the newest is said; alerts stay as they are.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.channels.line_render import MESSAGES, TEXT, size
from bot.folding import GAP, length, said
from handlers.meter import ROUND
from storage.outbox import Row


def along(row: Row, waiting: Sequence[Row]) -> tuple[Row, list[Row]]:
    """The row with what fits of the others, and which those are; what something newer replaces is among them."""
    news = [r for r in waiting if news_of(r)]
    room = MESSAGES - sum(map(size, said(row)))
    texts, told = together(row, news) if room > 0 else ([], [])
    room -= bool(texts)
    parts: list[Mapping[str, Any]] = []
    taken: list[Row] = []
    for other in (r for r in waiting if not news_of(r)):
        needs = sum(map(size, said(other)))
        if needs > room:
            break
        parts += [{**part, "case": (other.payload or {}).get("card", 0)} for part in said(other)]
        taken.append(other)
        room -= needs
    if texts:
        parts.append({"text": GAP.join(texts), "buttons": [], "attachments": []})
    payload = {**(row.payload or {}), "parts": [*parts, *said(row)]}
    if taken:  # an alert is in it now
        payload.pop("news", None)
    return replace(row, payload=payload, urgent=row.urgent or any(r.urgent for r in taken)), [*told, *taken]


def together(row: Row, news: Sequence[Row]) -> tuple[list[str], list[Row]]:
    """The newest of each case, and of the digests, as texts; and the rows that are said, or replaced, by that."""
    newest: dict[Hashable, Row] = {}
    for one in news:
        newest.pop(about(one), None)
        newest[about(one)] = one
    own, texts, size_, done = about(row), list[str](), 0, set[Hashable]()
    for key, one in newest.items():
        if key == own and news_of(row):
            done.add(key)
            continue
        size_ += length(one) + len(GAP)
        if size_ > TEXT:
            break
        texts += [p["text"] for p in said(one)]
        done.add(key)
    return texts, [r for r in news if about(r) in done]


def news_of(row: Row) -> str:
    return str((row.payload or {}).get("news", ""))


def about(row: Row) -> Hashable:
    """What a newer message of the same replaces."""
    payload = row.payload or {}
    return ROUND if payload.get("news") == ROUND else ("case", payload["card"]) if payload.get("card") else row.id
