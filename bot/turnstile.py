"""One after the other: how much can come twice after a kill is how much is on its way in that moment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

AT_FIRST = 0.1  # seconds that a passage usually takes, until it is known
NEWEST, JUMP = 0.25, 2.0  # the newest is a quarter of the usual, and counts as at most twice of it
# Times the usual, and seconds: an answer that takes longer than both is not waited for. Telegram takes 30 messages a
# second, so nobody would leave sooner; with a tenth of a second the others waited three times as long as usual.
UNUSUAL, AT_LEAST = 3, 1 / 30
LOOKS = 4  # a process that was not let run for a while has answers to read before it says that none came
WRITING = 1.0  # seconds to wait for what was answered and is not written down yet
HUNG = 1.0  # seconds: whose answer took longer holds nobody up the next time
QUEUE = 30  # of these pass in the time of as many at full pace, however long each of them takes
REMEMBERED = 1000  # lanes that hung


@dataclass(frozen=True)
class Passage:
    """Who went through last, since when (the loop's seconds), and how far it came."""

    lane: str
    since: float
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    through: asyncio.Event = field(default_factory=asyncio.Event)


class Turnstile:
    """Lets one pass when the one before it is through; one that takes unusually long keeps nobody waiting.

    `apart`, in seconds, is the least distance where answers are slow, 1 / pace: the slower the platform and the longer
    the queue, the more are on their way at once. 0: everybody at once, always.
    """

    def __init__(self, apart: float) -> None:
        self._apart = apart
        self._door = asyncio.Lock()
        self._queue, self._usual = 0, AT_FIRST
        self._ahead: Passage | None = None
        self._hung: dict[str, None] = {}  # lanes that hung when they passed last, in that order

    @asynccontextmanager
    async def passing(self, lane: str) -> AsyncIterator[Callable[[], None]]:
        """Inside until the block ends; first come, first served. To be called when the platform has answered."""
        if not self._apart:
            yield lambda: None
            return
        clock = asyncio.get_running_loop().time
        self._queue += 1
        try:
            async with self._door:
                if self._ahead:
                    await self._wait(self._ahead)
                self._ahead = mine = Passage(lane, clock())
        finally:
            self._queue -= 1
        try:
            yield mine.answered.set
        finally:
            mine.answered.set()
            mine.through.set()
            took = clock() - mine.since
            self._hung.pop(lane, None)
            if took > HUNG:
                self._remember(lane)
            self._usual += NEWEST * (min(took, JUMP * self._usual) - self._usual)

    async def _wait(self, ahead: Passage) -> None:
        patience = max(AT_LEAST, UNUSUAL * self._usual)
        hurry = patience
        if ahead.lane in self._hung:
            hurry = self._apart
        elif self._queue * self._usual > QUEUE * self._apart:  # they would not all leave in time
            hurry = max(self._apart, QUEUE * self._apart / self._queue)
        if hurry < patience:
            await passed(ahead.through, ahead.since + hurry)
        elif await within(ahead.answered, ahead.since + patience, patience / LOOKS):
            await passed(ahead.through, asyncio.get_running_loop().time() + WRITING)

    def _remember(self, lane: str) -> None:
        self._hung[lane] = None
        if len(self._hung) > REMEMBERED:
            self._hung.pop(next(iter(self._hung)))


async def passed(event: asyncio.Event, until: float) -> None:
    """Wait for it, but not longer than until the loop's clock says so."""
    if event.is_set():
        return
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await event.wait()


async def within(event: asyncio.Event, until: float, look: float) -> bool:
    """Whether it comes before the loop's clock says `until`, looked for every `look` seconds, and once at least.

    A look that took twice as long was none: nobody read what had come. So many of them count all the same.
    """
    clock = asyncio.get_running_loop().time
    left, spare = max(1, round((until - clock()) / look)), LOOKS
    while left and not event.is_set():
        began = clock()
        await passed(event, began + look)
        if spare and clock() - began > 2 * look:
            spare -= 1
        else:
            left -= 1
    return event.is_set()
