"""The web page's mailbox and uploads in memory, a scripted bot behind it, and a real server in front."""

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.channels.web import Letter, Missing
from bot.turns import Unavailable
from handlers.events import Incoming

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class MemoryMailbox:
    """Letters in a list; whoever waits is woken by any letter."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self._ids: dict[str, int] = {}
        self._news = asyncio.Event()
        self.readers = 0
        self.unread = asyncio.Event()

    async def put(self, key: str, chat: str, messages: Sequence[Mapping[str, Any]]) -> int:
        if key not in self._ids:
            self._ids[key] = len(self.letters) + 1
            self.letters.append(Letter(self._ids[key], chat, [dict(m) for m in messages], AT))
            self._news.set()
            self._news = asyncio.Event()
        return self._ids[key]

    async def after(self, chats: Sequence[str], last: int) -> list[Letter]:
        return [letter for letter in self.letters if letter.chat in chats and letter.id > last][:3]

    async def wait(self, chats: Sequence[str], seconds: float, /) -> None:
        self.readers += 1
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self.readers -= 1
            if not self.readers:
                self.unread.set()


class MemoryUploads:
    """Files in a dictionary."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    async def put(self, content: AsyncIterator[bytes], most: int) -> str:
        ref = f"u{len(self.files) + 1}"
        body = b"".join([chunk async for chunk in content])
        assert len(body) <= most
        self.files[ref] = body
        return ref

    async def open(self, ref: str) -> AsyncIterator[bytes]:
        if ref not in self.files:
            raise Missing
        for start in range(0, len(self.files[ref]), 1000):
            yield self.files[ref][start : start + 1000]


Says = Mapping[str, Any]


@dataclass
class ScriptedBot:
    """Stands where turns and dispatcher do: remembers every event once, answers by `reply`, fails on order."""

    mailbox: MemoryMailbox
    reply: Callable[[Incoming], Sequence[tuple[str, Says]]] = lambda _: ()
    events: list[Incoming] = field(default_factory=list)
    failing: int = 0
    slow: float = 0.0
    _keys: Any = field(default_factory=itertools.count)

    async def handle(self, events: Sequence[Incoming]) -> None:
        await asyncio.sleep(self.slow)
        if self.failing:
            self.failing -= 1
            raise Unavailable
        for event in events:
            if any(event.id == known.id for known in self.events):
                continue
            self.events.append(event)
            for chat, message in self.reply(event):
                await self.say(chat, **message)

    async def say(self, chat: str, text: str, **more: Any) -> str:
        message = {"text": text, "buttons": [], "attachments": [], "replaces": "", **more}
        return str(await self.mailbox.put(f"k{next(self._keys)}", chat, [message]))


@asynccontextmanager
async def serving(routes: Sequence[BaseRoute], before_stop: Callable[[], Any], port: int = 0) -> AsyncIterator[str]:
    """A real server on this machine; the address to call. `before_stop` is awaited first, as the product does."""
    config = uvicorn.Config(
        Starlette(routes=list(routes)), host="127.0.0.1", port=port, log_level="critical", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", port))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await before_stop()
        server.should_exit = True
        await task
