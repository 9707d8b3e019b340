"""The page in a real browser: three phones, a lost line, keys only, small screens, words that try to be markup."""

import json
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Frame, Page, Route, async_playwright, expect
from starlette.routing import BaseRoute

from bot.channels.web import Web
from bot.webchat import Phone, Stage, routes
from handlers.events import Choice, Command, Incoming, Media, MediaKind, Place, Text
from locales import LANGUAGES, load
from tests.doubles.mailbox import AT, MemoryMailbox, MemoryUploads, Says, ScriptedBot, serving

CHROMIUM = os.environ.get("NTSWATCH_TEST_CHROMIUM") or "/usr/bin/chromium"
ARGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)  # fmt: skip
pytestmark = pytest.mark.chromium

LONG = {
    "th": "เห็นเรือหางยาวสีดำขนกระสอบขึ้นฝั่งใกล้ท่าเรือเทศบาลเมืองบึงกาฬตั้งแต่เมื่อคืนประมาณสี่ทุ่มครึ่งมีคนแปลกหน้าห้าหกคน",
    "lo": "ເຫັນເຮືອຫາງຍາວສີດຳຂົນກະສອບຂຶ້ນຝັ່ງໃກ້ທ່າເຮືອເມືອງປາກຊັນແຕ່ມື້ຄືນນີ້ປະມານສີ່ທຸ່ມເຄິ່ງມີຄົນແປກໜ້າຫ້າຫົກຄົນ",
    "km": "ឃើញទូកកន្ទុយវែងពណ៌ខ្មៅដឹកបាវឡើងច្រាំងនៅជិតកំពង់ផែស្ទឹងត្រែងតាំងពីយប់មិញប្រហែលម៉ោងដប់កន្លះមានមនុស្សចម្លែកប្រាំប្រាំមួយនាក់",
    "en": "Sacks came ashore from a black long-tail boat near the pier at half past ten last night.",
}
LABELS = {
    "th": "💊 ยาเสพติด|⛓️ คนถูกบังคับหรือถูกขาย|🚶 ลักลอบข้ามแดน|📦 ลักลอบขนสินค้า|📱 หลอกลวงออนไลน์|🔫 อาวุธ",
    "lo": "💊 ຢາເສບຕິດ|⛓️ ຄົນຖືກບັງຄັບ ຫຼື ຖືກຂາຍ|🚶 ລັກລອບຂ້າມແດນ|📦 ລັກລອບຂົນສິນຄ້າ|📱 ຫຼອກລວງອອນລາຍ|🔫 ອາວຸດ",
    "km": "💊 គ្រឿងញៀន|⛓️ មនុស្សត្រូវបង្ខំ ឬត្រូវលក់|🚶 ឆ្លងដែនខុសច្បាប់|📦 ការរត់ពន្ធ|📱 បោកប្រាស់អនឡាញ|🔫 អាវុធ",
    "en": "💊 Drugs|⛓️ People forced or sold|🚶 Illegal crossing|📦 Smuggling|📱 Online scam|🔫 Weapons",
}
NAV = {
    "th": ["↩️ ย้อนกลับ", "✖️ ยกเลิก"],
    "lo": ["↩️ ກັບຄືນ", "✖️ ຍົກເລີກ"],
    "km": ["↩️ ថយក្រោយ", "✖️ បោះបង់"],
    "en": ["↩️ Back", "✖️ Cancel"],
}
MARKUP = '<img src=x onerror="window.hacked=1"><b>bold</b>'
PIN = {"latitude": 18.3609, "longitude": 103.6466}
MANY: list[list[str]] = [[label, f"a:kind:{n}", "option"] for n, label in enumerate(LABELS["th"].split("|"))]


def script(event: Incoming) -> Sequence[tuple[str, Says]]:
    """A little bot: a question with buttons, a pin, a photo, a card for the group, details for one officer."""
    chat = event.chat.chat
    match event.body:
        case Command(name="clear"):
            return [(chat, {"text": "No news of the river.", "clears": True})]
        case Command(name="start"):
            return [(chat, {"text": "What is it?", "buttons": [*MANY, ["✖️ Cancel", "cancel", "nav"]]})]
        case Command(name=name, args=args):
            return [(chat, {"text": f"/{name} {args}"})]
        case Choice(value="take:1"):
            return [
                (
                    "g-buengkan",
                    {"text": "Taken", "buttons": [["Details", "details:1", "option"]], "replaces": event.message},
                )
            ]
        case Choice(value="details:1"):
            return [("p-officer", {"text": f"Secret {MARKUP}", "buttons": [["Done", "done:1", "option"]]})]
        case Choice(value=value) if value.startswith("a:kind:"):
            where = [
                ["📍 Map", "a:place:here", "location"],
                ["📷 Photo", "a:seen:camera", "camera"],
                ["↩️ Back", "back", "nav"],
            ]
            return [(chat, {"text": f"✓ {value}\n\nWhere?", "buttons": where, "replaces": event.message})]
        case Place(latitude=latitude):
            card = {
                "text": f"Case 1 at {latitude}",
                "buttons": [["Take", "take:1", "option"], ["Details", "details:1", "option"]],
            }
            return [(chat, {"text": "Place kept."}), ("g-buengkan", card), ("p-coordinator", {"text": "1 case"})]
        case Media(kind=kind):
            return [(chat, {"text": f"Kept: {kind}"})]
        case Text(text=text):
            return [(chat, {"text": f"Heard: {text}"})]
    return []


@dataclass
class Show:
    """A browser, the served page, and the bot behind it."""

    url: str
    browser: Browser
    bot: ScriptedBot
    web: Web
    contexts: list[BrowserContext] = field(default_factory=list)

    async def page(self, path: str = "/", width: int = 360, height: int = 740, **more: Any) -> Page:
        more = {"locale": "en-GB", "has_touch": False, **more}
        context = await self.browser.new_context(viewport={"width": width, "height": height}, **more)
        self.contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        await page.goto(self.url + path)
        return page


def served(bot: ScriptedBot, web: Web, staged: bool) -> Sequence[BaseRoute]:
    phones = {
        "resident": Phone("Resident", "p-resident", begins=True),
        "officers": Phone("Officers of Mueang Bueng Kan", "p-officer", "g-buengkan"),
        "coordinator": Phone("Coordinator", "p-coordinator"),
    }

    async def fill() -> int:
        for n in range(9):
            await bot.say("g-buengkan", f"Practice case {n}")
        return 9

    # The clock runs ahead, so that no test is slowed by a pace.
    seconds = iter(range(0, 1_000_000, 20))
    return routes(
        web, bot.handle, load(), Stage(phones, fill) if staged else None, True, clock=lambda: float(next(seconds))
    )


@asynccontextmanager
async def show(staged: bool = False) -> AsyncIterator[Show]:
    mailbox = MemoryMailbox()
    web = Web(mailbox, MemoryUploads(), lambda: AT)
    bot = ScriptedBot(mailbox, script)
    async with serving(served(bot, web, staged), web.close) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        at = Show(url, browser, bot, web)
        try:
            yield at
        finally:
            for context in at.contexts:
                await context.close()
            await browser.close()


async def type_and_send(page: Page | Frame, text: str) -> None:
    await page.get_by_test_id("input").fill(text)
    await page.get_by_test_id("send").click()


def phone(page: Page, name: str) -> Frame:
    return next(f for f in page.frames if f.url.endswith(f"/phone/{name}"))


async def overflows(page: Page | Frame) -> list[str]:
    """What is wider than the screen, or whose words are cut off."""
    found = await page.evaluate(
        """() => [...document.querySelectorAll("header, form, main, .bubble, .said, .option, .nav, h1, p, select")]
            .filter((e) => e.offsetParent && (e.getBoundingClientRect().right > innerWidth + 0.5
                || e.scrollWidth > e.clientWidth + 1 && e.tagName !== "SELECT"))
            .map((e) => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40))"""
    )
    return list(found)


async def test_three_phones_tell_one_story() -> None:
    async with show(staged=True) as at:
        page = await at.page(width=1280, height=860, geolocation=PIN, permissions=["geolocation"])
        await expect(page.get_by_test_id("practice")).to_be_visible()
        resident, officers, coordinator = (page.frame_locator(f"[data-testid=phone-{n}]") for n in
                                           ("resident", "officers", "coordinator"))  # fmt: skip
        await resident.get_by_role("button", name="ยาเสพติด").click()
        await expect(resident.get_by_test_id("bubble")).to_have_count(1)
        await expect(resident.get_by_test_id("bubble")).to_contain_text("✓ a:kind:0")
        await resident.get_by_role("button", name="Map").click()
        await expect(resident.get_by_test_id("bubble").last).to_contain_text("Place kept.")
        await officers.get_by_role("button", name="Take").click()
        await expect(officers.get_by_test_id("bubble")).to_have_count(1)
        await expect(officers.get_by_test_id("bubble")).to_contain_text("Taken")
        await officers.get_by_role("button", name="Details").click()
        private = officers.get_by_test_id("bubble-private")
        await expect(private).to_contain_text("Only you see this")
        await expect(private).to_contain_text(MARKUP)
        await expect(officers.get_by_role("button", name="Details")).to_be_visible()
        await private.get_by_role("button", name="Done").click()
        await expect(coordinator.get_by_test_id("bubble")).to_contain_text("1 case")
        await page.get_by_test_id("fill").click()
        await expect(page.get_by_test_id("filled")).to_contain_text("9")
        await expect(officers.get_by_test_id("bubble").last).to_contain_text("Practice case 8")
        done = next(e for e in at.bot.events if e.body == Choice("done:1"))
        assert (done.group, done.chat.chat) == (False, "p-officer")
        assert await phone(page, "officers").evaluate("window.hacked") is None


async def test_words_are_never_markup() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("option").first).to_be_visible()
        await type_and_send(page, MARKUP)
        await expect(page.get_by_test_id("own")).to_contain_text(MARKUP)
        await expect(page.get_by_test_id("bubble").last).to_contain_text(f"Heard: {MARKUP}")
        assert await page.evaluate("[window.hacked, document.querySelectorAll('main img, main b').length]") == [None, 0]


async def test_what_could_not_be_sent_is_kept_over_a_reload_and_sent_once() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("option").first).to_be_visible()
        lost: list[str] = []

        async def lose(route: Route) -> None:
            lost.append(json.loads(route.request.post_data or "")["id"])
            await route.abort()

        await page.route("**/web/messages", lose)
        await type_and_send(page, "first")
        await expect(page.get_by_test_id("state")).to_contain_text("Not sent")
        await type_and_send(page, "second")
        await page.get_by_test_id("input").fill("half a thou")
        await page.reload()
        await expect(page.get_by_test_id("again")).to_be_visible()
        await expect(page.get_by_test_id("input")).to_have_value("half a thou")
        await page.unroute("**/web/messages")
        await page.get_by_test_id("again").click()
        await expect(page.get_by_test_id("bubble").last).to_contain_text("Heard: second")
        await expect(page.get_by_test_id("state")).to_have_count(0)
        assert [e.body for e in at.bot.events[1:]] == [Text("first"), Text("second")]
        assert at.bot.events[1].id.endswith(lost[0])


async def test_a_page_comes_back_to_its_line_by_itself() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("bubble")).to_have_count(1)
        chat = at.bot.events[0].chat.chat
        at.web.closing.set()
        await at.bot.say(chat, "while the line was down")
        at.web.closing.clear()
        await expect(page.get_by_test_id("bubble")).to_have_count(2)
        await at.bot.say(chat, "after")
        await expect(page.get_by_test_id("bubble")).to_have_count(3)
        await page.reload()
        await expect(page.get_by_test_id("bubble")).to_have_count(3)


async def test_what_waits_is_shown_while_there_is_no_line() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("option").first).to_be_visible()

        async def lose(route: Route) -> None:
            await route.abort()

        for path in ("messages", "session", "events*"):
            await page.route(f"**/web/{path}", lose)
        await type_and_send(page, "a boat")
        await expect(page.get_by_test_id("state")).to_contain_text("Not sent")
        await page.reload()
        await expect(page.get_by_test_id("line")).to_be_visible()
        await expect(page.get_by_test_id("own")).to_contain_text("a boat")
        await expect(page.get_by_test_id("again")).to_be_visible()
        for path in ("messages", "session", "events*"):
            await page.unroute(f"**/web/{path}")
        await expect(page.get_by_test_id("bubble").last).to_contain_text("Heard: a boat", timeout=30_000)
        await expect(page.get_by_test_id("own")).to_have_count(1)
        assert [e.body for e in at.bot.events[1:]] == [Text("a boat")]
        assert await page.evaluate("[...document.querySelectorAll('.bubble')].map(e => e.dataset.testid)") == [
            "bubble", "own", "bubble",
        ]  # fmt: skip


async def test_news_does_not_take_the_buttons_of_the_open_question() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("option").first).to_be_visible()
        chat = at.bot.events[0].chat.chat
        await at.bot.say(chat, "There is a message for you.", buttons=[["Read", "status", "option"]])
        await expect(page.get_by_role("button", name="Read")).to_be_visible()
        await expect(page.get_by_role("button", name="หลอกลวง")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("button", name="Read")).to_be_visible()
        await expect(page.get_by_role("button", name="หลอกลวง")).to_be_visible()
        await type_and_send(page, "something else")
        await expect(page.get_by_test_id("bubble").last).to_contain_text("Heard: something else")
        await at.bot.say(chat, "What now?", buttons=[["This", "this", "option"]])
        await expect(page.get_by_role("button", name="This", exact=True)).to_be_visible()
        await expect(page.get_by_test_id("option")).to_have_count(1)


async def test_the_lines_of_a_review_are_changed_behind_one_button() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("option").first).to_be_visible()
        chat = at.bot.events[0].chat.chat
        lines = [[f"✏️ Line {n}", f"change:{n}", "nav"] for n in range(4)]
        await at.bot.say(
            chat, "Is this right?", buttons=[["Go ahead", "send", "option"], *lines, ["Back", "back", "nav"]]
        )
        await expect(page.get_by_role("button", name="Go ahead")).to_be_visible()
        await expect(page.get_by_role("button", name="Line 2")).to_be_hidden()
        await page.get_by_test_id("change").focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Line 2").click()
        await expect(page.get_by_role("button", name="Go ahead")).to_be_enabled()
        assert at.bot.events[-1].body == Choice("change:2")


async def test_a_refused_text_is_said_to_be_so() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("option").first).to_be_visible()
        await type_and_send(page, "ก" * 5_001)
        await expect(page.get_by_test_id("note")).to_contain_text("too long")
        assert len(await page.get_by_test_id("input").input_value()) == 5_001
        await page.route("**/web/messages", lambda route: route.fulfill(status=413, body='{"error": "long"}'))
        await type_and_send(page, "short")
        await expect(page.get_by_test_id("note")).to_contain_text("too long")
        await expect(page.get_by_test_id("state")).to_contain_text("Not sent")


async def test_all_of_it_works_by_keys() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("option").first).to_be_visible()
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.dataset.value") == "a:kind:1":
                break
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("bubble")).to_contain_text("✓ a:kind:1")
        assert await page.evaluate("document.activeElement.dataset.testid") == "bubble"
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "📍\u00a0Map"
        await page.get_by_test_id("input").focus()
        await page.keyboard.type("one")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("two")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("own")).to_contain_text("one\ntwo")


async def test_a_phone_without_a_place_says_what_else_to_do() -> None:
    async with show() as at:
        page = await at.page(permissions=[])
        await page.get_by_test_id("option").first.click()
        await page.get_by_role("button", name="Map").click()
        await expect(page.get_by_test_id("note")).to_contain_text("choose from the list")
        await expect(page.get_by_role("button", name="Map")).to_be_enabled()


async def test_photo_and_voice_are_sent(tmp_path: Path) -> None:
    picture = tmp_path / "boat.png"
    picture.write_bytes(bytes(5_000))
    async with show() as at:
        page = await at.page(permissions=["microphone"])
        await expect(page.get_by_test_id("option").first).to_be_visible()
        await page.get_by_test_id("file").set_input_files(picture)
        await expect(page.get_by_test_id("bubble").last).to_contain_text("Kept: photo")
        await page.get_by_test_id("record").click()
        await page.wait_for_timeout(1_200)
        await page.get_by_test_id("send").click()
        await expect(page.get_by_test_id("bubble").last).to_contain_text("Kept: voice")
        photo, voice = (e.body for e in at.bot.events if isinstance(e.body, Media))
        assert (photo.kind, photo.mime, photo.size) == (MediaKind.PHOTO, "image/png", 5_000)
        assert (voice.kind, voice.mime) == (MediaKind.VOICE, "audio/webm")
        assert 1 <= voice.seconds <= 20
        await page.get_by_test_id("file").set_input_files(
            {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x"}
        )
        await expect(page.get_by_test_id("note")).to_contain_text("no other files")


async def test_deleting_the_chat_leaves_nothing_on_the_phone() -> None:
    async with show() as at:
        page = await at.page()
        await expect(page.get_by_test_id("option").first).to_be_visible()
        await type_and_send(page, "something")
        await expect(page.get_by_test_id("bubble").last).to_contain_text("Heard")
        await page.get_by_test_id("forget").click()
        await page.get_by_test_id("forget-yes").click()
        await expect(page.get_by_text("Deleted.")).to_be_visible()
        assert await page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
        assert await at.contexts[0].cookies() == []
        await page.reload()
        await expect(page.get_by_test_id("own")).to_have_count(0)


async def test_the_panic_word_leaves_nothing_of_before_on_the_screen_or_the_phone() -> None:
    async with show() as at:
        page = await at.page("/?p=TH3801")
        await expect(page.get_by_test_id("option").first).to_be_visible()
        await type_and_send(page, "three boats at the pier")
        await expect(page.get_by_test_id("bubble").last).to_contain_text("Heard")
        await page.get_by_test_id("input").fill("and a car")
        await page.evaluate("document.getElementById('input').value = '/clear'")
        await page.get_by_test_id("send").click()
        await expect(page.get_by_test_id("bubble")).to_have_text([re.compile("No news of the river")])
        await expect(page.get_by_test_id("own")).to_have_count(0)
        await expect(page.get_by_test_id("option")).to_have_count(0)
        stored = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
        assert "boats" not in await page.evaluate(stored)
        assert "clear" not in await page.evaluate(stored)
        assert "car" not in await page.evaluate(stored)
        assert "boats" not in await page.content()
        assert await page.evaluate("[location.search, history.state]") == ["", None]
        await type_and_send(page, "good morning")
        await expect(page.get_by_test_id("bubble").last).to_contain_text("Heard")
        await page.get_by_test_id("input").fill("how is")
        at.bot.mailbox.letters[:2] = []
        await page.reload()
        await expect(page.get_by_test_id("own")).to_have_count(1)
        await expect(page.get_by_test_id("input")).to_have_value("how is")
        assert "boats" not in await page.content()


async def test_the_language_switch_also_speaks_to_the_bot() -> None:
    async with show() as at:
        page = await at.page(locale="lo-LA")
        await expect(page.get_by_test_id("option").first).to_be_visible()
        assert (await page.get_by_test_id("language").input_value(), at.bot.events[0].hint) == ("lo", "lo")
        await page.get_by_test_id("language").select_option("km")
        await expect(page.get_by_test_id("bubble").last).to_contain_text("/language km")
        assert await page.evaluate("document.documentElement.lang") == "km"
        await at.web.speak(at.bot.events[0].chat.chat, "th")
        await expect(page.get_by_test_id("language")).to_have_value("th")
        await page.get_by_test_id("language").select_option("en")
        await expect(page.get_by_test_id("bubble").last).to_contain_text("/language en")
        await page.reload()
        await expect(page.get_by_test_id("bubble").last).to_be_visible()
        await expect(page.get_by_test_id("language")).to_have_value("en")
        assert await page.title() == "NTS"


async def test_every_font_is_one_a_browser_takes() -> None:
    async with show() as at:
        page = await at.page()
        names = [f"NotoSans{script}-{weight}" for script in ("Thai", "Lao", "Khmer") for weight in ("Regular", "Bold")]
        load_font = (
            "name => new FontFace('Probe', `url(/web/static/fonts/${name}.woff2)`).load().then(font => font.status)"
        )
        assert [await page.evaluate(load_font, name) for name in names] == ["loaded"] * 6


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 360])
async def test_long_words_stay_on_a_small_screen(language: str, width: int) -> None:
    async with show() as at:
        page = await at.page(width=width, height=640, locale=language)
        await expect(page.get_by_test_id("option").first).to_be_visible()
        chat = at.bot.events[0].chat.chat
        options = [
            [label, f"a:kind:{n}", "option"] for n, label in enumerate([*LABELS[language].split("|"), LONG[language]])
        ]
        navs = [[label, f"nav{n}", "nav"] for n, label in enumerate(NAV[language])]
        await type_and_send(page, LONG[language] + "x" * 60)
        await at.bot.say(chat, f"{LONG[language]}\n\n{LONG[language]}", buttons=[*options, *navs])
        await expect(page.get_by_role("button", name=LONG[language])).to_be_visible()
        assert await overflows(page) == []
        shown = "[...document.querySelectorAll('button, select, textarea')].filter(e => e.offsetParent)"
        sizes = await page.evaluate(f"{shown}.map(e => e.offsetHeight)")
        assert min(sizes) >= 44
