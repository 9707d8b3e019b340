"""Posters, menus and pictures as they look: codes that phones read, letters that hold together."""

import io
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageStat

from bot import pictures, poster
from bot.drawing import Box, Page, pixels, runs
from bot.pictures.render import png, sheets
from handlers.report import REPORT
from locales import LANGUAGES, load
from storage import gazetteer

ATLAS, WORDS = gazetteer.load(), load()
OPENS = {"telegram": "https://t.me/NtsBot", "line": "https://line.me/R/ti/p/%40nts", "web": "https://watch.example.org"}
NUMBERS = (("Police", "191"), ("Ambulance", "1669"), ("Trafficking and social help", "1300"), ("Narcotics", "1386"))
SMALL = 75 / 72  # pixels a point: what a cheap phone makes of the page from two metres


def drawn(language: str, village: str = "", opens: dict[str, str] = OPENS) -> bytes:
    codes = poster.links(opens, "TH5708", village)
    return poster.draw(WORDS[language], ATLAS, codes, "TH5708", village, NUMBERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_reads_every_code_of_a_poster(language: str) -> None:
    seen = Image.open(io.BytesIO(pixels(drawn(language, "บ้านสบรวก"), SMALL)))
    links = poster.links(OPENS, "TH5708", "บ้านสบรวก")
    assert {code.text for code in zxingcpp.read_barcodes(seen)} == set(links.values())


def test_a_poster_shows_only_the_ways_there_are() -> None:
    seen = Image.open(io.BytesIO(pixels(drawn("th", opens={"telegram": "https://t.me/NtsBot"}), SMALL)))
    assert [code.text for code in zxingcpp.read_barcodes(seen)] == ["https://t.me/NtsBot?start=TH5708"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_poster_is_one_page_of_a4_with_whom_to_call(language: str) -> None:
    pdf = pypdfium2.PdfDocument(drawn(language))
    assert len(pdf) == 1
    assert [round(side) for side in pdf[0].get_size()] == [595, 842]
    said = pdf[0].get_textpage().get_text_range()
    assert all(number in said for _, number in NUMBERS)


def test_a_file_for_every_language_to_print_and_to_send(tmp_path: Path) -> None:
    codes = poster.links(OPENS, "TH3801", "")
    made = [path.name for path in poster.write(tmp_path, ATLAS, codes, "TH3801", "", {"TH": NUMBERS})]
    assert sorted(made) == sorted(f"poster-TH3801-{lang}.{end}" for lang in LANGUAGES for end in ("pdf", "png"))
    assert all((tmp_path / name).stat().st_size < 1_000_000 for name in made)


def test_a_village_too_long_for_a_link_is_said_to_be() -> None:
    with pytest.raises(poster.TooLong):
        poster.links(OPENS, "TH5708", "บ้าน" * 5)


def test_words_are_cut_where_the_script_changes() -> None:
    assert runs("ไทย (Thai) ລາວ") == [("NotoSansThai", "ไทย"), ("NotoSans", " (Thai) "), ("NotoSansLao", "ລາວ")]


@pytest.mark.parametrize(
    ("whole", "apart"),
    [("ស្ត្រី", "ស ្ ត ្ រ ី"), ("ខ្មែរ", "ខ ្ ម ែ រ"), ("น้ำ", "น ้ ำ")],
)
def test_letters_are_shaped(whole: str, apart: str) -> None:
    """A cluster is narrower than its letters one by one: without a shaper it would not be."""
    assert width(whole) < 0.8 * width(apart.replace(" ", "\u200b "))


def width(words: str) -> int:
    page = Page(600, 100)
    page.text(words, Box(0, 0, 600, 100), 40, "#000000", align="L")
    ink = ImageChops.invert(Image.open(io.BytesIO(pixels(page.pdf(), 1))).convert("L")).getbbox()
    assert ink
    return ink[2] - ink[0]


def test_a_line_too_long_becomes_smaller_not_cut() -> None:
    page = Page(200, 60)
    page.text("Trafficking and social help 1300", Box(10, 0, 180, 60), 40, "#000000")
    ink = ImageChops.invert(Image.open(io.BytesIO(pixels(page.pdf(), 2))).convert("L")).getbbox()
    assert ink
    assert (ink[0] >= 18, ink[2] <= 382) == (True, True)


@pytest.mark.parametrize("name", sorted(pictures.names()))
def test_the_png_of_a_drawing_is_up_to_date(name: str) -> None:
    """When this fails: `python -m bot.pictures.render`."""
    kept = Image.open(io.BytesIO(pictures.file(name, "png").read_bytes())).convert("RGB")
    made = Image.open(io.BytesIO(png(name))).convert("RGB")
    assert kept.size == (192, 192)
    assert max(ImageStat.Stat(ImageChops.difference(kept, made)).mean) < 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_of_choices_is_up_to_date_light_and_square_enough(language: str) -> None:
    """When this fails: `python -m bot.pictures.render`. A word of a kind that changed is drawn anew."""
    for question, made in sheets(WORDS[language]).items():
        content, _ = pictures.sheet(f"{question}-{language}")
        kept, now = (Image.open(io.BytesIO(c)).convert("RGB") for c in (content, made))
        assert kept.size == now.size
        assert max(ImageStat.Stat(ImageChops.difference(kept, now)).mean) < 0.1
        assert len(content) < 40_000, "kind to a slow line"
        assert 0.5 < kept.width / kept.height < 2


def test_there_is_no_sheet_of_anything_else() -> None:
    assert pictures.sheet("../kind-drugs") == pictures.sheet("kind-xx") == (b"", "")


def test_every_choice_that_everybody_sees_has_a_picture() -> None:
    wanted = {"kind": 7, "when": 4, "daypart": 4, "place": 3}
    known = {q.name for q in REPORT}
    assert set(wanted) <= known
    assert {q: sum(name.startswith(f"{q}-") for name in pictures.names()) for q in wanted} == wanted
    assert pictures.of("a:kind:drugs") == "kind-drugs"
    assert pictures.of("a:kind:../../secret") == pictures.of("take:12345678") == ""
