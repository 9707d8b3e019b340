"""One phone in the browser: what is pressed and written on it, what it looks like, what is wrong with it."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page

LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")
QUIET = 0.12  # seconds without a change after which the bot has said all
SLOW = 2.0  # a press is taken before it is answered: so long the chat may stand still in between
PATIENCE = 10.0
SAID = "() => document.getElementById('log')?.innerText"
SETTLED = """() => {
    const busy = document.querySelector('.busy, [aria-busy=true]') ? 'busy' : '';
    const log = document.getElementById('log');
    return busy || [document.body.dataset.ready, log ? log.innerHTML.length + log.innerText : '',
        document.getElementById('note')?.textContent].join();
}"""
SET = """letters => {
    document.documentElement.style.fontSize = letters + "%";
    window.dispatchEvent(new Event("resize"));
    const log = document.getElementById("log"), last = log && log.lastElementChild;
    const long = last && last.offsetHeight > log.clientHeight - 24;
    if (last) log.scrollTop = long ? last.offsetTop - log.offsetTop - 8 : log.scrollHeight;
}"""


@dataclass(frozen=True, slots=True)
class View:
    """A size to look at: CSS pixels, and how much larger than usual the reader has set all letters."""

    name: str
    width: int
    height: int
    letters: int = 100  # per cent


SMALL = View("320x568", 320, 568)
USUAL = View("360x640", 360, 640)
LARGE = View("360x640-large", 360, 640, 200)
VIEWS = (USUAL, SMALL, LARGE)


@dataclass
class Phone:
    """A page with somebody's chat. `faults` collects what is wrong, by screen and size."""

    page: Page
    language: str
    views: Sequence[View]
    shots: Path | None
    faults: dict[str, list[str]]
    screens: list[str] = field(default_factory=list)
    numbers: int = 0

    async def press(self, value: str, *, last: bool = True) -> None:
        found = self.page.locator(f'[data-value^="{value}"]')
        await self._pressed(found.last if last else found.first)

    async def act(self, mark: str) -> None:
        """Press the last button with this in its words: what leads to one report has a random value."""
        await self._pressed(self.page.get_by_role("button").filter(has_text=mark).last)

    async def _pressed(self, button: Locator) -> None:
        before = await self.page.evaluate(SAID)
        await button.click()
        with suppress(TimeoutError):
            async with asyncio.timeout(SLOW):
                while await self.page.evaluate(SAID) == before:
                    await asyncio.sleep(QUIET / 2)
        await self.quiet()

    async def write(self, words: str) -> None:
        await self.page.get_by_test_id("input").fill(words)
        await self.page.get_by_test_id("send").click()
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until nothing changes any more: the answer, and what comes right behind it."""
        last, same = None, 0
        async with asyncio.timeout(PATIENCE):
            while same < 3:
                await asyncio.sleep(QUIET / 2)
                now = await self.page.evaluate(SETTLED)
                same = same + 1 if now == last and now != "busy" else 0
                last = now

    async def here(self, name: str) -> None:
        """This is a screen: look at it in every size, keep a picture of each."""
        self.numbers += 1
        screen = f"{self.numbers:03}-{name}"
        self.screens.append(screen)
        await self.page.mouse.move(0, 0)
        for view in self.views:
            await self._as(view)
            if found := await self.page.evaluate(LOOK):
                self.faults[f"{self.language} {screen} {view.name}"] = list(found)
            if self.shots:
                await self._keep(self.shots / self.language / view.name, screen)
        await self._as(self.views[0])

    async def _as(self, view: View) -> None:
        await self.page.set_viewport_size({"width": view.width, "height": view.height})
        await self.page.evaluate(SET, view.letters)

    async def _keep(self, folder: Path, screen: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=folder / f"{screen}.png")
        rest = await self.page.evaluate(
            "() => { const log = document.getElementById('log'), last = log && log.lastElementChild;"
            " return last && !document.querySelector('dialog[open]') ? last.offsetHeight - log.clientHeight + 24 : 0; }"
        )
        if rest > 0:  # the message is longer than the screen: the whole of it, as whoever scrolls reads it
            size = self.page.viewport_size
            assert size
            await self.page.set_viewport_size({"width": size["width"], "height": size["height"] + int(rest) + 8})
            await self.page.screenshot(path=folder / f"{screen}-whole.png")
            await self.page.set_viewport_size(size)

    async def shown(self) -> str:
        """The words of the last bubble."""
        return str(await self.page.get_by_test_id("bubble").last.inner_text())

    async def receipt(self) -> str:
        """The receipt on the screen, its digits alone."""
        found = re.findall(r"\d{3}-\d{3}-\d{4}-\d{6}", await self.page.locator("#log").inner_text())
        return re.sub(r"\D", "", found[-1])

    async def close(self) -> None:
        with suppress(Exception):
            await self.page.context.close()


async def opened(browser: Browser, url: str, language: str, like: Phone | None = None, **more: Any) -> Phone:
    """A new phone on this address. `like`: it goes on counting the screens of that one."""
    given = {"locale": language, "timezone_id": "Asia/Bangkok", "reduced_motion": "reduce", **more}
    context = await browser.new_context(viewport={"width": USUAL.width, "height": USUAL.height}, **given)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    await page.goto(url)
    await page.locator("body[data-ready=yes], body.stage").wait_for()
    if like:
        phone = Phone(page, language, like.views, like.shots, like.faults, like.screens, like.numbers)
    else:
        phone = Phone(page, language, VIEWS, None, {})
    await phone.quiet()
    return phone
