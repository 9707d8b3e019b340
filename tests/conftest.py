"""What all tests share: the databases they run on, and what must not be skipped in CI."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import settings

from tests.town import Town

POSTGRES = os.environ.get("NTSWATCH_TEST_POSTGRES", "")
CHROMIUM = os.environ.get("NTSWATCH_TEST_CHROMIUM", "/usr/bin/chromium")
settings.register_profile("ours", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("ours")
MUST_RUN = bool(os.environ.get("NTSWATCH_REQUIRE_ALL"))


def draws_emoji() -> bool:
    """Whether the machine has a font for them; a machine that is not asked by fontconfig has."""
    if not (asked := shutil.which("fc-list")):
        return sys.platform != "linux"
    return bool(subprocess.run([asked, ":lang=und-zsye"], capture_output=True, check=False).stdout)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {
        "postgres": "" if POSTGRES else "NTSWATCH_TEST_POSTGRES names no PostgreSQL server",
        "chromium": "" if Path(CHROMIUM).exists() else f"no Chromium at {CHROMIUM} (NTSWATCH_TEST_CHROMIUM)",
        "emoji": "" if draws_emoji() else "Chromium would find no font with emoji (Debian: fonts-noto-color-emoji)",
        "caddy": "" if shutil.which("caddy") else "Caddy, the proxy of deploy/, is not on the path",
    }
    for item in items:
        for mark, why in missing.items():
            if why and item.get_closest_marker(mark) and not MUST_RUN:
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path}/town.db"
        return
    name = f"town_{uuid.uuid4().hex}"
    plain = POSTGRES.replace("+asyncpg", "")
    server = await asyncpg.connect(plain)
    await server.execute(f"CREATE DATABASE {name}")
    try:
        yield POSTGRES.rpartition("/")[0] + f"/{name}"
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


@pytest.fixture
async def town(url: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with Town(url, tmp_path) as made:
        yield made
