"""`python -m bot.pictures.render` makes the PNG files from the drawings; a test says when it was forgotten."""

from pathlib import Path

from bot import pictures
from bot.drawing import Box, Page, pixels

UNITS, EDGE = 96, 192  # units of a drawing; pixels of its PNG, LINE wants a square
COLOURS = 32


def png(name: str) -> bytes:
    page = Page(UNITS, UNITS)
    page.picture(name, Box(0, 0, UNITS, UNITS))
    return pixels(page.pdf(), EDGE / UNITS, COLOURS)


def main() -> None:
    for name in sorted(pictures.names()):
        Path(str(pictures.file(name, "png"))).write_bytes(png(name))


if __name__ == "__main__":
    main()
