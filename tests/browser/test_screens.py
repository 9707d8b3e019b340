"""The fullest screens of the page in every language on the smallest phone; all of them with `make screens`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.test_phones import ARGS, CHROMIUM, LONG, show
from tests.screens.looking import LARGE, LOOK, SMALL, opened
from tests.screens.stand import standing
from tests.screens.walks import BRIEF

pytestmark = [pytest.mark.chromium, pytest.mark.emoji]

BAD = {
    "the page is wider than the screen": "<p style='width:400px'>wide</p>",
    "cut at its side": "<p style='width:60px;overflow:hidden;white-space:nowrap'>these words are cut off</p>",
    "smaller than a finger": "<button style='height:30px'>OK</button>",
    "a number or a command is broken": "<p style='width:90px;font-size:20px'>012-345-6789-012345</p>",
    "a word is broken": "<p style='width:60px;overflow-wrap:anywhere'>unbelievably</p>",
    "a picture stands alone in its line": "<button style='width:70px;height:90px'>🚫 somebody</button>",
    "a line begins with a sign that belongs to the one before": (
        "<p style='width:1px'><span style='display:inline-block'>numbers</span>, and</p>"
    ),
    "a line ends with a sign that belongs to the next one": "<p style='word-break:break-all;width:1px'>เแ</p>",
    "no font has U+378": "<p>\u0378</p>",
    "a flag is drawn as letters": "<p lang=km>កន្លែង 🇹🇭</p>",
    "said to be en, and is lo": "<p>ເຈົ້າໜ້າທີ່</p>",
}


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        yield browser
        await browser.close()


@pytest.mark.parametrize("language", ["th", "lo", "km"])
async def test_the_fullest_screens_are_well_on_a_small_phone(language: str, tmp_path: Path) -> None:
    path, walk = BRIEF
    async with standing(tmp_path) as stand, browsing() as browser:
        phone = await opened(browser, stand.url + path, language)
        phone.views = (SMALL, LARGE)
        await walk(phone, stand, browser)
        assert len(phone.screens) >= 12
        assert phone.faults == {}


@pytest.mark.parametrize("language", ["th", "lo", "km"])
async def test_whoever_reads_the_safety_note_on_a_usual_phone_sees_all_of_it_and_its_button(
    language: str, tmp_path: Path
) -> None:
    async with standing(tmp_path) as stand, browsing() as browser:
        phone = await opened(browser, stand.url, language)
        await phone.press(f"a:language:{language}")
        log = await phone.page.get_by_test_id("log").bounding_box()
        note = await phone.page.get_by_test_id("bubble").last.bounding_box()
        button = await phone.page.locator('[data-value="a:consent:yes"]').bounding_box()
        assert log
        assert note
        assert button
        assert note["y"] >= log["y"]
        assert button["y"] + button["height"] <= log["y"] + log["height"]


async def bare(browser: Browser, body: str) -> Page:
    page = await browser.new_page(viewport={"width": 320, "height": 568})
    await page.set_content(f"<!doctype html><html lang=en><body style='margin:0;font:16px sans-serif'>{body}</body>")
    return page


async def test_what_is_wrong_with_a_screen_is_found() -> None:
    async with browsing() as browser:
        for wrong, body in BAD.items():
            page = await bare(browser, body)
            found = await page.evaluate(LOOK)
            assert any(str(fault).startswith(wrong) for fault in found), (wrong, found)
        page = await bare(browser, "<p>All is well.</p><button style='height:44px;width:90px'>Go on</button>")
        assert await page.evaluate(LOOK) == []


async def test_a_number_is_not_broken_and_every_word_says_its_language() -> None:
    async with show() as at:
        page = await at.page(width=320, locale="lo-LA")
        await page.get_by_test_id("option").first.wait_for()
        chat = at.bot.events[0].chat.chat
        for room in range(1, 40):
            await at.bot.say(chat, f"{'ກ ' * room}012-345-6789-012345. เมืองบึงกาฬ (Mueang), {LONG['lo']}\nEnglish words")
        await page.get_by_text("English words").nth(38).wait_for()
        heights = await page.eval_on_selector_all(".whole", "all => all.map(e => e.getClientRects()[0].height)")
        assert len(heights) == 39
        assert max(heights) < 1.5 * min(heights)  # one line each
        said = await page.eval_on_selector_all(
            ".bubble:last-child .words, .bubble:last-child .words [lang]", "all => all.map(e => e.lang)"
        )
        assert said == ["lo", "th", "en"]


async def test_rows_stay_rows_and_a_list_of_numbers_is_broken_between_its_entries() -> None:
    text = (
        "8512-9121 · ຢາ\n📅 23 ພະຈິກ 2026\nຍັງບໍ່ມີ\n"
        "ໄທ: ຕຳຫຼວດ 191, ລົດໂຮງໝໍ 1669, ຄ້າມະນຸດ ແລະ ຂໍຄວາມຊ່ວຍເຫຼືອ 1300\nລາວ: ຕຳຫຼວດ 1191"
    )
    async with show() as at:
        page = await at.page(width=320, locale="lo-LA")
        await page.get_by_test_id("option").first.wait_for()
        await at.bot.say(at.bot.events[0].chat.chat, text)
        words = page.locator(".words").last
        await words.get_by_text("1191").wait_for()
        assert (await words.inner_text()).replace("\u00a0", " ") == text
        items = await words.locator(".whole").all_inner_texts()
        assert [item.replace("\u00a0", " ") for item in items] == [
            "8512-9121", "ຕຳຫຼວດ 191,", "ລົດໂຮງໝໍ 1669,", "ຄ້າມະນຸດ ແລະ ຂໍຄວາມຊ່ວຍເຫຼືອ 1300", "ຕຳຫຼວດ 1191",
        ]  # fmt: skip
        assert await page.evaluate(LOOK) == []
