"""`make screens [OUT=DIR]`: pictures of every screen in every language, contact sheets, and what is wrong with them."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Error, async_playwright

from locales import LANGUAGES
from tests.browser.test_phones import ARGS, CHROMIUM
from tests.screens import sheets
from tests.screens.looking import VIEWS, Phone, opened
from tests.screens.stand import standing
from tests.screens.walks import WALKS

QUIET_MICROPHONE = [arg for arg in ARGS if arg != "--use-fake-ui-for-media-stream"]  # it would never be refused


async def walked(browser: Browser, language: str, walks: list[str], out: Path) -> Phone:
    """All walks of one language, one after the other, in a product of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with standing(Path(folder)) as stand:
            counted = Phone(None, language, VIEWS, out, {})  # type: ignore[arg-type]
            for name in walks:
                path, walk = WALKS[name]
                phone = await opened(browser, stand.url + path, language, counted)
                try:
                    await walk(phone, stand, browser)
                except (Error, TimeoutError) as stopped:
                    await phone.page.screenshot(path=out / f"{language}-{name}-stopped.png")
                    why = str(stopped).splitlines()[-1:]
                    counted.faults[f"{language} {name}"] = [f"stopped after {phone.screens[-1]}: {why}"]
                counted.numbers = phone.numbers
                await phone.close()
            return counted


async def main(out: Path, languages: list[str], walks: list[str]) -> int:
    faults: dict[str, list[str]] = {}
    for language in languages:
        shutil.rmtree(out / language, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_MICROPHONE)
        for language in languages:
            phone = await walked(browser, language, walks, out)
            faults |= phone.faults
            print(f"{language}: {len(phone.screens)} screens, {len(phone.faults)} with faults", flush=True)
        await browser.close()
    for screen, found in faults.items():
        print(screen, *found, sep="\n    ")
    for language in languages:
        sheets.make(out, language)
    return 1 if faults else 0


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m tests.screens", description=__doc__)
    asked.add_argument("--out", type=Path, default=Path("build/screens"))
    asked.add_argument("--language", action="append", choices=LANGUAGES)
    asked.add_argument("--walk", action="append", choices=tuple(WALKS))
    given = asked.parse_args()
    sys.exit(asyncio.run(main(given.out, given.language or list(LANGUAGES), given.walk or list(WALKS))))
