"""Pages with shaped letters, pictures and QR codes: posters for print, and LINE's rich menus.

Khmer, Lao and Thai need a shaper (HarfBuzz, by uharfbuzz): Pillow alone draws them right only where the machine has
libfribidi. fpdf2 lays out, PDFium (pypdfium2) makes pixels of it; both come as wheels. Imported late: these libraries
take 40 MB that a running bot does not need.
"""

import io
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

import pypdfium2
import segno
from fpdf import FPDF

from bot import pictures
from handlers.values import dataclass

FONTS = Path(str(files("bot") / "pages" / "fonts"))
LATIN = "NotoSans"
SCRIPTS = {
    "NotoSansThai": "\u0e00-\u0e7f",
    "NotoSansLao": "\u0e80-\u0eff",
    "NotoSansKhmer": "\u1780-\u17ff\u19e0-\u19ff",
}
STYLES = {"": "Regular", "B": "Bold"}
RUN = re.compile("|".join(f"(?P<{family}>[{letters}]+)" for family, letters in SCRIPTS.items()))
FINEST = 6.0  # points: below this nobody reads


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page: left, top, width, height in points of 1/72 inch."""

    x: float
    y: float
    width: float
    height: float


class Page:
    """One page of `width` by `height` points. Colours are `#rrggbb`."""

    def __init__(self, width: float, height: float) -> None:
        self._pdf = FPDF(unit="pt", format=(width, height))
        self._pdf.set_margin(0)
        self._pdf.set_auto_page_break(False)
        self._known: set[tuple[str, str]] = set()
        self._pdf.set_text_shaping(True)
        self._pdf.add_page()

    def title(self, text: str) -> None:
        self._pdf.set_title(text)

    def fill(self, box: Box, colour: str, radius: float = 0.0) -> None:
        self._pdf.set_fill_color(colour)
        self._pdf.rect(
            box.x, box.y, box.width, box.height, style="F", round_corners=radius > 0, corner_radius=radius or 0
        )

    def text(self, words: str, box: Box, size: float, colour: str, *, bold: bool = False, align: str = "C") -> None:
        """One line in the middle of a box's height, made smaller until it fits its width. `align`: L or C."""
        style, parts = "B" if bold else "", runs(words)
        while sum(widths := [self._width(run, style, size) for run in parts]) > box.width and size > FINEST:
            size -= 0.5
        left = box.x + (box.width - sum(widths)) / 2 if align == "C" else box.x
        self._pdf.set_text_color(colour)
        for (family, said), width in zip(parts, widths, strict=True):
            self._font(family, style, size)
            self._pdf.set_xy(left, box.y)
            self._pdf.cell(width, box.height, said)
            left += width

    def _width(self, run: tuple[str, str], style: str, size: float) -> float:
        family, said = run
        self._font(family, style, size)
        width: float = self._pdf.get_string_width(said)
        return width

    def _font(self, family: str, style: str, size: float) -> None:
        """Fonts are read when they are needed: a tenth of a second each."""
        if (family, style) not in self._known:
            self._pdf.add_font(family, style, FONTS / f"{family}-{STYLES[style]}.ttf")
            self._known.add((family, style))
        self._pdf.set_font(family, style, size)

    def picture(self, name: str, box: Box) -> None:
        self._pdf.image(io.BytesIO(pictures.file(name).read_bytes()), box.x, box.y, box.width, box.height)

    def code(self, address: str, box: Box) -> None:
        """A QR code that survives a fifth of it being torn or dirty (level Q), with its quiet zone."""
        made = segno.make(address, error="q", micro=False, boost_error=False)
        out = io.BytesIO()
        made.save(out, kind="png", scale=12, border=4)
        self._pdf.image(out, box.x, box.y, box.width, box.height)

    def pdf(self) -> bytes:
        return bytes(self._pdf.output())


def pixels(pdf: bytes, scale: float, colours: int = 0) -> bytes:
    """The first page as a PNG, `scale` pixels a point; `colours` above 0 makes it smaller by a palette."""
    page = pypdfium2.PdfDocument(pdf)[0]
    image = page.render(scale=scale).to_pil().convert("RGB")
    out = io.BytesIO()
    (image.quantize(colours) if colours else image).save(out, "PNG", optimize=True)
    return out.getvalue()


def runs(words: str) -> list[tuple[str, str]]:
    """Words cut where the script changes, each with the font family that holds its letters."""
    made, last = [], 0
    for found in RUN.finditer(words):
        made += [(LATIN, words[last : found.start()]), (str(found.lastgroup), found[0])]
        last = found.end()
    return [(family, said) for family, said in (*made, (LATIN, words[last:])) if said]


def columns(count: int, box: Box, gap: float) -> Iterable[Box]:
    """A box cut into so many, side by side."""
    width = (box.width - gap * (count - 1)) / count
    return (Box(box.x + n * (width + gap), box.y, width, box.height) for n in range(count))


def rows(heights: Mapping[str, float], box: Box) -> dict[str, Box]:
    """A box cut into named rows of so many points, from its top."""
    made, top = {}, box.y
    for name, height in heights.items():
        made[name] = Box(box.x, top, box.width, height)
        top += height
    return made
