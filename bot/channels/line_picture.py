"""What a rich menu shows, and its picture: `python -m bot.channels.line_picture < menu > png`.

Drawn in a process of its own: its libraries take 40 MB that are needed when a menu is installed and never again, and a
stop does not wait for it.
"""

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import regex

from bot.channels.line_buttons import QUICK_LABEL
from handlers import graphemes
from handlers.values import dataclass

OURS = "ntswatch:"  # menus of other hands in the same account are left alone
DRAWING = 2  # raised when the picture is drawn differently
WIDTH, ROW = 1_200, 405  # pixels: from 800 to 2,500 wide, at least 250 high and 1.45 times as wide as high
COLUMNS = 3
MOST_BUTTONS = 6  # two rows of three stay readable on a small phone
CHAT_BAR = 14  # clusters
LETTERS, PICTURE = 62, 160  # pixels: the letters' size (smaller where they do not fit), the picture's edge
MARGIN, GAP, CORNER = 28, 6, 20  # pixels
COLOURS = 64
UNDRAWN = regex.compile(r"[\p{Extended_Pictographic}\ufe0f\u200d]")  # no text font holds these
PAPER, TILES, INK = "#e8edf2", ("#12355b", "#1d5c63", "#5b2a4e", "#3b4a1f", "#6b3a12", "#33334d"), "#ffffff"


@dataclass(frozen=True, slots=True)
class MenuButton:
    """One tile: its label, what a press says, and the picture above the label (see bot.pictures; empty: none)."""

    label: str
    said: str
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """What one language's menu says: the bar that opens it, and its buttons."""

    language: str
    bar: str
    buttons: Sequence[MenuButton]

    @property
    def name(self) -> str:
        """Says what is in it, so that a menu already installed is recognised."""
        told = repr((DRAWING, self.bar, tuple(self.buttons))).encode()
        return f"{OURS}{self.language}:{hashlib.sha256(told).hexdigest()[:16]}"

    def written(self) -> bytes:
        return json.dumps([self.language, self.bar, [[b.label, b.said, b.picture] for b in self.buttons]]).encode()

    @property
    def size(self) -> tuple[int, int]:
        return WIDTH, ROW if len(self.buttons) <= COLUMNS else 2 * ROW

    def places(self) -> Iterator[tuple[int, int, int, int]]:
        """x, y, width and height of every button, in pixels; the last one of a row takes what is left."""
        shown = self.buttons[:MOST_BUTTONS]
        columns = len(shown) if len(shown) <= COLUMNS else -(-len(shown) // 2)
        for n in range(len(shown)):
            row, column = divmod(n, columns)
            in_row = min(columns, len(shown) - row * columns)
            left, right = WIDTH * column // in_row, WIDTH * (column + 1) // in_row
            yield left, row * ROW, right - left, ROW

    def request(self) -> dict[str, Any]:
        width, height = self.size
        areas = [
            {
                "bounds": {"x": x, "y": y, "width": w, "height": h},
                "action": {"type": "message", "label": graphemes.label(b.label, QUICK_LABEL), "text": b.said},
            }
            for (x, y, w, h), b in zip(self.places(), self.buttons, strict=False)
        ]
        return {
            "size": {"width": width, "height": height},
            "selected": True,
            "name": self.name,
            "chatBarText": graphemes.label(self.bar, CHAT_BAR),
            "areas": areas,
        }


def draw(menu: Menu) -> bytes:
    """A PNG of few colours, far below the platform's 1 MB."""
    from bot.drawing import Box, Page, pixels  # late: the bot itself does without

    width, height = menu.size
    page = Page(width, height)
    page.fill(Box(0, 0, width, height), PAPER)
    for n, ((x, y, w, h), button) in enumerate(zip(menu.places(), menu.buttons, strict=False)):
        page.fill(Box(x + GAP, y + GAP, w - 2 * GAP, h - 2 * GAP), TILES[n % len(TILES)], CORNER)
        if button.picture:
            page.picture(button.picture, Box(x + (w - PICTURE) / 2, y + h / 2 - PICTURE, PICTURE, PICTURE))
        top = y + h / 2 if button.picture else y
        words = UNDRAWN.sub("", button.label).strip()
        page.text(words, Box(x + MARGIN, top, w - 2 * MARGIN, y + h - top), LETTERS, INK, bold=True)
    return pixels(page.pdf(), 1, COLOURS)


def read(written: bytes) -> Menu:
    """The menu of `Menu.written`."""
    language, bar, buttons = json.loads(written)
    return Menu(language, bar, tuple(MenuButton(*button) for button in buttons))


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(read(sys.stdin.buffer.read())))
