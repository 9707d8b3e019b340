"""The rich menus: one picture with buttons per language, drawn here and installed once.

Facts: developers.line.biz/en/reference/messaging-api/#rich-menu. Not shown on LINE for PC, so every button says a
command that can be typed as well.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import regex

from bot.channels.line_api import Api
from bot.channels.line_buttons import QUICK_LABEL
from bot.channels.line_wire import checked
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
    """A PNG of few colours, far below the platform's 1 MB. Takes a moment: call it in a thread."""
    from bot.drawing import Box, Page, pixels  # late: 40 MB that are needed when a menu is installed, and never again

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


async def install(api: Api, menus: Sequence[Menu]) -> dict[str, str]:
    """Language -> menu id; menus of ours that are there already are used again.

    People who were given an older menu of a language are moved to the new one by LINE, which takes its time; so the
    older ones are removed by the next start that has nothing to change.
    """
    listed = checked(await api.wire.ask("GET", "/v2/bot/richmenu/list")).json.get("richmenus") or []
    there = {m["richMenuId"]: m["name"] for m in listed if str(m.get("name", "")).startswith(OURS)}
    found = {menu.language: await _found(api, menu, there) or await _made(api, menu) for menu in menus}
    ids = {language: ident for language, ident in found.items() if ident}
    for default in [ids[menu.language] for menu in menus if menu.language in ids][:1]:
        if await _default(api) != default:
            checked(await api.call("POST", f"/v2/bot/user/all/richmenu/{default}"))
    old = {ident: name for ident, name in there.items() if ident not in ids.values()}
    if set(ids.values()) <= there.keys():
        for ident in old:
            await api.call("DELETE", f"/v2/bot/richmenu/{ident}")
    elif moves := [{"type": "link", "from": o, "to": ids[lang]} for o, lang in _languages(old) if lang in ids]:
        await api.call("POST", "/v2/bot/richmenu/batch", {"operations": moves})
    return ids


async def _default(api: Api) -> str:
    answer = await api.wire.ask("GET", "/v2/bot/user/all/richmenu")
    if answer.status == 404:  # none was ever set
        return ""
    return str(checked(answer).json.get("richMenuId", ""))


async def _found(api: Api, menu: Menu, there: Mapping[str, str]) -> str:
    """A crash may have left one without its picture: that one is not used."""
    for ident, name in there.items():
        if name == menu.name and await api.wire.holds(f"/v2/bot/richmenu/{ident}/content"):
            return ident
    return ""


async def _made(api: Api, menu: Menu) -> str:
    """Empty when LINE names no id: the bot does its work without a menu."""
    png = await asyncio.to_thread(draw, menu)
    ident = str(checked(await api.call("POST", "/v2/bot/richmenu", menu.request())).json.get("richMenuId", ""))
    if ident:
        checked(await api.upload(f"/v2/bot/richmenu/{ident}/content", png))
    return ident


def _languages(named: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(ident, name.removeprefix(OURS).partition(":")[0]) for ident, name in named.items()]
