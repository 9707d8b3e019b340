"""Asks a virus scanner (ClamAV's `clamd`) about a file, where the settings name one.

The protocol is INSTREAM: length-prefixed pieces, an empty one at the end, one line of answer (man clamd, "COMMANDS").
"""

import asyncio
from contextlib import suppress
from enum import StrEnum

from handlers.values import dataclass

PIECE = 64 * 1024  # bytes
LENGTH_BYTES = 4
TIMEOUT = 30.0  # seconds for one file
MOST_ANSWER = 4_096  # bytes


class Verdict(StrEnum):
    """What the scanner says of a file."""

    CLEAN = "clean"
    INFECTED = "infected"


class NoScanner(OSError):
    """The scanner cannot be reached, or does not know: the file waits, nobody sees it unscanned."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """A scanner at `place`: the path of a socket, or `host:port`. `timeout` in seconds."""

    place: str
    timeout: float = TIMEOUT

    async def look(self, content: bytes) -> Verdict:
        """Whether a file is clean. Raises NoScanner."""
        answer = await self._ask(b"zINSTREAM\0", content)
        if answer.endswith(b": OK"):
            return Verdict.CLEAN
        if answer.endswith(b" FOUND"):
            return Verdict.INFECTED
        raise NoScanner("no verdict")  # too large for its settings, or a fault of its own

    async def alive(self) -> bool:
        """Whether it answers at all."""
        with suppress(NoScanner):
            return await self._ask(b"zPING\0", None) == b"PONG"
        return False

    async def _ask(self, command: bytes, content: bytes | None) -> bytes:
        try:
            async with asyncio.timeout(self.timeout):
                reader, writer = await self._open()
                try:
                    writer.write(command)
                    for start in range(0, len(content or b""), PIECE):
                        piece = (content or b"")[start : start + PIECE]
                        writer.write(len(piece).to_bytes(LENGTH_BYTES) + piece)
                        await writer.drain()
                    if content is not None:
                        writer.write(bytes(LENGTH_BYTES))
                    await writer.drain()
                    return (await reader.read(MOST_ANSWER)).rstrip(b"\0\n")
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError) as bad:
            raise NoScanner(type(bad).__name__) from None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.place.startswith("/"):
            return await asyncio.open_unix_connection(self.place)
        host, _, port = self.place.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port))
