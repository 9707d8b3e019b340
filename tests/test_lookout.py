"""A platform that no longer knows us, or delivers elsewhere, is noticed while the bot runs."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot.lasting import lasting
from bot.lookout import Lookout
from bot.turns import Unavailable
from tests.house import House, OnTelegram, until


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path) as made:
        yield made


async def chief(house: House) -> OnTelegram:
    phone = OnTelegram(house, 9001)
    await phone.write(f"/join {await house.invite('coordinator', '*')}")
    await house.settled()
    return phone


async def said(house: House, phone: OnTelegram) -> str:
    await house.settled()
    return "\n".join(shown.text for shown in await phone.screen())


async def test_a_webhook_that_was_pointed_elsewhere_is_set_back_and_told(house: House) -> None:
    phone = await chief(house)
    house.line.endpoint = "https://thief.example/line"
    await house.app.lookout.look()
    assert house.line.endpoint.endswith("/line")
    assert "thief" not in house.line.endpoint
    assert "LINE" in await said(house, phone)
    assert "line" in house.app.ready


async def test_a_token_that_is_refused_is_told_on_the_other_app_once_and_its_return_is_noticed(house: House) -> None:
    phone = await chief(house)
    house.line.fail("401", only="endpoint")
    await house.app.lookout.look()
    assert (await house.get("/readyz"))[0] == 503
    house.line.fail("401", only="endpoint")
    await house.app.lookout.look()
    text = await said(house, phone)
    assert sum("LINE" in line for line in text.splitlines()) == 1
    await house.app.lookout.look()
    assert (await house.get("/readyz"))[0] == 200


async def test_a_platform_that_is_down_is_no_alarm(house: House) -> None:
    phone = await chief(house)
    house.line.fail("500", only="endpoint")
    await house.app.lookout.look()
    assert "LINE" not in await said(house, phone)
    assert (await house.get("/readyz"))[0] == 200


async def test_while_all_is_well_nobody_hears_of_it(house: House) -> None:
    phone = await chief(house)
    before = await said(house, phone)
    await house.app.lookout.look()
    assert await said(house, phone) == before


async def test_a_look_that_cannot_be_written_down_is_not_the_last(house: House) -> None:
    told: list[str] = []

    async def tell(channel: str, what: str) -> None:
        told.append(f"{channel} {what}")
        house.line.endpoint = "https://thief.example/line"
        if len(told) == 1:
            raise Unavailable

    house.line.endpoint = "https://thief.example/line"
    lookout = Lookout(house.app.channels, house.app.ready, set(), house.app.settings.server.public_url, tell)
    looking = asyncio.create_task(lasting(partial(lookout.run, 0.01), "lookout", again=0.01))
    await until(lambda: len(told) > 1)
    looking.cancel()
    assert set(told) == {"line webhook"}
