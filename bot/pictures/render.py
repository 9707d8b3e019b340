"""`python -m bot.pictures.render` makes the PNG files from the drawings; a test says when it was forgotten."""

from pathlib import Path

import locales
from bot import pictures
from bot.drawing import Box, Page, pixels
from handlers.report import kind_choices
from locales import Words

UNITS, EDGE = 96, 192  # units of a drawing; pixels of its PNG, LINE wants a square
COLOURS = 32
# A sheet: pictures over numbers and words, two and a half tiles of a small phone's width side by side.
COLUMNS, TILE, LINE, GAP = 3, 200, 44, 20  # points, which are pixels here
LETTERS, PAPER, INK = 30, "#ffffff", "#12355b"


def png(name: str) -> bytes:
    page = Page(UNITS, UNITS)
    page.picture(name, Box(0, 0, UNITS, UNITS))
    return pixels(page.pdf(), EDGE / UNITS, COLOURS)


def sheet(question: str, choices: list[tuple[str, str]]) -> bytes:
    """The choices of a question, each as its picture with its number and its words under it."""
    rows = -(-len(choices) // COLUMNS)
    width, height = COLUMNS * (TILE + GAP) + GAP, rows * (TILE + LINE + GAP) + GAP
    page = Page(width, height)
    page.fill(Box(0, 0, width, height), PAPER)
    for at, (value, words) in enumerate(choices):
        row, column = divmod(at, COLUMNS)
        in_row = min(COLUMNS, len(choices) - row * COLUMNS)
        left = (width - in_row * (TILE + GAP) + GAP) / 2 + column * (TILE + GAP)
        top = GAP + row * (TILE + LINE + GAP)
        page.picture(f"{question}-{value}", Box(left, top, TILE, TILE))
        page.text(f"{at + 1} {words}", Box(left, top + TILE, TILE, LINE), LETTERS, INK, bold=True)
    return pixels(page.pdf(), 1, COLOURS)


def sheets(words: Words) -> dict[str, bytes]:
    """The sheets of one language, by question."""
    return {"kind": sheet("kind", kind_choices(words))}


def main() -> None:
    for name in sorted(pictures.names()):
        Path(str(pictures.file(name, "png"))).write_bytes(png(name))
    folder = Path(__file__).parent / "sheets"
    folder.mkdir(exist_ok=True)
    for language, words in locales.load().items():
        for question, drawn in sheets(words).items():
            (folder / f"{question}-{language}.png").write_bytes(drawn)


if __name__ == "__main__":
    main()
