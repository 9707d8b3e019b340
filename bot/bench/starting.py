"""How long a process needs until it is ready, against importing SQLAlchemy's asyncio part alone."""

import asyncio
import sys
from pathlib import Path
from time import perf_counter

from bot.bench.peers import environment, said
from bot.bench.promises import Measured, Pairs
from bot.bench.scene import scene

ROUNDS = 7
PEER = ("-c", "import sqlalchemy.ext.asyncio")
OURS = ("-m", "bot", "run", "--log", "ERROR")


def measure(folder: Path, *, full: bool = False, rounds: int = ROUNDS) -> Measured:
    return asyncio.run(_measure(folder, rounds))


async def _measure(folder: Path, rounds: int) -> Measured:
    url = f"sqlite+aiosqlite:///{folder}/ours.db"
    async with scene(url, folder):
        pass  # a start that makes the tables is the first one only
    told = {
        "NTSWATCH_DATABASE__URL": url,
        "NTSWATCH_SEAL__KEYSTORE": str(folder / "keys"),
        "NTSWATCH_MEDIA__FOLDER": str(folder / "media"),
        "NTSWATCH_SERVER__PORT": "0",
    }
    environ = environment(folder, told)
    pairs = Pairs()
    await seconds(OURS, environ, folder)  # compiles what was never imported
    for _ in range(rounds):
        pairs.put(await seconds(OURS, environ, folder), await seconds(PEER, environ, folder))
    return Measured({"start_vs_sqlalchemy": pairs.ratio}, pairs.raw("start", "s"))


async def seconds(command: tuple[str, ...], environ: dict[str, str], folder: Path) -> float:
    """Until it says that it listens, or has ended. Raises RuntimeError when it ended with a failure."""
    started = perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=folder, env=environ, stdout=asyncio.subprocess.PIPE
    )
    listens = await said(process).readline()
    took = perf_counter() - started
    if listens:  # one that ended is waited for and not asked to end: asking it takes it from asyncio, which then warns
        process.terminate()
    if code := await process.wait():
        raise RuntimeError(f"{command}: ended with {code}")
    return took
