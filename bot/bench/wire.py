"""The platforms and the clients of a benchmark: bare HTTP/1.1 on loopback, so cheap that it does not count.

`python -m bot.bench.wire` serves both platforms until its standard input ends, and prints the port first.
"""

import asyncio
import itertools
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import orjson

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
HERE = "127.0.0.1"
ME = {"id": 4242, "is_bot": True, "first_name": "Bench", "username": "BenchBot"}
DATE = 1_790_000_000
Heard = Callable[[str, dict[str, Any], int], None]


class Platform(asyncio.Protocol):
    """One connection of a Telegram or LINE that takes everything. `heard` is told the method, its fields and the id."""

    def __init__(self, heard: Heard, numbers: "itertools.count[int]") -> None:
        self._heard, self._numbers, self._buffer = heard, numbers, b""
        self._write: Callable[[bytes], None] = lambda _: None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = transport.write  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(HEAD_END)) >= 0:
            head = self._buffer[:end]
            found = LENGTH.search(head)
            size = end + len(HEAD_END) + (int(found[1]) if found else 0)
            if len(self._buffer) < size:
                return
            body, self._buffer = self._buffer[end + len(HEAD_END) : size], self._buffer[size:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        answer = orjson.dumps(self._line(path) if path.startswith("/v2/") else self._telegram(path, head, body))
        self._write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
        )

    def _line(self, path: str) -> dict[str, Any]:
        number = next(self._numbers)
        self._heard(path, {}, number)
        return {"sentMessages": [{"id": str(number)}]}

    def _telegram(self, path: str, head: bytes, body: bytes) -> dict[str, Any]:
        method = path.rpartition("/")[2]
        fields = fields_of(head, body)
        if method == "getMe":
            return {"ok": True, "result": ME}
        if method not in ("sendMessage", "editMessageText"):
            self._heard(method, fields, 0)
            return {"ok": True, "result": True}
        number = int(fields.get("message_id") or next(self._numbers))
        chat = int(fields["chat_id"])
        self._heard(method, fields, number)
        shown = {"message_id": number, "date": DATE, "chat": {"id": chat, "type": "private", "first_name": "R"}}
        return {"ok": True, "result": {**shown, "text": fields.get("text", "")}}


def fields_of(head: bytes, body: bytes) -> dict[str, Any]:
    """The parameters of a call, sent as JSON or as a form."""
    if not body:
        return {}
    if b"application/json" in head:
        found: dict[str, Any] = orjson.loads(body)
        return found
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


@asynccontextmanager
async def serving(heard: Heard) -> AsyncIterator[int]:
    """A platform on a free port."""
    numbers = itertools.count(1000)
    server = await asyncio.get_running_loop().create_server(lambda: Platform(heard, numbers), HERE, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Caller:
    """One connection to a webhook, kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self._reader, self._writer, self._head = reader, writer, head

    @classmethod
    async def to(cls, port: int, secret: str) -> "Caller":
        head = (
            f"POST /telegram HTTP/1.1\r\nHost: {HERE}:{port}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
        )
        return cls(*await asyncio.open_connection(HERE, port), head)

    async def post(self, update: dict[str, Any]) -> None:
        """Deliver an update. Raises RuntimeError when it is not taken with 200."""
        body = orjson.dumps(update)
        self._writer.write(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        head = await self._reader.readuntil(HEAD_END)
        found = LENGTH.search(head)
        if found and int(found[1]):
            await self._reader.readexactly(int(found[1]))
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n", 1)[0].decode())

    def close(self) -> None:
        self._writer.close()


async def main() -> None:
    async with serving(lambda *_: None) as port:
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
