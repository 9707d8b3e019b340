"""The database is locked or gone: messages are taken all the same, and stand when it is back; readiness says so."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.faults import FULL, only_full
from tests.faults.checker import check
from tests.faults.driver import Town
from tests.faults.test_kill import arranged, drained, ready, status, town, witness

HELD = 30.0 if FULL else 7.0  # seconds; the bot waits five for a lock
EACH = 3


class Proxy:
    """Between the bot and PostgreSQL: `cut` ends every connection and takes no new one, as a server that is gone."""

    def __init__(self, host: str, port: int) -> None:
        self.to, self.there, self.port = (host, port), True, 0
        self.open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "Proxy":
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        self.server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.there:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(*self.to)
        self.open |= {writer, back}
        await asyncio.gather(self.pass_on(reader, back), self.pass_on(there, writer))

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
            self.open.discard(writer)

    def cut(self) -> None:
        self.there = False
        for writer in list(self.open):
            writer.transport.abort()

    def heal(self) -> None:
        self.there = True


async def through(made: Town, folder: Path, hold: Callable[[], None], release: Callable[[], None]) -> None:
    """Residents go on while the database is held; everything they were promised stands afterwards."""
    async with arranged(made.bot) as app:
        meant = await witness(app, made)
        await ready(made)
        hold()
        living = [asyncio.create_task(r.report()) for r in made.residents]
        await asyncio.sleep(HELD)
        assert await status(made) == 503
        assert any((folder / "spool").iterdir())
        await asyncio.gather(*living)  # every event was answered 200 while the database was not there
        release()
        await ready(made)
        assert not any((folder / "spool").iterdir())
        await drained(app)
        verdict = await app.database.read(partial(check, app=app, town=made, meant=meant))
        print("\n", {"held": HELD, "slowest answer": round(made.ledger.slowest, 2), **verdict.figures})
        assert verdict.bad == []
        assert made.ledger.refused == 0


@pytest.mark.slow
@only_full
async def test_a_database_that_stays_locked(tmp_path: Path) -> None:
    async with town(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/town.db", each=EACH) as made:
        with closing(sqlite3.connect(tmp_path / "town.db", isolation_level=None)) as other:
            await through(made, tmp_path, lambda: void(other.execute("BEGIN IMMEDIATE")), other.rollback)


@pytest.mark.slow
@only_full
async def test_a_build_without_a_spool_is_found_out(tmp_path: Path) -> None:
    async with town(tmp_path, f"sqlite+aiosqlite:///{tmp_path}/town.db", "no-spool", each=1) as made:
        with closing(sqlite3.connect(tmp_path / "town.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert not await made.residents[0].deliver(*made.residents[0].on_telegram("/start"))


def void(_: object) -> None: ...


@asynccontextmanager
async def behind_a_proxy(url: str) -> AsyncIterator[tuple[str, Proxy]]:
    parsed = make_url(url)
    async with Proxy(parsed.host or "127.0.0.1", parsed.port or 5432) as proxy:
        yield parsed.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False), proxy


@pytest.mark.slow
@only_full
@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_a_server_that_is_gone(url: str, tmp_path: Path) -> None:
    async with behind_a_proxy(url) as (hidden, proxy), town(tmp_path, hidden, each=EACH) as made:
        await through(made, tmp_path, proxy.cut, proxy.heal)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgres"], indirect=True)
async def test_a_process_waits_for_a_server_that_comes_later(url: str, tmp_path: Path) -> None:
    async with behind_a_proxy(url) as (hidden, proxy), town(tmp_path, hidden, each=1) as made:
        await made.bot.stop()
        proxy.cut()
        starting = asyncio.create_task(made.bot.start())
        async with asyncio.timeout(30):
            while "is not there; trying again" not in (tmp_path / "bot.log").read_text():
                await asyncio.sleep(0.1)
        proxy.heal()
        await starting
        await ready(made)
