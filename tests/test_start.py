"""A start: what it need not import, and what begins only when somebody can be answered."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import reading
from bot.app import App, build, keep, running
from bot.schedule import Schedule
from bot.server import serve
from handlers.effects import LinkGroup
from handlers.events import Address, Incoming
from storage import directory
from storage.core import INBOX
from tests.house import at_home, config, until
from tests.town import Clock

NOT_NEEDED = (
    "aiohttp", "aiosqlite", "alembic", "apscheduler", "asyncpg", "babel", "fpdf", "holidays", "httpx", "linebot", "PIL",
    "prometheus_client", "pydantic", "sqlalchemy.dialects.postgresql", "sqlalchemy.ext.asyncio", "sqlalchemy.orm",
    "sqlmodel", "telegram",
)  # fmt: skip
GROUP = Address("telegram", "-1001")
SIX = datetime(2026, 11, 23, 11, 0, 5, tzinfo=UTC)  # 18:00:05 in Bangkok


def imported(*words: str) -> set[str]:
    """What a fresh interpreter has imported after these statements."""
    told = "; ".join((*words, "import sys", "print('\\n'.join(sys.modules))"))
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=60)
    return set(run.stdout.splitlines())


def test_a_start_with_the_web_page_alone_imports_nothing_of_the_others(tmp_path: Path) -> None:
    path = str(config(tmp_path, at_home(tmp_path)))
    found = imported(
        "import bot.commands, bot.reading, bot.server, pathlib",
        f"bot.server.build(bot.commands.build(bot.reading.read(pathlib.Path({path!r}), {{}})))",
    )
    assert "storage.core" in found
    assert sorted(found & set(NOT_NEEDED)) == []


def test_help_imports_next_to_nothing() -> None:
    found = imported("import bot.__main__")
    assert not [name for name in found if name.split(".")[0] in ("sqlalchemy", "handlers", "storage", "asyncio")]


@pytest.fixture
def app(tmp_path: Path) -> App:
    told = at_home(tmp_path)
    told["digest"] = {"times": ["18:00"]}
    return build(reading.read(config(tmp_path, told), {}), now=Clock(SIX))


async def started(app: App) -> None:
    """A group waits for its digest."""
    await app.start()
    await app.database.write(lambda c: directory.change(c, app.store, [LinkGroup(GROUP, "TH3801", "th")]))


async def served(app: App, when_listening: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    ports: list[int] = []
    serving = asyncio.create_task(serve(app, None, stop, ports.append))
    await until(lambda: ports or serving.done())
    await when_listening(stop)
    await serving


async def test_the_clock_speaks_once_it_listens(app: App) -> None:
    async def digests() -> int:
        return await app.database.read(lambda c: len(c.execute(INBOX.select()).all()))

    async def told(stop: asyncio.Event) -> None:
        async with asyncio.timeout(20):
            while not await digests():
                await asyncio.sleep(0.01)
        stop.set()

    try:
        await started(app)
        assert not await digests()
        await served(app, told)
    finally:
        await app.stop()


async def test_a_clock_that_fails_to_begin_ends_the_process(app: App) -> None:
    async def refuse(_: Sequence[Incoming]) -> None:
        raise ValueError("no clock")

    async def wait(_: asyncio.Event) -> None: ...

    told = app.settings
    app.schedule = Schedule(
        app.database, app.store, refuse, told.digest.times, told.zone, keep(told), app.files, app.witness
    )
    try:
        await started(app)
        with pytest.raises(ValueError, match="no clock"):
            await served(app, wait)
    finally:
        await app.stop()


async def test_who_stops_it_at_once_waits_for_nothing(app: App) -> None:
    async def at_once(stop: asyncio.Event) -> None:
        stop.set()

    async with asyncio.timeout(20), running(app):
        await served(app, at_once)
