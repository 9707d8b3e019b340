"""The web page over HTTP: the chat for residents at `/`, or the stage of `ntswatch try` with its phones."""

import asyncio
import hashlib
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from html import escape

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot import pages
from bot.channels.web import GROUP, MOST_CONTENT, PERSON, UPLOAD, Unreadable, Web, file_type, private_chat
from bot.crowd import Buckets, Crowd, origin
from bot.pages import File
from bot.turns import Unavailable
from bot.webevents import Line, Lines
from bot.webguard import BURST, PER_SECOND, Headers, Refused, check_origin, is_https, within
from bot.webtexts import texts
from handlers.events import Incoming
from handlers.values import dataclass
from locales import Words

COOKIE = "nts"
SECRET_BYTES = 32
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
KEPT = 180 * 86_400  # seconds a browser keeps a session that nobody uses: an answer may take months
FIGURE = re.compile(r"[0-9]{1,9}")
MOST_BODY = 64 * 1024  # bytes of a JSON body: 5,000 UTF-16 units of Khmer are 15 KB, six times that when escaped
UPLOAD_SECONDS = 900.0  # 20 MB at 180 kbit/s
UPLOAD_COST = 3.0  # messages that a file counts for in its chat's pace

Handle = Callable[[Sequence[Incoming]], Awaitable[None]]
Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone on the stage: who holds it, and the group it shows.

    `language` is what the page begins in, the browser's where it is empty. `begins`: an empty chat is opened with
    /start by the page itself, and the page's language switch also changes the language of the conversation.
    """

    title: str
    chat: str
    group: str | None = None
    language: str = ""
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """What `ntswatch try` shows: phones side by side, and a day of practice cases that `fill` makes (how many)."""

    phones: Mapping[str, Phone]
    fill: Callable[[], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Shared:
    """What every page of one server has in common. `fallback` is the language where a browser's is none of ours."""

    web: Web
    handle: Handle
    static: Mapping[str, File]
    paces: Buckets
    crowd: Crowd
    lines: Lines
    draw: Callable[[int], str]
    fallback: str


def routes(
    web: Web,
    handle: Handle,
    words: Mapping[str, Words],
    stage: Stage | None,
    on: bool,
    *,
    fallback: str = "th",
    draw: Callable[[int], str] = secrets.token_urlsafe,
    clock: Callable[[], float] = time.monotonic,
) -> list[Route]:
    """The web page's routes: the stage where there is one, else the chat for residents, none when that is off.

    `handle` returns once its events are committed. `draw` makes a session secret of so many random bytes, `clock` is
    monotonic seconds.
    """
    if stage is None and not on:
        return []
    shared = Shared(web, handle, pages.load(), Buckets(BURST, PER_SECOND, clock), Crowd(clock), Lines(), draw, fallback)
    return [*_common(shared, words), *(_stage(shared, stage) if stage else Chat(shared).routes())]


def _route(path: str, answer: Answer, method: str = "GET") -> Route:
    return Route(path, answering(answer), methods=[method], middleware=[Middleware(Headers)])


def answering(answer: Answer) -> Answer:
    """Turn the reasons not to take a request into answers that the page understands."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Unreadable as bad:
            return JSONResponse({"error": bad.why}, bad.status)
        except Refused as no:
            return JSONResponse({"error": no.why}, no.status, {"Retry-After": str(no.wait)} if no.wait else None)
        except (ClientDisconnect, TimeoutError):
            return JSONResponse({"error": "lost"}, 408)
        except (Unavailable, OSError):  # the database, or where files are kept
            return JSONResponse({"error": "busy"}, 503, {"Retry-After": "5"})

    return answered


def _common(shared: Shared, words: Mapping[str, Words]) -> list[Route]:
    said = {
        language: pages.static_file("texts", json.dumps(texts(w), ensure_ascii=False).encode(), "application/json")
        for language, w in words.items()
    }

    async def static(request: Request) -> Response:
        return pages.serve(request, shared.static.get(request.path_params["name"]))

    async def page_texts(request: Request) -> Response:
        return pages.serve(request, said.get(request.query_params.get("language", ""), said[shared.fallback]))

    return [_route("/web/static/{name:path}", static), _route("/web/texts", page_texts)]


class Chat:
    """One chat page with what it calls: a resident's, who is known by a cookie, or a phone of the stage."""

    def __init__(self, shared: Shared, name: str = "", phone: Phone | None = None) -> None:
        self._shared, self._phone = shared, phone
        self._page = f"/phone/{name}" if name else "/"
        self._api = f"/phone/{name}/web" if name else "/web"

    def routes(self) -> list[Route]:
        kept = [] if self._phone else [_route(f"{self._api}/forget", self.forget, "POST")]
        return [
            _route(self._page, self.show),
            _route(f"{self._api}/session", self.session, "POST"),
            _route(f"{self._api}/messages", self.messages, "POST"),
            _route(f"{self._api}/media", self.media, "POST"),
            _route(f"{self._api}/events", self.events),
            *kept,
        ]

    async def show(self, _: Request) -> Response:
        """The page. It never sets the cookie: after a link from elsewhere a strict cookie is not sent along with it."""
        phone = self._phone or Phone("NTS", "", begins=True)
        kind = "group" if phone.group else "phone" if self._phone else "resident"
        fill = {"api": self._api, "heading": phone.title, "kind": kind, "language": phone.language}
        fill |= {"begins": "yes" if phone.begins else ""}
        return HTMLResponse(pages.page("chat.html", self._shared.static, fallback=self._shared.fallback, **fill))

    async def session(self, request: Request) -> Response:
        """Give the browser a session where it has none, and keep the one it has for as long again."""
        check_origin(request)
        answer = Response(status_code=204)
        if self._phone is None:
            secret = _secret(request) or self._shared.draw(SECRET_BYTES)
            secure = is_https(request)
            answer.set_cookie(COOKIE, secret, KEPT, path="/", secure=secure, httponly=True, samesite="strict")
        return answer

    def _speaker(self, request: Request) -> dict[str, str]:
        """Who speaks, as `Web.parse` wants to be told. Raises Refused without a session."""
        if self._phone:
            return {PERSON: self._phone.chat, GROUP: self._phone.group or ""}
        secret = _secret(request)
        if not secret:
            raise Refused("session", 401)
        chat = private_chat(secret)
        if not self._shared.paces.knows(chat):
            self._shared.crowd.newcomer(origin(request))
        return {PERSON: chat}

    async def messages(self, request: Request) -> Response:
        """One message; answered once it is committed."""
        check_origin(request)
        speaker = self._speaker(request)
        self._shared.paces.take(speaker[PERSON], 1.0, "pace")
        body = b"".join([chunk async for chunk in within(request, MOST_BODY)])
        return await self._commit(body, speaker)

    async def media(self, request: Request) -> Response:
        """A file as the body; what else a message says stands in the query."""
        check_origin(request)
        speaker = self._speaker(request)
        mime = file_type(request.headers.get("content-type", ""))
        self._shared.paces.take(speaker[PERSON], UPLOAD_COST, "pace")
        size, address = 0, origin(request)

        async def measured() -> AsyncIterator[bytes]:
            nonlocal size
            async for chunk in within(request, MOST_CONTENT):
                size += len(chunk)
                self._shared.crowd.file(address, len(chunk))
                yield chunk

        async with asyncio.timeout(UPLOAD_SECONDS):
            ref = await self._shared.web.uploads.put(measured(), MOST_CONTENT)
        query = request.query_params
        seconds = query.get("seconds", "0")
        said = {"id": query.get("id"), "type": "media", "mime": mime, "size": size, "to": query.get("to")}
        said |= {"seconds": int(seconds) if FIGURE.fullmatch(seconds) else 0, "language": query.get("language", "")}
        return await self._commit(json.dumps(said).encode(), speaker | {UPLOAD: ref})

    async def _commit(self, body: bytes, speaker: Mapping[str, str]) -> Response:
        found = self._shared.web.parse(body, speaker)
        await self._shared.handle([event for event in found if isinstance(event, Incoming)])
        return JSONResponse({"ok": True})

    async def events(self, request: Request) -> Response:
        """The open line: every letter after the one that the page knows."""
        speaker = self._speaker(request)
        if self._shared.lines.full:
            raise Refused("busy", 503, wait=30)
        known = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        last = int(known) if re.fullmatch(r"[0-9]{1,18}", known) else 0
        chats = [chat for chat in (speaker[PERSON], speaker.get(GROUP, "")) if chat]
        line = Line(self._shared.web, self._shared.lines, chats, last)
        return _Open(line, self._shared.crowd, "" if self._phone else origin(request))

    async def forget(self, request: Request) -> Response:
        """The resident deletes the chat: the half report goes, nothing more is sent here, the cookie is taken back."""
        check_origin(request)
        speaker = self._speaker(request)
        key = hashlib.sha256(speaker[PERSON].encode()).hexdigest()
        client_id = f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:32]}"
        await self._commit(json.dumps({"id": client_id, "type": "forget"}).encode(), speaker)
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path="/", secure=is_https(request), httponly=True, samesite="strict")
        return answer


class _Open(Response):
    """A Starlette answer that hands over to a Line, and gives its address's place back afterwards."""

    def __init__(self, line: Line, crowd: Crowd, address: str) -> None:
        super().__init__()
        self._line, self._crowd, self._address = line, crowd, address
        crowd.enter(address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._line(scope, receive, send)
        finally:
            self._crowd.leave(self._address)


def _secret(request: Request) -> str:
    secret = request.cookies.get(COOKIE, "")
    return secret if SECRET.fullmatch(secret) else ""


def _frame(name: str, title: str) -> str:
    allow = "geolocation; microphone; camera"
    frame = f'<iframe data-testid="phone-{name}" title="{title}" src="/phone/{name}" allow="{allow}"></iframe>'
    return f'<section class="phone" aria-label="{title}">{frame}</section>'


def _stage(shared: Shared, stage: Stage) -> list[Route]:
    phones = "\n".join(_frame(escape(name), escape(phone.title)) for name, phone in stage.phones.items())

    async def show(_: Request) -> Response:
        return HTMLResponse(pages.page("stage.html", shared.static, phones_html=phones, fallback=shared.fallback))

    async def fill(request: Request) -> Response:
        check_origin(request)
        return JSONResponse({"count": await stage.fill()})

    chats = [route for name, phone in stage.phones.items() for route in Chat(shared, name, phone).routes()]
    return [_route("/", show), _route("/stage/fill", fill, "POST"), *chats]
