"""The peer on PostgreSQL: asyncpg, prepared statements, a pool, and five round trips a turn, as one writes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from benchmarks.raw import MEMORY, SAID

CONNECTIONS = 10  # more of them are slower on two cores
SCHEMA = """
CREATE TABLE peer_inbox (key text PRIMARY KEY, at bigint NOT NULL);
CREATE TABLE peer_conversation (tag text PRIMARY KEY, memory bytea NOT NULL, at bigint NOT NULL);
CREATE TABLE peer_outbox (id bigserial PRIMARY KEY, lane text NOT NULL, payload bytea NOT NULL, due bigint NOT NULL);
"""
KEEP = """
INSERT INTO peer_conversation VALUES ($1, $2, $3)
ON CONFLICT (tag) DO UPDATE SET memory = excluded.memory, at = excluded.at
"""


class Trips:
    """BEGIN, inbox, conversation, outbox, COMMIT."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def turn(self, number: int, chat: int) -> None:
        tag = f"{chat:022d}"
        async with self._pool.acquire() as connection, connection.transaction():
            new = await connection.execute(
                "INSERT INTO peer_inbox VALUES ($1, $2) ON CONFLICT DO NOTHING", f"telegram {number}", number
            )
            if new == "INSERT 0 1":
                await connection.execute(KEEP, tag, MEMORY, number)
                await connection.execute(
                    "INSERT INTO peer_outbox (lane, payload, due) VALUES ($1, $2, $3)", tag, SAID, number
                )


@asynccontextmanager
async def trips(url: str) -> AsyncIterator[Trips]:
    async with asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
        await pool.execute(SCHEMA)
        yield Trips(pool)
