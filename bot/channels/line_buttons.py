"""Draws buttons as LINE's actions; pure. Limits: developers.line.biz/en/reference/messaging-api/#action-objects.

Labels are counted in grapheme clusters (developers.line.biz/en/docs/messaging-api/text-character-count/).
"""

from collections.abc import Sequence
from typing import Any

import regex

from bot.pictures import of
from handlers import graphemes
from handlers.effects import ButtonKind

Json = dict[str, Any]

QUICK_REPLIES = 13  # items under one message
QUICK_LABEL = 20  # clusters
CARD_BUTTONS = 10  # ours: with the limits below and line_render.ALT a card stays under LINE's 30 KB whatever it holds
CARD_LABEL = 40  # clusters
LABEL_UNITS = 100  # ours: a cluster can be any number of code points
DISPLAY = 300  # clusters of displayText
SPOKEN = 300  # clusters of a message action's text
URI = 1_000  # characters of a URI action's address
NOTHING = "…"  # LINE refuses empty texts and labels
EMOJI = regex.compile(r"\p{Extended_Pictographic}[\ufe0f\u200d]* ?")  # a drawing of ours stands in its place
STYLE = {ButtonKind.OPTION: "primary", ButtonKind.NAV: "link", ButtonKind.LINK: "secondary"}


def spoken(value: str) -> str:
    """The command that stands for a button in a group: `take:123` is said as `/take 123`.

    In a group LINE may leave out who pressed a postback (reference, "source group"), but never who sent a text.
    """
    return "/" + value.replace(":", " ")


def _ordered(buttons: Sequence[Sequence[str]]) -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    """Answers and then the way on (back, cancel), each button once."""
    once = list(dict.fromkeys((label, value, kind) for label, value, kind in buttons))
    ways = [b for b in once if b[2] == ButtonKind.NAV]
    return [b for b in once if b[2] != ButtonKind.NAV], ways


def _fitting(answers: list[Json], ways: list[Json], most: int) -> list[Json]:
    """The flow pages its lists long before this; whatever comes, the way on stays."""
    ways = ways[:most]
    return answers[: most - len(ways)] + ways


def _label(label: str, most: int) -> str:
    return graphemes.cut(graphemes.label(label.strip(), most), LABEL_UNITS) or NOTHING


def quick_replies(buttons: Sequence[Sequence[str]], pictures: str = "") -> list[Json]:
    """Quick replies are not shown on LINE for PC: every question can be answered by typing as well.

    `pictures` is the https address that our drawings lie under; empty: the labels keep their emoji.
    """
    answers, ways = ([item for b in group for item in _quick(*b, pictures)] for group in _ordered(buttons))
    return _fitting(answers, ways, QUICK_REPLIES)


def _quick(label: str, value: str, kind: str, pictures: str) -> list[Json]:
    drawn = of(value) if pictures else ""
    if not drawn or kind != ButtonKind.OPTION:
        return [{"type": "action", "action": action} for action in _quick_actions(label, value, kind)]
    actions = _quick_actions(EMOJI.sub("", label), value, kind)
    return [{"type": "action", "imageUrl": f"{pictures}{drawn}.png", "action": action} for action in actions]


def _quick_actions(label: str, value: str, kind: str) -> list[Json]:
    short = _label(label, QUICK_LABEL)
    match kind:
        case ButtonKind.LOCATION:
            return [{"type": "location", "label": short}]
        case ButtonKind.CAMERA:
            plain = label.strip().removeprefix("📷").strip()
            return [
                {"type": "camera", "label": _label(f"📷 {plain}", QUICK_LABEL)},
                {"type": "cameraRoll", "label": _label(f"🖼 {plain}", QUICK_LABEL)},
            ]
        case ButtonKind.LINK:
            return _link(short, value)
    shown = graphemes.label(label.strip(), DISPLAY) or NOTHING
    return [{"type": "postback", "label": short, "data": value, "displayText": shown}]


def _link(label: str, value: str) -> list[Json]:
    good = value.startswith("https://") and len(value) <= URI
    return [{"type": "uri", "label": label, "uri": value}] if good else []


def rows(buttons: Sequence[Sequence[str]]) -> list[Json]:
    """The buttons of a group's card."""
    answers, ways = ([row for b in group for row in _row(*b)] for group in _ordered(buttons))
    return _fitting(answers, ways, CARD_BUTTONS)


def _row(label: str, value: str, kind: str) -> list[Json]:
    """Location and camera actions exist in quick replies only, so a card leaves them out."""
    short = _label(label, CARD_LABEL)
    match kind:
        case ButtonKind.LOCATION | ButtonKind.CAMERA:
            actions: list[Json] = []
        case ButtonKind.LINK:
            actions = _link(short, value)
        case _:
            actions = [{"type": "message", "label": short, "text": graphemes.label(spoken(value), SPOKEN)}]
    style = STYLE.get(ButtonKind(kind), "secondary")
    return [{"type": "button", "height": "sm", "style": style, "action": action} for action in actions]
