"""The door for HTTP connections: whoever says nothing, or never comes to an end, is put out.

uvicorn waits for ever for the end of a request's headers, and keeps as many of them as come.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEADERS = 64 * 1024  # bytes before the headers end; browsers and platforms send less than 4 KB


class Door(HttpToolsProtocol):
    """One connection. A request's headers come within `header_seconds` and `MOST_HEADERS` bytes, or it is closed."""

    header_seconds = 15.0  # a phone at the edge of a network needs two
    _timer: asyncio.TimerHandle | None = None
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._heard()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        waiting = self._timer is not None
        super().data_received(data)
        if waiting and self._timer is not None:
            self._unread += len(data)
            if self._unread > MOST_HEADERS:
                self._hang_up()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._timer is None:  # the next request of a connection that was kept
            self._expect()

    def on_headers_complete(self) -> None:
        self._heard()
        super().on_headers_complete()

    def _expect(self) -> None:
        self._unread = 0
        self._timer = self.loop.call_later(self.header_seconds, self._hang_up)

    def _heard(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self, *_: Any) -> None:
        self._heard()
        self.transport.abort()
