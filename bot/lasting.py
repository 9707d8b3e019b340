"""What runs for as long as the process does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)
AGAIN = 30.0  # seconds


async def lasting(part: Callable[[], Awaitable[None]], name: str, again: float = AGAIN) -> None:
    """Run it until it ends by itself. Whatever it fails by, it begins anew: a process that answers nobody any more and
    says that it is well is worse than one that is gone.
    """
    while True:
        try:
            await part()
        except Exception as bad:
            log.error("a part failed and begins anew", extra={"action": name, "error": type(bad).__name__})
            await asyncio.sleep(again)
        else:
            return
