"""The dashboard over real HTTP: a link from a chat opens once, for a coordinator, and shows codes and counts."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.dashboard import KEPT
from handlers.effects import Dismiss
from storage import directory
from tests.house import House, OnTelegram, report

CHIEF, OTHER = 9_000_009, 9_000_010


@dataclass
class Browser:
    """One browser with its cookies, which never follows where it is sent."""

    house: House
    client: aiohttp.ClientSession

    async def get(self, path: str = "/desk") -> tuple[int, str]:
        async with self.client.get(self.house.url + path, allow_redirects=False) as answer:
            assert "script" not in answer.headers["Content-Security-Policy"]
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, await answer.text()

    async def post(self, code: str, site: str = "same-origin", path: str = "/desk") -> int:
        told = {"Sec-Fetch-Site": site}
        async with self.client.post(
            self.house.url + path, data={"code": code}, headers=told, allow_redirects=False
        ) as answer:
            return answer.status


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path) as made:
        yield made


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Browser(house, client)


async def coordinator(house: House, person: int = CHIEF, scope: str = "*") -> OnTelegram:
    chief = OnTelegram(house, person)
    await chief.write(f"/join {await house.invite(scope=scope)}")
    await house.settled()
    return chief


async def reported(house: House, words: str) -> str:
    await report(OnTelegram(house, 7_100_071), house, "th", words)
    return str((await house.cases())[-1].number)


async def asked(chief: OnTelegram) -> str:
    """The code of the link that `/desk` brings."""
    await chief.write("/desk")
    await chief.house.settled()
    text = (await chief.screen())[-1].text
    found = re.search(r"https://bot\.example\.org/desk\?code=(\S+)", text)
    assert found, text
    return found[1]


async def test_a_coordinator_sees_the_shift_today_and_the_week(house: House, browser: Browser) -> None:
    chief = await coordinator(house)
    number = await reported(house, "a boat without lights, says Somsak")
    code = await asked(chief)
    status, door = await browser.get(f"/desk?code={code}")
    assert (status, code in door, number in door) == (200, True, False), "a link that an app looks at shows nothing"
    assert await browser.post(code) == 303
    status, page = await browser.get()
    assert status == 200
    assert page.count("<section>") == 4
    assert number in page
    assert "Somsak" not in page


async def test_a_link_opens_once_and_only_from_our_own_page(house: House, browser: Browser) -> None:
    code = await asked(await coordinator(house))
    assert await browser.post(code, site="cross-site") == 403
    assert await browser.post(code) == 303
    browser.client.cookie_jar.clear()
    assert await browser.post(code) == 403
    assert (await browser.get())[1].count("<section>") == 1


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0", "x" * 900])
async def test_no_code_that_was_not_asked_for_opens(house: House, browser: Browser, code: str) -> None:
    await coordinator(house)
    assert await browser.post(code) == 403


async def test_a_code_for_another_purpose_does_not_open(house: House, browser: Browser) -> None:
    await coordinator(house)
    code = await house.invite()
    assert await browser.post(code) == 403
    await OnTelegram(house, OTHER).write(f"/join {code}")
    assert any(m.person == str(OTHER) for m in house.app.store.directory.members.values()), "and it still serves"


async def test_whoever_is_no_coordinator_any_more_sees_nothing_at_once(house: House, browser: Browser) -> None:
    chief = await coordinator(house)
    await browser.post(await asked(chief))
    assert (await browser.get())[1].count("<section>") == 4
    gone = Dismiss("telegram", str(CHIEF))
    await house.app.database.write(lambda c: directory.change(c, house.app.store, [gone]))
    assert (await browser.get())[1].count("<section>") == 1


async def test_a_page_closes_after_a_shift_or_when_it_is_left(house: House, browser: Browser) -> None:
    chief = await coordinator(house)
    await browser.post(await asked(chief))
    assert await browser.post("", path="/desk/leave") == 303
    assert (await browser.get())[1].count("<section>") == 1
    await browser.post(await asked(chief))
    house.clock.tick(seconds=KEPT + 1)
    assert (await browser.get())[1].count("<section>") == 1


async def test_a_cookie_that_we_did_not_seal_opens_nothing(house: House, browser: Browser) -> None:
    await coordinator(house)
    for cookie in ("", "%", "QUJD", "A" * 4000):
        browser.client.cookie_jar.update_cookies({"desk": cookie})
        assert (await browser.get())[1].count("<section>") == 1


async def test_officers_and_residents_get_no_link(house: House) -> None:
    stranger = OnTelegram(house, OTHER)
    await stranger.write("/desk")
    await house.settled()
    assert "desk?code" not in (await stranger.screen())[-1].text


async def test_of_other_districts_nothing_is_seen(house: House, browser: Browser) -> None:
    chief = await coordinator(house, scope="TH4301")
    number = await reported(house, "a boat")  # in TH3801
    await browser.post(await asked(chief))
    page = (await browser.get())[1]
    assert page.count("<section>") == 4
    assert number not in page
