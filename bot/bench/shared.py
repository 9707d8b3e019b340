"""Durable turns on PostgreSQL against asyncpg doing the same rows in five round trips a turn."""

import asyncio
import itertools
import uuid
from os import environ
from pathlib import Path
from time import perf_counter

from bot import loop
from bot.bench.durable import crowd_rate
from bot.bench.peers import MISSING, peer
from bot.bench.promises import Measured, Pairs
from bot.bench.scene import Crowd, scene

SERVER = "NTSWATCH_TEST_POSTGRES"
ROUNDS = 7
TURNS = 512  # a block of the peer
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
    pairs, crowd, numbers = Pairs(), Crowd(), itertools.count(1)
    try:
        async with scene(mine, folder) as app, peer("trips").trips(mine.replace("+asyncpg", "")) as trips:
            await crowd_rate(app, crowd, 128)
            for _ in range(ROUNDS):
                ours = await crowd_rate(app, crowd, 128)
                started = perf_counter()
                for _ in range(TURNS // 128):
                    await asyncio.gather(*(trips.turn(next(numbers), chat) for chat in range(128)))
                pairs.put(ours, TURNS / (perf_counter() - started))
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()
    return Measured({NAME: pairs.ratio}, pairs.raw("pg_turns_128", "per_s"))
