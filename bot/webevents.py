"""The open line to a page: letters as server-sent events, resumed where the page lost it.

html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from starlette.types import Receive, Scope, Send

from bot.channels.web import Letter, Web

HEARTBEAT = 15.0  # seconds; proxies close lines that are silent for 30 to 60
MOST_LINES = 2_000  # open at a time: each holds a socket and some 20 KB
LINES_PER_CHAT = 3  # a browser opens six connections to a host; more tabs than this would starve the page itself


class Lines:
    """Which lines are open; one chat has at most LINES_PER_CHAT, the oldest makes room for a new one."""

    def __init__(self) -> None:
        self._open: dict[str, list[asyncio.Event]] = {}
        self._count = 0

    @property
    def full(self) -> bool:
        return self._count >= MOST_LINES

    def enter(self, chat: str) -> asyncio.Event:
        """A place for a new line; the event is set when the line has to go."""
        mine = self._open.setdefault(chat, [])
        for old in mine[: max(0, len(mine) - LINES_PER_CHAT + 1)]:
            old.set()
        place = asyncio.Event()
        mine.append(place)
        self._count += 1
        return place

    def leave(self, chat: str, place: asyncio.Event) -> None:
        mine = self._open[chat]
        mine.remove(place)
        self._count -= 1
        if not mine:
            del self._open[chat]


class Line:
    """An ASGI answer: every letter to `chats` after `last`, until the page, the server or a newer line ends it.

    `chats` begins with the private chat of whoever reads. `heartbeat` in seconds.
    """

    def __init__(self, web: Web, lines: Lines, chats: Sequence[str], last: int, heartbeat: float = HEARTBEAT) -> None:
        self._web, self._lines, self._chats, self._last, self._heartbeat = web, lines, tuple(chats), last, heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place = self._lines.enter(self._chats[0])
        waits: tuple[Coroutine[Any, Any, Any], ...] = (_gone(receive), self._web.closing.wait(), place.wait())
        ends = [asyncio.create_task(wait) for wait in waits]
        try:
            headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._say_all(send, ends)
            if place.is_set():
                await send(_chunk(_event("moved", {})))
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._lines.leave(self._chats[0], place)
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def _say_all(self, send: Send, ends: Sequence[asyncio.Task[Any]]) -> None:
        ready = False
        while not any(end.done() for end in ends):
            mail = asyncio.create_task(self._web.mailbox.wait(self._chats, self._heartbeat))
            try:
                await asyncio.sleep(0)  # the wait has begun before we look, so nothing can fall between the two
                letters = await self._web.mailbox.after(self._chats, self._last)
                for letter in letters:
                    await send(_chunk(self._letter(letter)))
                    self._last = letter.id
                if letters:
                    continue
                await send(_chunk(b": still here\n\n" if ready else _event("ready", {"last": self._last})))
                ready = True
                await asyncio.wait((mail, *ends), return_when=asyncio.FIRST_COMPLETED)
                if mail.done():
                    mail.result()
            finally:
                mail.cancel()
                await asyncio.gather(mail, return_exceptions=True)

    def _letter(self, letter: Letter) -> bytes:
        data = {
            "id": letter.id,
            "private": letter.chat == self._chats[0],
            "at": letter.at.isoformat(),
            "messages": list(letter.messages),
        }
        return f"id: {letter.id}\n".encode() + _event("letter", data)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(name: str, data: Mapping[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _chunk(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}
