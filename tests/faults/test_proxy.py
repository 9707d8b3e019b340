"""deploy/ without its containers: the real Caddyfile, two processes on PostgreSQL, reports by HTTPS; one is killed."""

import asyncio
import re
import shutil
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from socket import create_server
from time import monotonic

import aiohttp
import pytest

from tests.faults.checker import check
from tests.faults.driver import Town
from tests.faults.process import ENVIRON, ROOT, Bot
from tests.faults.test_kill import arranged, drained, in_full_work, town, witness
from tests.house import at_home, config

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.caddy,
    pytest.mark.parametrize("url", ["postgres"], indirect=True),
]
CADDY = shutil.which("caddy") or "caddy"
CADDYFILE = ROOT / "deploy/Caddyfile"
FAIL_OVER = re.compile(r"^\s*(lb_try_duration|health_uri|health_interval) .*\n", re.M)
EACH = 3  # residents on each channel
PEOPLE = 16  # addresses the proxy is asked from: it is ip_hash that chooses, so nearly half of them meet the dead one
AGAIN_SECONDS = 5.0
UP_SECONDS = 30.0


@dataclass
class Proxy:
    """Caddy with one Caddyfile, before these processes, on a free port and with files and authority of its own."""

    folder: Path
    caddyfile: Path
    bots: Sequence[Bot]
    url: str = ""

    async def __aenter__(self) -> "Proxy":
        with create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"https://localhost:{port}"
        itself = "admin off", f"https_port {port}", "auto_https disable_redirects", "skip_install_trust"
        told = self.folder / "Caddyfile"
        told.write_text("\n\t".join(("{", *itself)) + f"\n}}\nimport {self.caddyfile}\n")
        homes = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(self.folder))
        ours = {"DOMAIN": "localhost", "UPSTREAMS": " ".join(bot.url.removeprefix("http://") for bot in self.bots)}
        command = [CADDY, "run", "--config", str(told), "--adapter", "caddyfile"]
        with (self.folder / "caddy.log").open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(*command, stderr=log, env=ENVIRON | homes | ours)
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.process.kill()
        await self.process.wait()

    async def up(self) -> None:
        """Its authority is made, and it passes on."""
        async with asyncio.timeout(UP_SECONDS):
            while not (self.folder / "caddy/pki/authorities/local/root.crt").exists():
                assert self.process.returncode is None, (self.folder / "caddy.log").read_text()[-2000:]
                await asyncio.sleep(0.05)
            async with self.sessions(1) as (one,):
                while not await answered(one, self.url):
                    await asyncio.sleep(0.05)

    @asynccontextmanager
    async def sessions(self, count: int) -> AsyncIterator[list[aiohttp.ClientSession]]:
        """So many people, each with an address of their own, who trust its authority."""
        trusted = ssl.create_default_context(cafile=self.folder / "caddy/pki/authorities/local/root.crt")
        async with AsyncExitStack() as stack:
            made = []
            for n in range(count):
                way = aiohttp.TCPConnector(ssl=trusted, local_addr=(f"127.0.0.{n + 2}", 0))
                http = aiohttp.ClientSession(connector=way, timeout=aiohttp.ClientTimeout(total=15))
                made.append(await stack.enter_async_context(http))
            yield made


async def answered(http: aiohttp.ClientSession, url: str) -> bool:
    """Whether any process answers what has a body, as a report has; who asks is no browser, and refused."""
    try:
        async with http.post(f"{url}/web/session", json={}) as answer:
            return answer.status < 500
    except (aiohttp.ClientError, OSError):
        return False


async def all_answered(people: Sequence[aiohttp.ClientSession], url: str) -> float:
    """The seconds until everybody is answered. Raises TimeoutError when it takes too long."""

    async def one(http: aiohttp.ClientSession) -> None:
        while not await answered(http, url):
            await asyncio.sleep(0.05)

    began = monotonic()
    async with asyncio.timeout(AGAIN_SECONDS):
        await asyncio.gather(*map(one, people))
    return monotonic() - began


@asynccontextmanager
async def beside(bot: Bot) -> AsyncIterator[Bot]:
    """A second process with the same settings."""
    folder = bot.config.parent / "second"
    folder.mkdir()
    (folder / "config.toml").write_text(bot.config.read_text())
    other = Bot(folder / "config.toml")
    try:
        await other.start()
        yield other
    finally:
        await other.end()


def stay(bot: Bot) -> None:
    """Whenever it is started again it is where it was, as the proxy knows it."""
    told, port = bot.config.read_text(), bot.url.rpartition(":")[2]
    bot.config.write_text(told.replace("port = 0", f"port = {port}"))


def move(made: Town, front: Proxy, people: Sequence[aiohttp.ClientSession]) -> None:
    """From now on the residents write to the proxy."""
    for resident, http in zip(made.residents, people, strict=False):
        resident.bot, resident.http = replace(made.bot, url=front.url), http


async def test_one_of_two_is_killed_and_the_other_takes_over(url: str, tmp_path: Path) -> None:
    async with (
        town(tmp_path, url, each=EACH) as made,
        arranged(made.bot) as app,
        beside(made.bot) as other,
        Proxy(tmp_path, CADDYFILE, [made.bot, other]) as front,
        front.sessions(PEOPLE) as people,
    ):
        move(made, front, people)
        stay(made.bot)
        meant = await witness(app, made)
        enough = asyncio.Event()
        living = [asyncio.create_task(r.live(enough)) for r in made.residents]
        await in_full_work(made, made.residents[0].dice)
        await made.kill()
        loud = await all_answered(people, front.url)
        await in_full_work(made, made.residents[0].dice)
        await made.bot.start()  # as the restart policy does; it frees what the dead one held
        enough.set()
        await asyncio.gather(*living)
        await drained(app)
        verdict = await app.database.read(partial(check, app=app, town=made, meant=meant))
        await other.kill()  # in the quiet no request is under way by which the proxy would notice
        quiet = await all_answered(people, front.url)
    took = {"again in": round(loud, 2), "in the quiet": round(quiet, 2), "refused": made.ledger.refused}
    print("\n", took | verdict.figures)
    assert verdict.bad == []
    assert verdict.figures["cases"] > 2 * EACH


async def test_a_proxy_that_passes_nobody_by_is_found_out(url: str, tmp_path: Path) -> None:
    """The control: it goes on asking the one that died."""
    told = at_home(tmp_path)
    told["database"]["url"] = url
    worse = tmp_path / "worse"
    text, lines = FAIL_OVER.subn("", CADDYFILE.read_text())
    assert lines == 3
    worse.write_text(text)
    async with AsyncExitStack() as stack:
        bot = Bot(config(tmp_path, told))
        await bot.start()
        stack.push_async_callback(bot.end)
        other = await stack.enter_async_context(beside(bot))
        front = await stack.enter_async_context(Proxy(tmp_path, worse, [bot, other]))
        people = await stack.enter_async_context(front.sessions(PEOPLE))
        await all_answered(people, front.url)
        await bot.kill()
        with pytest.raises(TimeoutError):
            await all_answered(people, front.url)
