"""What every request of the web page passes: headers that keep a browser safe, proof of origin, a pace, a size."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PER_SECOND, BURST = 1.0, 20.0  # messages of one chat: nobody types faster, and a queue kept offline still passes
MOST_CHATS = 10_000  # paces remembered at a time, about 1 MB
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob: data:; font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(self), microphone=(self), camera=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
BARE = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
RAW = [(name.lower().encode(), value.encode()) for name, value in BARE.items()]
LONGEST_FIGURE = 18  # digits; beyond thousands of them Python refuses to read a number
NOT_KEPT = (b"cache-control", b"no-store")


class Refused(Exception):
    """A request we do not take; `why` is a code that the page has words for, `wait` the seconds until a next try."""

    def __init__(self, why: str, status: int, wait: int = 0) -> None:
        super().__init__(why)
        self.why, self.status, self.wait = why, status, wait


class Headers:
    """Middleware: the safety headers on every answer, and no copy of it anywhere unless it says so itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Bare:
    """Middleware around everything: an answer that is no page can do nothing in a browser and is kept nowhere.

    Webhooks pass here, so the headers are bytes already.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name for name, _ in given}
                if RAW[0][0] not in names:
                    given += RAW
                if NOT_KEPT[0] not in names:
                    given.append(NOT_KEPT)
                message["headers"] = given
            await send(message)

        await self._app(scope, receive, send_with_headers)


def check_origin(request: Request) -> None:
    """Only our own page may post: it alone can add a header, and browsers say where a request comes from.

    Sec-Fetch-Site is written by the browser itself; older ones send Origin. Raises Refused.
    """
    if request.headers.get("x-nts") != "1" or from_our_site(request) is False:
        raise Refused("origin", 403)


def from_our_site(request: Request) -> bool | None:
    """Whether the browser says that a page of ours sent this; None where it says nothing."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = request.headers.get("origin")
    return urlsplit(origin).netloc == request.headers.get("host") if origin else None


def is_https(request: Request) -> bool:
    """Whether the browser came by https, also through a proxy that ends it; a forger only locks themselves out."""
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto", "") == "https"


async def within(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body of a request as it comes. Raises Refused beyond `most` bytes, or at once when it is announced longer."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and (len(announced) > LONGEST_FIGURE or int(announced) > most):
        raise Refused("large", 413)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise Refused("large", 413)
        yield chunk
