"""HTTP: webhooks, health, metrics, the web page. A webhook is answered 200 only after the commit."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, create_server, socket

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot import media, voices, webchat
from bot.app import App
from bot.channels import BadSignature, Channel
from bot.crowd import is_outside
from bot.dashboard import Dashboard
from bot.door import Door
from bot.pages import drawings
from bot.pages import serve as serve_file
from bot.pictures import PLACE as PICTURES
from bot.turns import Unavailable
from bot.webguard import Bare
from storage import schema

log = logging.getLogger(__name__)
MOST_BODY = 1_048_576  # bytes: LINE and Telegram send a few kilobytes at most
BODY_SECONDS = 10.0
BACKLOG = 2048  # connections that wait to be accepted: a platform that comes back after a down time opens many
GRACE = (
    2  # seconds for requests in hand at the end; sends have `app.STOP_SECONDS` after that, and it is to be ten in all
)
AT_ONCE = 512  # webhooks in hand; beyond it the platform is asked to come again
READING = 512  # bodies that are still coming; beyond it the one that takes longest is given up: no platform dawdles


class TooLarge(Exception):
    """The body is longer than any platform's."""


def build(app: App, stage: webchat.Stage | None = None) -> Starlette:
    """The routes of one process."""
    hooks = [Route(f"/{name}", Webhook(app, c), methods=["POST"]) for name, c in app.channels.items() if name != "web"]
    links = media.routes(app.links, app.files) if app.links else []
    pages = webchat.routes(app.web, app.turns.handle, app.store.words, stage, app.settings.web.chat)
    ours = [pictures(), voices.route(app.voices), *Dashboard(app).routes()]
    routes = [*hooks, *health(app), *links, *ours, *pages]
    return Starlette(routes=routes, middleware=[Middleware(Bare)])


def pictures() -> Route:
    """Our pictures of the choices: the page shows them, and LINE fetches them."""
    drawn = drawings()

    async def picture(request: Request) -> Response:
        return serve_file(request, drawn.get(request.path_params["name"]))

    return Route(f"{PICTURES}{{name}}", picture)


class Webhook:
    """Where one platform delivers. Plain ASGI: a report passes here eight times."""

    def __init__(self, app: App, channel: Channel) -> None:
        self._app, self._channel, self._in_hand = app, channel, 0
        self._reading: dict[asyncio.Timeout, None] = {}  # in the order in which they began

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._take(Request(scope, receive))
        await answer(scope, receive, send)

    async def _take(self, request: Request) -> Response:
        try:
            body = await self._read(request)
            heard = self._channel.parse(body, request.headers)
            if self._in_hand >= AT_ONCE:
                return Response(status_code=503, headers={"Retry-After": "2"})
            self._in_hand += 1
            try:
                await self._app.handle(heard, self._channel.name)
            finally:
                self._in_hand -= 1
        except BadSignature:
            log.warning("signature refused", extra={"channel": self._channel.name, "action": "webhook"})
            return Response(status_code=401)
        except TooLarge:
            return Response(status_code=413)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408)
        except Unavailable:
            return Response(status_code=503, headers={"Retry-After": "5"})
        return Response(status_code=200)

    async def _read(self, request: Request) -> bytes:
        """The body. Nobody knows yet who sends it: many who never end must not keep a platform out."""
        if len(self._reading) >= READING:
            slowest = next(iter(self._reading))
            del self._reading[slowest]
            slowest.reschedule(asyncio.get_running_loop().time())
        async with asyncio.timeout(BODY_SECONDS) as patience:
            self._reading[patience] = None
            try:
                return await read(request)
            finally:
                self._reading.pop(patience, None)


async def read(request: Request) -> bytes:
    """The body, cut off before it fills the memory. Raises TooLarge."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BODY:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


def health(app: App) -> list[Route]:
    async def alive(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(request: Request) -> Response:
        if is_outside(request):  # how much happens, and when, is nobody's business: it tells when somebody reported
            return Response(status_code=404)
        waiting = sorted((set(app.channels) - app.ready) | app.dispatcher.denied)
        app.room.look()  # the clock does it once a minute, and a disk fills faster
        try:
            at_head = not app.turns.behind and await app.database.read(schema.at_head)
        except Exception:  # whatever the driver raises: the database is not there
            at_head = False
        fine = at_head and not waiting and app.room.left
        return JSONResponse({"database": at_head, "waiting": waiting, "room": app.room.left}, 200 if fine else 503)

    async def metrics(request: Request) -> Response:
        if is_outside(request):
            return Response(status_code=404)
        from bot.metrics import CONTENT_TYPE, figures  # imported when somebody asks for the first time

        return Response(figures(app), media_type=CONTENT_TYPE)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)]


class Deaf(uvicorn.Server):
    """A server that leaves signals to the process, whose order of stopping is ours; `up` is set when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


async def serve(app: App, stage: webchat.Stage | None, stop: asyncio.Event, started: Callable[[int], None]) -> None:
    """Listen until `stop`; `started` is told the port. Raises OSError when nobody can listen there."""
    host = app.settings.server.host
    family = AF_INET6 if ":" in host else AF_INET
    door = create_server((host, app.settings.server.port), family=family, backlog=BACKLOG)
    config = uvicorn.Config(
        build(app, stage),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        proxy_headers=False,
        http=Door,
        ws="none",
    )
    server = Deaf(config)
    serving = asyncio.create_task(server.serve([door]))
    listening = asyncio.create_task(server.up.wait())
    await asyncio.wait({serving, listening}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        listening.cancel()
        serving.result()
        return
    started(door.getsockname()[1])
    beginning = asyncio.create_task(app.schedule.start())
    beginning.add_done_callback(lambda it: stop.set() if not it.cancelled() and it.exception() else None)
    await asyncio.wait({serving, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    began = not beginning.cancel()
    app.web.closing.set()
    server.should_exit = True
    await serving
    if began:
        beginning.result()  # without a clock nothing is deleted and no digest leaves: better no process at all
