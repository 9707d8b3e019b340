"""A virus scanner that answers as ClamAV's `clamd` does (man clamd): PING, INSTREAM, and its limit on a stream."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"  # eicar.org: harmless, known to all


@asynccontextmanager
async def clamd(folder: Path, most: int = 25_000_000) -> AsyncIterator[str]:
    """The path of its socket. `most` bytes of one stream, as StreamMaxLength."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        writer.write(b"PONG\0" if command == b"zPING\0" else await _scanned(reader, most))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    place = str(folder / "clamd.ctl")
    server = await asyncio.start_unix_server(answer, place)
    try:
        yield place
    finally:
        server.close()
        await server.wait_closed()


async def _scanned(reader: asyncio.StreamReader, most: int) -> bytes:
    content = b""
    while size := int.from_bytes(await reader.readexactly(4)):
        content += await reader.readexactly(size)
        if len(content) > most:
            return b"INSTREAM size limit exceeded. ERROR\0"
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
