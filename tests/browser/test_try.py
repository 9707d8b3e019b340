"""`ntswatch try` as a newcomer sees it: the real process, three phones in a real browser, nothing faked between."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import FrameLocator, Page, async_playwright, expect

from tests.browser.test_phones import ARGS, CHROMIUM

ROOT = Path(__file__).parents[2]
SHOTS = os.environ.get("NTSWATCH_TEST_SHOTS", "")  # a folder: every stage of the way is kept there as a picture
WORDS = {
    "th": "เห็นเรือไม่เปิดไฟจอดใกล้หาดทราย",
    "lo": "ເຫັນເຮືອບໍ່ມີໄຟຈອດຢູ່ແຄມນ້ຳ",
    "km": "ឃើញទូកគ្មានភ្លើងចតក្បែរច្រាំង",
}
pytestmark = pytest.mark.chromium


@asynccontextmanager
async def trying(folder: Path) -> AsyncIterator[str]:
    """The address that `ntswatch try` prints, in a folder of its own; stopped as by Ctrl-C."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "try", "--port", "0",
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout
    try:
        line = (await asyncio.wait_for(child.stdout.readline(), 60)).decode()
        yield next(word for word in line.split() if word.startswith("http"))
    finally:
        child.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(child.wait(), 15) == 0


async def press(phone: FrameLocator, value: str) -> None:
    await phone.locator(f'button[data-value^="{value}"]').last.click()


async def act(phone: FrameLocator, mark: str) -> None:
    """Press a button of a case, by the mark before its words: its value is a random name."""
    await phone.locator('button[data-value^="h:"]').filter(has_text=mark).last.click()


async def write(phone: FrameLocator, words: str) -> None:
    await phone.get_by_test_id("input").fill(words)
    await phone.get_by_test_id("send").click()


async def look(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png")


async def report(page: Page, language: str) -> str:
    """A whole report on the resident's phone; the case's number as the resident reads it."""
    resident = page.frame_locator("[data-testid=phone-resident]")
    await press(resident, f"a:language:{language}")
    await press(resident, "a:consent:yes")
    await look(page, f"{language}-1-kind")
    await press(resident, "a:kind:people")
    await press(resident, "a:help:no")
    await press(resident, "a:place:list")
    await press(resident, "a:country:TH")
    await look(page, f"{language}-2-province")
    while not await resident.locator('button[data-value="a:province:TH-38"]').count():
        await press(resident, "more:province")
        await page.wait_for_timeout(300)
    await press(resident, "a:province:TH-38")
    await press(resident, "a:district:TH3801")
    await press(resident, "a:when:now")
    await write(resident, WORDS[language])
    await expect(resident.locator('button[data-value="a:send:ask"]')).to_be_visible()
    await look(page, f"{language}-3-review")
    await press(resident, "a:send:ask")
    officers = page.frame_locator("[data-testid=phone-officers]")
    await expect(officers.locator('button[data-value^="h:"]').last).to_be_visible()
    found = re.search(r"[0-9]{4}-[0-9]{4}", await officers.get_by_test_id("bubble").last.inner_text())
    assert found
    shown = found[0]
    await expect(resident.get_by_test_id("bubble").filter(has_text=shown).last).to_be_visible()
    return shown


@pytest.mark.parametrize("language", ["lo", "km", "th"])
async def test_a_report_comes_through_to_officers_and_coordinator(language: str, tmp_path: Path) -> None:
    async with trying(tmp_path) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(url)
        number = await report(page, language)
        resident, officers, coordinator = (
            page.frame_locator(f"[data-testid=phone-{name}]") for name in ("resident", "officers", "coordinator")
        )
        assert WORDS[language] not in await officers.get_by_test_id("bubble").last.inner_text()
        await act(officers, "🙋")
        await expect(resident.get_by_test_id("bubble").last).to_contain_text("📬")
        await press(resident, "status")
        await expect(resident.get_by_test_id("bubble").last).to_contain_text(number)
        await act(officers, "🔎")
        private = officers.get_by_test_id("bubble-private").last
        await expect(private).to_contain_text(WORDS[language])
        await page.get_by_test_id("fill").click()
        await expect(page.get_by_test_id("filled")).to_contain_text("24")
        await write(coordinator, "/summary 7d")
        await expect(coordinator.get_by_test_id("bubble").last).to_contain_text("25")
        await expect(coordinator.get_by_test_id("bubble").last).to_contain_text("🎓")
        await look(page, f"{language}-4-all")
        await browser.close()
        assert faults == []
