"""Durable turns on PostgreSQL against asyncpg doing the same rows in five round trips a turn.

Ours are as many processes as the machine has cores, as `deploy/compose.yml` starts them. The peer's ten connections
keep all cores busy from one process, with the server's half of every round trip. What one of ours does is beside it.
"""

import asyncio
import itertools
import sys
import uuid
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from os import cpu_count, environ
from pathlib import Path
from time import perf_counter
from typing import Any

from bot import loop
from bot.bench.durable import crowd_rate
from bot.bench.peers import MISSING, environment, peer, said, told
from bot.bench.promises import Measured, Pairs
from bot.bench.scene import Crowd, scene

SERVER = "NTSWATCH_TEST_POSTGRES"
ROUNDS = 7
TURNS = 512  # a block of the peer
WAITING = 128  # at once, whoever takes them
PROCESSES = cpu_count() or 1
REPORTS = 2  # of each person, a block of ours
NAME = "pg_turns_128_vs_5rt"


def measure(folder: Path, *, full: bool = False) -> Measured:
    url = environ.get(SERVER, "")
    if not url:
        return Measured(skipped={NAME: f"{SERVER} names no PostgreSQL server"})
    if peer("trips") is None:
        return Measured(skipped={NAME: MISSING})
    return loop.run(_measure(folder, url))


async def _measure(folder: Path, url: str) -> Measured:
    import asyncpg

    name = f"bench_{uuid.uuid4().hex}"
    server = await asyncpg.connect(url.replace("+asyncpg", ""))
    await server.execute(f"CREATE DATABASE {name}")
    mine = f"{url.rpartition('/')[0]}/{name}"
    alone, together, crowd, numbers = Pairs(), Pairs(), Crowd(), itertools.count(1)
    try:
        async with (
            scene(mine, folder) as app,
            peer("trips").trips(mine.replace("+asyncpg", "")) as trips,
            members(mine, folder, PROCESSES) as processes,
        ):
            await crowd_rate(app, crowd, WAITING)
            for _ in range(ROUNDS):
                one = await crowd_rate(app, crowd, WAITING)
                theirs = await _trips_rate(trips, numbers)
                alone.put(one, theirs)
                together.put(await _rate(processes), theirs)
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()
    raw = together.raw("pg_turns_128", "per_s") | alone.raw("pg_turns_128_one_process", "per_s")
    return Measured({NAME: together.ratio}, raw | {"pg_processes": PROCESSES, "pg_one_process_vs_5rt": alone.ratio})


async def _trips_rate(trips: Any, numbers: Iterator[int]) -> float:
    started = perf_counter()
    for _ in range(TURNS // WAITING):
        await asyncio.gather(*(trips.turn(next(numbers), chat) for chat in range(WAITING)))
    return TURNS / (perf_counter() - started)


@asynccontextmanager
async def members(url: str, folder: Path, count: int) -> AsyncIterator[list[Process]]:
    """Processes that wait to be told to take turns; each has been warmed up by one report a person."""
    made = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot.bench.member", url, str(folder), str(number), str(WAITING // count)),
            env=environment(folder, {}),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(1, count + 1)
    ]
    try:
        for process in made:
            await said(process).readline()
        await _rate(made)
        yield made
    finally:
        for process in made:
            told(process).close()
            await process.wait()


async def _rate(processes: Sequence[Process]) -> float:
    """Turns a second of all of them, from the word to go until the last one is done."""
    started = perf_counter()
    for process in processes:
        told(process).write(b"%d\n" % REPORTS)
    turns = [int(await said(process).readline()) for process in processes]
    return sum(turns) / (perf_counter() - started)
