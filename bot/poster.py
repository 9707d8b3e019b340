"""Posters for a district or a village: an A4 page to print, with a QR code for every way to reach the bot.

Whoever hangs it up is not who reads it: it says how to report, that no name is asked, and to scan where nobody looks.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.drawing import Box, Page, columns, pixels, rows
from handlers.entry import line_link, start_of, telegram_link, web_link
from handlers.places import Gazetteer, district_name
from locales import N, Words, load

WIDTH, HEIGHT, MARGIN = 595.28, 841.89, 42.0  # points: A4, and what office printers leave white
RIVER, PAPER, INK, SOFT, ALARM = "#12355b", "#ffffff", "#1c2733", "#eef3f8", "#8f1d1d"
CODE, STEP = 160.0, 92.0  # points: a code is read from two metres, a picture from one
IN_A_LINE = 3  # numbers to call that stay readable side by side
PIXELS, COLOURS = 300 / 72, 64  # a point in print quality; tones enough for smooth letters
# TRANSLATORS: three steps on a poster, each under a picture, one short line.
STEPS = (("step-scan", N("Scan")), ("step-answer", N("Answer")), ("step-officer", N("Officers read it")))
HEIGHTS = {
    "title": 128.0,
    "place": 50.0,
    "codes": 218.0,
    "steps": 142.0,
    "calm": 96.0,
    "danger": 116.0,
}


class TooLong(Exception):
    """The village's name does not fit into a link."""


def links(opens: Mapping[str, str], district: str, village: str) -> dict[str, str]:
    """Name of the app -> the address behind its code. `opens`: channel -> the address that opens the bot there.

    Raises TooLong.
    """
    try:
        start = start_of(district, village)
    except ValueError:
        raise TooLong(village) from None
    made = {
        "LINE": line_link(opens.get("line", ""), district, village),
        "Telegram": telegram_link(opens.get("telegram", ""), start),
        "Web": web_link(opens.get("web", ""), start),
    }
    return {name: link for name, link in made.items() if opens.get(name.lower())}


def draw(
    words: Words,
    gazetteer: Gazetteer,
    codes: Mapping[str, str],
    district: str,
    village: str,
    numbers: tuple[tuple[str, str], ...],
) -> bytes:
    """The poster as a PDF in the language of `words`. `numbers` are (what for, number to call)."""
    page = Page(WIDTH, HEIGHT)
    box = Box(MARGIN, 0, WIDTH - 2 * MARGIN, HEIGHT)
    part = rows(HEIGHTS | {"gap": 0.0}, box)
    where = " · ".join(filter(None, [village, district_name(gazetteer, district, words.language)]))
    page.title(where)
    _title(page, words, part["title"])
    page.text(where, part["place"], 22, INK, bold=True)
    _codes(page, codes, part["codes"])
    _steps(page, words, part["steps"])
    _calm(page, words, part["calm"])
    _danger(page, words, numbers, Box(0, HEIGHT - HEIGHTS["danger"], WIDTH, HEIGHTS["danger"]))
    return page.pdf()


def write(
    folder: Path,
    gazetteer: Gazetteer,
    codes: Mapping[str, str],
    district: str,
    village: str,
    numbers: Mapping[str, tuple[tuple[str, str], ...]],
) -> Iterator[Path]:
    """A PDF to print and a PNG to send around, for every language people read here; the files, as they are written."""
    country = gazetteer.districts[district].country
    for language, words in load().items():
        pdf = draw(words, gazetteer, codes, district, village, numbers.get(country, ()))
        for ending, content in (("pdf", pdf), ("png", pixels(pdf, PIXELS, COLOURS))):
            path = folder / f"{'-'.join(filter(None, ['poster', district, village]))}-{language}.{ending}"
            path.write_bytes(content)
            yield path


def _title(page: Page, words: Words, box: Box) -> None:
    page.fill(Box(0, 0, WIDTH, box.height), RIVER)
    first = words.t("Did you see something wrong at the border?")
    page.text(first, Box(box.x, 26, box.width, 40), 27, PAPER, bold=True)
    page.text(words.t("Tell us here."), Box(box.x, 70, box.width, 40), 27, PAPER, bold=True)


def _codes(page: Page, codes: Mapping[str, str], box: Box) -> None:
    for column, (name, link) in zip(columns(max(1, len(codes)), box, 12), codes.items(), strict=False):
        left = column.x + (column.width - CODE) / 2
        page.code(link, Box(left, box.y, CODE, CODE))
        page.text(name, Box(column.x, box.y + CODE, column.width, 34), 20, INK, bold=True)


def _steps(page: Page, words: Words, box: Box) -> None:
    for column, (picture, text) in zip(columns(len(STEPS), box, 16), STEPS, strict=True):
        page.picture(picture, Box(column.x + (column.width - STEP) / 2, box.y, STEP, STEP))
        page.text(words.t(text), Box(column.x, box.y + STEP + 4, column.width, 30), 19, INK)


def _calm(page: Page, words: Words, box: Box) -> None:
    page.fill(Box(box.x, box.y + 4, box.width, box.height - 8), SOFT, 12)
    page.picture("step-lock", Box(box.x + 16, box.y + 18, 60, 60))
    beside = Box(box.x + 92, box.y + 14, box.width - 108, 34)
    page.text(words.t("We do not ask your name."), beside, 18, INK, bold=True, align="L")
    below = Box(beside.x, beside.y + 34, beside.width, 34)
    page.text(words.t("Take a photo of this. Scan it later, where nobody sees you."), below, 16, INK, align="L")


def _danger(page: Page, words: Words, numbers: tuple[tuple[str, str], ...], box: Box) -> None:
    page.fill(box, ALARM)
    inside = Box(MARGIN, box.y + 10, WIDTH - 2 * MARGIN, 36)
    page.text(words.t("Somebody in danger? Call now:"), inside, 20, PAPER, bold=True)
    said = [f"{words.t(label)} {number}" for label, number in numbers]
    half = -(-len(said) // 2) if len(said) > IN_A_LINE else len(said)
    for n, line in enumerate(filter(None, (said[:half], said[half:]))):
        page.text("  ·  ".join(line), Box(inside.x, inside.y + 38 + 28 * n, inside.width, 28), 18, PAPER)
