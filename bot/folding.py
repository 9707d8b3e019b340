"""More alerts than a group's pace allows become one message: the urgent first, a Take button for each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from handlers.desk import MANY
from handlers.graphemes import utf16
from storage.outbox import Row

MOST = 9  # cases in one message: what a phone shows in two screens, with a button each, below LINE's ten
LONGEST = 3_500  # UTF-16 units, below Telegram's 4,096 with room for what stands around
GAP = "\n\n"


def is_alert(row: Row) -> bool:
    """A new card without files: what stands for itself and may stand beside others."""
    if row.kind != "say" or not row.payload or not row.payload.get("card"):
        return False
    return all(not p.get("replaces") and not p.get("attachments") for p in row.payload["parts"])


def together(first: Row, behind: Sequence[Row]) -> list[Row]:
    """The alerts right behind `first` that fit into one message with it; order is kept, so none is overtaken."""
    size, taken = length(first), list[Row]()
    for row in behind:
        size += length(row) + len(GAP)
        if not is_alert(row) or len(taken) + 2 > MOST or size > LONGEST:
            break
        taken.append(row)
    return taken


def fold(rows: Sequence[Row]) -> Row:
    """One row that says what all of them say. It is no case's card: a press on it answers with the case's own."""
    parts = [part for row in sorted(rows, key=lambda r: not r.urgent) for part in said(row)]
    buttons = [numbered(part) for part in parts if part["buttons"]]
    one = {"text": GAP.join(p["text"] for p in parts), "buttons": buttons}
    payload = {**(rows[0].payload or {}), "parts": [one], "card": 0}
    return replace(rows[0], payload=payload, urgent=any(r.urgent for r in rows))


def numbered(part: Mapping[str, Any]) -> list[str]:
    """A card's first button with the case's number on it, since several cases stand together."""
    label, value, kind = part["buttons"][0]
    return [f"{label} {part['number']}", f"{value}:{MANY}", kind]


def said(row: Row) -> list[Mapping[str, Any]]:
    return list(row.payload["parts"]) if row.payload else []


def length(row: Row) -> int:
    return sum(utf16(p["text"]) for p in said(row))
