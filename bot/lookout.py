"""Looks every few minutes whether each platform still knows our token and still delivers to us.

A stolen token can point the webhook elsewhere without a sign; a token that was changed fails only when somebody writes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from bot.channels import Channel, SendError

log = logging.getLogger(__name__)
EVERY = 300.0  # seconds
REFUSED = ("http 401", "http 403", "http 404")  # Telegram answers 404 to a token it never gave


class Lookout:
    """`ready` are the channels that work, as `/readyz` says; `denied` those whose token is refused.

    `tell` is given a channel and what is wrong with it: `token`, or `webhook` (pointed elsewhere; set back first).
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        ready: set[str],
        denied: set[str],
        public_url: str,
        tell: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._channels, self._ready, self._refused = channels, ready, denied
        self._url, self._tell = public_url, tell

    async def run(self, every: float = EVERY) -> None:
        while True:
            await asyncio.sleep(every)
            await self.look()

    async def look(self) -> None:
        """One look at every channel that has begun to work."""
        for name in sorted(self._ready | self._refused):
            what = await self._wrong(self._channels[name])
            if what:
                log.error("a platform does not work for us", extra={"channel": name, "why": what, "action": "lookout"})
                await self._tell(name, what)

    async def _wrong(self, channel: Channel) -> str:
        try:
            if await channel.delivers(self._url):
                self._back(channel.name)
                return ""
            await channel.start(self._url)
        except SendError as bad:
            if bad.why not in REFUSED:
                return ""  # a platform that is down is tried again with every message
            return "" if channel.name in self._refused else "token"
        self._back(channel.name)
        return "webhook"

    def _back(self, name: str) -> None:
        self._refused.discard(name)
