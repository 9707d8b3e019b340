"""`ntswatch try`: three phones on one page, linked by the commands of real life, and a day of practice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from bot import reading, server, tryout
from bot.app import App, build, running
from handlers.events import Command
from storage.core import CASES, LETTER, QUARANTINE
from tests.house import served
from tests.town import Clock


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[tuple[App, str]]:
    told = tryout.settings(reading.read(None, {"NTSWATCH_TELEGRAM__TOKEN": "1:x", "NTSWATCH_DIGEST__TIMES": ""}))
    told = replace(
        told,
        database=replace(told.database, url=f"sqlite+aiosqlite:///{folder}/try.db"),
        seal=replace(told.seal, keystore=folder / "keys"),
        media=replace(told.media, folder=folder / "media"),
    )
    async with running(build(told, now=Clock(), alert_delay=0.0)) as app:
        await tryout.people(app)
        async with served(server.build(app, tryout.stage(app)), app.web) as url:
            yield app, url


async def test_it_needs_no_account_and_keeps_apart_from_the_real_thing() -> None:
    told = tryout.settings(reading.read(None, {"NTSWATCH_TELEGRAM__TOKEN": "1:x"}))
    real = reading.read(None, {})
    assert (told.telegram.token, told.line.channel_secret, told.server.public_url) == ("", "", "")
    assert told.database.url != real.database.url
    assert told.seal.keystore != real.seal.keystore


async def test_the_officers_are_linked_and_the_coordinator_has_joined(tmp_path: Path) -> None:
    async with stage(tmp_path) as (app, _):
        (group,) = app.store.directory.groups.values()
        assert (group.scope, group.language) == ("TH3801", "th")
        assert [(m.role, m.seat) for m in app.store.directory.members.values()] == [
            ("coordinator", ""),
            ("officer", "head"),
        ]
        before = app.store.directory
        await tryout.people(app)  # the next start of the same folder
        assert app.store.directory == before


async def test_the_page_shows_three_phones(tmp_path: Path) -> None:
    async with stage(tmp_path) as (_, url), aiohttp.ClientSession() as http, http.get(url) as answer:
        page = await answer.text()
    assert all(f'data-testid="phone-{name}"' in page for name in ("resident", "officers", "coordinator"))


async def test_a_day_of_practice_is_marked_and_counted(tmp_path: Path) -> None:
    async with stage(tmp_path) as (app, url), aiohttp.ClientSession() as http:
        headers = {"X-NTS": "1", "Sec-Fetch-Site": "same-origin"}
        async with http.post(f"{url}/stage/fill", headers=headers) as answer:
            assert await answer.json() == {"count": tryout.CASES}
        rows = await app.database.read(lambda c: c.execute(select(CASES)).all())
        assert len(rows) == tryout.CASES
        assert all(row.practice for row in rows)
        assert await app.database.read(lambda c: c.execute(select(QUARANTINE)).all()) == []
        await app.turns.handle([tryout.said(app, tryout.COORDINATOR, Command("summary", "7d"))])
        await app.dispatcher.sweep()
        await app.dispatcher.settle()
        letters = await app.web.mailbox.after([tryout.COORDINATOR.chat], 0)
        words = app.store.words["th"]
        practice = words.n("{count} of these is practice data.", "{count} of these are practice data.", 24, count=24)
        assert practice in letters[-1].messages[-1]["text"]


@pytest.mark.parametrize("seed", range(3))
async def test_every_practice_case_can_be_told(tmp_path: Path, seed: int) -> None:
    import random

    async with stage(tmp_path) as (app, _):
        for event in tryout.one_case(app, random.Random(seed)):
            await app.turns.handle([event])
        assert len(await app.database.read(lambda c: c.execute(select(CASES)).all())) == 1
        assert await app.database.read(lambda c: c.execute(select(LETTER.c.id).limit(1)).all())
