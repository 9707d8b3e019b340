"""Sound in a real browser: a spoken question that somebody listens to, a voice message that somebody records."""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect
from sqlalchemy import select

from bot import voices
from storage.core import FILE
from tests.browser.test_phones import ARGS, CHROMIUM
from tests.house import House

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="no ffmpeg"),
]
SECONDS = 3
TELLS = """() => {
    window.blocked = [];
    document.addEventListener("securitypolicyviolation", e => window.blocked.push(e.blockedURI));
}"""
HEARD = """sound => ({
    duration: sound.duration, at: sound.currentTime, paused: sound.paused, error: sound.error && sound.error.message,
    loaded: sound.readyState, blocked: window.blocked,
})"""


def recorded(folder: Path, *languages: str) -> Path:
    """What an operator does for every question: speak, and turn it into M4A (docs/operators.md). Here it is a tone."""
    spoken = folder / "tone.m4a"
    tone = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}")
    subprocess.run(["ffmpeg", "-v", "error", *tone, "-c:a", "aac", "-b:a", "32k", "-ac", "1", str(spoken)], check=True)
    for language in languages:
        (folder / "voice" / language).mkdir(parents=True)
        for name in voices.NAMES:
            shutil.copy(spoken, folder / "voice" / language / f"{name}{voices.END}")
    return folder / "voice"


def codec(path: Path) -> str:
    probe = ("ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", str(path))
    return subprocess.run(probe, check=True, capture_output=True, text=True).stdout.strip()


@asynccontextmanager
async def at_home(folder: Path, language: str, *spoken: str) -> AsyncIterator[tuple[House, Page]]:
    """The whole bot with its headers, and somebody's browser on its page."""
    changes = {"voice": {"folder": str(recorded(folder, *spoken))}} if spoken else {}
    async with House(folder, channels=(), changes=changes) as house, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        context = await browser.new_context(
            viewport={"width": 360, "height": 640}, locale=language, permissions=["microphone"]
        )
        page = await context.new_page()
        await page.add_init_script(f"({TELLS})()")
        await page.goto(f"{house.url}/?p=TH3801")
        await page.locator(f'[data-value="a:language:{language}"]').click()
        yield house, page
        await browser.close()


@pytest.mark.parametrize("language", ["th", "lo", "km"])
async def test_whoever_presses_listen_hears_the_question(language: str, tmp_path: Path) -> None:
    async with at_home(tmp_path, language, language) as (_, page):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/voice/" in request.url else None)
        listen = page.locator('[data-value="voice:on"]')
        await expect(listen).to_be_in_viewport(ratio=1)  # whoever reads little must find it without scrolling
        await listen.click()
        sound = page.get_by_test_id("spoken").last
        await expect(sound).to_be_visible()
        await page.wait_for_timeout(300)
        assert asked == [], "nothing is loaded, and nothing heard, before somebody wants it"
        box = await sound.bounding_box()
        assert box
        await page.mouse.click(box["x"] + 24, box["y"] + box["height"] / 2)  # where the browser draws its play button
        await page.wait_for_function("sound => sound.currentTime > 0.5", arg=await sound.element_handle())
        heard = await sound.evaluate(HEARD)
        assert SECONDS - 0.2 < heard["duration"] < SECONDS + 0.5
        assert (heard["paused"], heard["error"], heard["blocked"]) == (False, None, [])
        assert heard["loaded"] >= 2
        assert f"/voice/{language}/consent.m4a?v=" in asked[0]
        await page.wait_for_function("sound => sound.ended", arg=await sound.element_handle())
        await page.locator('[data-value="a:consent:yes"]').click()
        await expect(page.get_by_test_id("spoken").last).to_have_attribute(
            "src", re.compile(rf"/voice/{language}/kind")
        )


async def test_a_voice_that_is_recorded_on_the_page_is_kept_as_sound(tmp_path: Path) -> None:
    async with at_home(tmp_path, "lo") as (house, page):
        for value in ("a:consent:yes", "a:kind:drugs", "a:when:now"):
            await page.locator(f'[data-value="{value}"]').click()
        await page.get_by_test_id("record").click()
        await page.wait_for_timeout(1_500)
        await page.get_by_test_id("send").click()
        await page.locator('[data-value="a:send:ask"]').wait_for()
        await house.settled()
        (row,) = await house.app.database.read(lambda c: c.execute(select(FILE)).all())
        assert (row.kind, row.mime, row.state) == ("voice", "audio/webm", "kept")
        kept = await house.app.files.get(row.file)
        assert kept
        (tmp_path / "kept.webm").write_bytes(kept)
        assert codec(tmp_path / "kept.webm") == "opus"
        assert await page.evaluate("window.blocked") == []
