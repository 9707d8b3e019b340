"""Draws a question with few choices as one Flex bubble: its words, and under them our pictures to press; pure.

Limits: developers.line.biz/en/reference/messaging-api/#flex-message. The words are there at once; the pictures, a few
kilobytes each, come when the line has time. Unlike quick replies they are also shown on LINE for PC.
"""

from collections.abc import Sequence

from bot import pictures
from bot.channels.line_buttons import CARD_LABEL, DISPLAY, EMOJI, LABEL_UNITS, NOTHING, Json
from handlers import graphemes
from handlers.effects import ButtonKind

COLUMNS = 2  # of large pictures on a small phone
MOST = 12  # tiles: a bubble with more is longer than two screens
EDGE = "96px"


def tiles(buttons: Sequence[Sequence[str]], base: str) -> list[Json]:
    """One tile for each answer; none where one has no picture, or there are too many. `base`: see line_render."""
    answers = [b for b in buttons if b[2] == ButtonKind.OPTION]
    drawn = [pictures.of(value) for _, value, _ in answers]
    if not answers or not all(drawn) or len(answers) > MOST:
        return []
    return [_tile(label, value, f"{base}{name}.png") for (label, value, _), name in zip(answers, drawn, strict=True)]


def bubble(text: str, made: Sequence[Json]) -> Json:
    rows = [list(made[at : at + COLUMNS]) for at in range(0, len(made), COLUMNS)]
    rows[-1] += [_box([], "vertical")] * (COLUMNS - len(rows[-1]))
    words = [{"type": "text", "text": text.strip(), "wrap": True}] if text.strip() else []
    body = [*words, *({**_box(row, "horizontal"), "spacing": "md"} for row in rows)]
    return {
        "type": "flex",
        "altText": text.strip() or NOTHING,
        "contents": {"type": "bubble", "body": {**_box(body, "vertical"), "spacing": "lg"}},
    }


def _box(contents: Sequence[Json], layout: str) -> Json:
    return {"type": "box", "layout": layout, "flex": 1, "contents": list(contents)}


def _tile(label: str, value: str, url: str) -> Json:
    words = EMOJI.sub("", label).strip() or NOTHING
    shown = graphemes.cut(graphemes.label(words, CARD_LABEL), LABEL_UNITS)
    press = {
        "type": "postback",
        "label": shown,
        "data": value,
        "displayText": graphemes.label(label.strip(), DISPLAY) or NOTHING,
    }
    image = {"type": "image", "url": url, "size": EDGE, "aspectRatio": "1:1", "aspectMode": "fit"}
    below = {"type": "text", "text": shown, "wrap": True, "align": "center", "size": "sm"}
    return {**_box([image, below], "vertical"), "spacing": "sm", "action": press}
