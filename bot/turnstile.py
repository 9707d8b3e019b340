"""One after the other: how much can come twice after a kill is how much is on its way in that moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

UNUSUAL = 3  # times the usual: who takes longer is not waited for
AT_FIRST = 0.1  # seconds that it usually takes, until it is known
NEWEST, JUMP = 0.25, 2.0  # the newest is a quarter of the usual, and counts as at most twice of it
QUEUE = 30  # of these pass in the time of as many at full pace, however long each of them takes


class Turnstile:
    """Lets one pass when the one before it is through; one that takes unusually long keeps nobody waiting.

    `apart`, in seconds, is the least distance where answers are slow and many wait, 1 / pace: the slower the platform
    and the longer the queue, the more are on their way at once. 0: everybody at once, always.
    """

    def __init__(self, apart: float) -> None:
        self._apart = apart
        self._door = asyncio.Lock()
        self._queue = 0
        self._entered, self._usual = 0.0, AT_FIRST
        self._through = asyncio.Event()
        self._through.set()

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """Inside until the block ends; first come, first served."""
        if not self._apart:
            yield
            return
        clock = asyncio.get_running_loop().time
        self._queue += 1
        try:
            async with self._door:
                await self._wait()
                mine, entered = asyncio.Event(), clock()
                self._through, self._entered = mine, entered
        finally:
            self._queue -= 1
        try:
            yield
        finally:
            mine.set()
            took = min(clock() - entered, JUMP * self._usual)
            self._usual += NEWEST * (took - self._usual)

    async def _wait(self) -> None:
        if self._through.is_set():
            return
        patience = max(self._apart, min(UNUSUAL * self._usual, QUEUE * self._apart / self._queue))
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._entered + patience):
                await self._through.wait()
