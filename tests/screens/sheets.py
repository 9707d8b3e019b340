"""Contact sheets: all screens of a language and a size on one picture, and a dozen of them at a time to read."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from tests.screens.looking import VIEWS

AT_A_TIME, ACROSS = 12, 6
ALL_ACROSS, ALL_WIDTH = 14, 100
GAP, HEAD = 6, 14  # pixels between pictures, and of the name above each
GROUND = "#d8d8d8"


def make(out: Path, language: str) -> None:
    """`LANGUAGE-SIZE.png` with every screen, `LANGUAGE-SIZE-01.png` and so on to read."""
    for view in VIEWS:
        found = sorted((out / language / view.name).glob("*.png"))
        if not found:
            continue
        whole = sheet(found, ALL_ACROSS, ALL_WIDTH)
        whole.quantize(32).save(out / f"{language}-{view.name}.png", optimize=True)
        for n, at in enumerate(range(0, len(found), AT_A_TIME), start=1):
            some = sheet(found[at : at + AT_A_TIME], ACROSS, view.width)
            some.quantize(128).save(out / f"{language}-{view.name}-{n:02}.png")


def sheet(paths: Sequence[Path], across: int, width: int) -> Image.Image:
    """The pictures in rows, each under its name, as high as the highest of its row."""
    pictures = [(path.stem, shrunk(path, width)) for path in paths]
    rows = [pictures[at : at + across] for at in range(0, len(pictures), across)]
    heights = [max(picture.height for _, picture in row) + HEAD + GAP for row in rows]
    whole = Image.new("RGB", (min(across, len(pictures)) * (width + GAP) + GAP, sum(heights) + GAP), GROUND)
    pen = ImageDraw.Draw(whole)
    for n, row in enumerate(rows):
        top = GAP + sum(heights[:n])
        for m, (name, picture) in enumerate(row):
            left = GAP + m * (width + GAP)
            pen.text((left, top), name[: width // 6], fill="#222")
            whole.paste(picture, (left, top + HEAD))
    return whole


def shrunk(path: Path, width: int) -> Image.Image:
    with Image.open(path) as picture:
        wanted = (width, round(picture.height * width / picture.width))
        return picture.convert("RGB").resize(wanted, Image.Resampling.LANCZOS)
