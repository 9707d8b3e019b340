"""kill -9 at random moments of a running load: nothing is lost, nothing comes twice, conversations go on."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

import aiohttp
import pytest
from sqlalchemy import func, select

from bot import reading
from bot.app import App, build
from handlers.effects import LinkGroup
from handlers.events import Address
from storage import directory, schema
from storage.core import OUTBOX
from tests.doubles.line import FakeLine
from tests.doubles.telegram import TelegramDouble
from tests.faults import FULL, only_full
from tests.faults.broken import FLAG
from tests.faults.checker import GROUP, Verdict, check, plain
from tests.faults.driver import Town
from tests.faults.process import Bot
from tests.house import ADDRESS, at_home, config, on_line, on_telegram

ROUNDS = int(os.environ.get("NTSWATCH_KILLS", 200 if FULL else 3))
EACH = 5  # residents on each channel
LIFE = (0.05, 1.2)  # seconds a process lives after it is ready, at random
BUSY = 20  # answers
STALLED_SECONDS = 60.0
READY_SECONDS = 60.0


Lives = Callable[[Town, random.Random], Awaitable[None]]


@asynccontextmanager
async def town(
    folder: Path, url: str, how: str = "", each: int = EACH, seed: int = 1, home: Path | None = None
) -> AsyncIterator[Town]:
    """A running bot with its doubles, one group, and residents who have not begun."""
    async with TelegramDouble() as telegram, FakeLine(now=lambda: datetime.now(UTC), quota=None) as line:
        told = at_home(home or folder)
        told["database"]["url"] = url
        told["server"]["public_url"] = ADDRESS
        told["limits"] |= {"reports_an_hour": 100_000, "telegram_all_per_second": 30.0}  # as it is delivered
        told |= {"telegram": on_telegram(telegram), "line": on_line(line)}
        bot = Bot(config(folder, told), how)
        async with arranged(bot):
            pass
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http:
            made = Town(bot, telegram, line, http, seed)
            made.settle(each)
            try:
                await bot.start()
                await ready(made)
                yield made
            finally:
                await bot.end()


async def status(made: Town) -> int:
    async with made.http.get(made.bot.url + "/readyz") as answer:
        return answer.status


async def ready(made: Town) -> None:
    """The platforms know it: menus are drawn once, and whoever is killed while it draws them draws them again."""
    async with asyncio.timeout(READY_SECONDS):
        while await status(made) != 200:
            await asyncio.sleep(0.1)


@asynccontextmanager
async def arranged(bot: Bot) -> AsyncIterator[App]:
    """The bot's own parts beside the process, to arrange and to look; its database has the schema and one group."""
    app = build(reading.read(bot.config, {}))
    try:
        await app.database.write(schema.migrate)
        link = [LinkGroup(Address("telegram", GROUP), "TH3801", "en")]
        await app.database.write(lambda c: directory.change(c, app.store, link))
        yield app
    finally:
        await app.database.close()


async def drained(app: App) -> float:
    """Everything that was to be sent has left; the seconds it took. A chat's pace may keep much waiting for long, so
    what is asked is that something leaves all the time.
    """
    began = changed = monotonic()
    left = -1
    while now := await app.database.read(lambda c: c.execute(select(func.count()).select_from(OUTBOX)).scalar_one()):
        if now != left:
            left, changed = now, monotonic()
        assert monotonic() - changed < STALLED_SECONDS, f"{left} messages do not leave"
        await asyncio.sleep(0.05)
    return monotonic() - began


async def witness(app: App, made: Town) -> dict[str, tuple[list[str], list[str]]]:
    """What one resident of each channel sees of a first and of another report while nothing is broken."""
    seen: dict[str, list[list[str]]] = {"telegram": [], "line": []}
    for _ in range(2):
        await asyncio.gather(*(r.report() for r in made.witnesses))
        await drained(app)
        for resident in made.witnesses:
            seen["line" if resident.line else "telegram"].append(plain(made.heard(resident.chat)))
    meant = {}
    for channel, (first, both) in seen.items():
        again = both[len(first) :]
        assert len(first) > len(again) > 3
        assert all(one != next_ for one, next_ in zip(both + again, (both + again)[1:], strict=False))
        meant[channel] = (first, again)
    verdict = await app.database.read(partial(check, app=app, town=made, meant=meant))
    assert verdict.bad == []  # nothing is broken yet, and the checker says so
    return meant


async def at_random(_: Town, dice: random.Random) -> None:
    await asyncio.sleep(dice.uniform(*LIFE))


async def in_full_work(made: Town, _: random.Random) -> None:
    """As soon as it has answered so much that a build which is late with anything owes something."""
    before = made.ledger.acknowledged
    async with asyncio.timeout(60):
        while made.ledger.acknowledged < before + BUSY:
            await asyncio.sleep(0.01)


async def rounds(made: Town, app: App, most: int, seed: int, lives: Lives = at_random) -> Verdict:
    """Kill it so many times under load, let it drain, look at everything."""
    meant = await witness(app, made)
    (made.bot.config.parent / FLAG).touch()
    enough, dice = asyncio.Event(), random.Random(seed)
    living = [asyncio.create_task(r.live(enough)) for r in made.residents]
    for _ in range(most):
        await lives(made, dice)
        await made.kill()
        await made.bot.start()
    enough.set()
    await asyncio.gather(*living)
    waiting = await app.database.read(lambda c: c.execute(select(func.count()).select_from(OUTBOX)).scalar_one())
    took = await drained(app)
    verdict = await app.database.read(partial(check, app=app, town=made, meant=meant))
    figures: dict[str, float] = {"kills": made.bot.kills, "acknowledged": made.ledger.acknowledged, **verdict.figures}
    figures |= {"waiting": waiting, "drained in": round(took), "load": round(os.getloadavg()[1], 1)}
    print("\n", made.bot.how or "product", figures, *verdict.bad[:10], *verdict.stories, sep="\n  ")
    return verdict


@pytest.mark.slow
@pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, only_full])], indirect=True
)
async def test_nothing_is_lost_and_nothing_comes_twice(url: str, tmp_path: Path) -> None:
    seed = int(time.time()) if FULL else 7
    async with town(tmp_path, url, seed=seed) as made, arranged(made.bot) as app:
        verdict = await rounds(made, app, ROUNDS, seed)
    assert verdict.bad == []
    assert verdict.figures["cases"] > 2 * EACH


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", ["early", pytest.param("no-dedupe", marks=only_full), pytest.param("send-then-forget", marks=only_full)]
)
async def test_the_checker_finds_out_a_broken_build(how: str, tmp_path: Path) -> None:
    async with (
        town(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/town.db", how) as made,
        arranged(made.bot) as app,
    ):
        for resident in made.residents:
            resident.twice = 0.5
        verdict = await rounds(made, app, 3 if FULL else 1, 7, in_full_work)
    assert verdict.bad
