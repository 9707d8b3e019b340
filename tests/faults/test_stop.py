"""SIGTERM under load: the process ends by itself within ten seconds, nothing is lost and nothing comes twice."""

import asyncio
import os
import random
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from tests.doubles.telegram import slow
from tests.faults import FULL, only_full
from tests.faults.checker import check
from tests.faults.test_kill import arranged, drained, town, witness

STOPS = 20 if FULL else 1
STOP_SECONDS = 10.0  # what service managers wait before they kill


@pytest.mark.slow
@only_full
async def test_a_stop_does_not_wait_for_a_platform_that_hangs(tmp_path: Path) -> None:
    assert await stopped_while_it_hangs(tmp_path, "") < STOP_SECONDS


@pytest.mark.slow
@only_full
async def test_a_build_that_waits_for_it_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await stopped_while_it_hangs(tmp_path, "patient")


async def stopped_while_it_hangs(folder: Path, how: str) -> float:
    """Seconds that a stop took while Telegram had not answered."""
    async with town(folder, f"sqlite+aiosqlite:///{folder}/town.db", how, each=1) as made:
        made.telegram.fail(slow(60.0), method="sendMessage")
        await made.residents[0].send("/start")
        async with asyncio.timeout(30):
            while not made.telegram.asked("sendMessage"):
                await asyncio.sleep(0.05)
        asked = monotonic()
        async with asyncio.timeout(2 * STOP_SECONDS):
            assert await made.bot.stop() == 0
        return monotonic() - asked


@pytest.mark.slow
@only_full
async def test_a_stop_does_not_wait_for_a_first_start(tmp_path: Path) -> None:
    """Which has LINE's menus to draw, and the library that installs them to load."""
    dice, took = random.Random(3), []
    async with town(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/town.db", each=1) as made:
        for _ in range(STOPS):
            assert await made.bot.stop() == 0
            made.line.menus.clear()
            made.line.pictures.clear()
            await made.bot.start()
            await asyncio.sleep(dice.uniform(0.0, 4.0))
            asked = monotonic()
            assert await made.bot.stop() == 0
            took.append(monotonic() - asked)
            await made.bot.start()
    print("\n", {"stops": STOPS, "slowest stop": round(max(took), 2), "load": os.getloadavg()[0]})
    assert max(took) < STOP_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, only_full])], indirect=True
)
async def test_a_stop_finishes_what_is_in_hand(url: str, tmp_path: Path) -> None:
    dice, took = random.Random(3), []
    async with town(tmp_path, url, each=4) as made, arranged(made.bot) as app:
        meant = await witness(app, made)
        enough = asyncio.Event()
        living = [asyncio.create_task(r.live(enough)) for r in made.residents]
        for _ in range(STOPS):
            await asyncio.sleep(dice.uniform(0.3, 1.0))
            asked = monotonic()
            assert await made.bot.stop() == 0
            took.append(monotonic() - asked)
            await made.bot.start()
        enough.set()
        await asyncio.gather(*living)
        await drained(app)
        verdict = await app.database.read(partial(check, app=app, town=made, meant=meant))
    print("\n", {"stops": STOPS, "slowest stop": round(max(took), 2), **verdict.figures})
    assert verdict.bad == []
    assert verdict.figures["telegram doubled"] == 0
    assert max(took) < STOP_SECONDS
