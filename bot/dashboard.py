"""`/desk`: one page for a coordinator, opened by a one-time link from a chat. No script; it asks anew every minute."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from functools import partial
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot import pages
from bot.app import App
from bot.webguard import HEADERS, Refused, from_our_site, is_https, within
from handlers.scripts import guess
from storage import desk
from storage.store import context
from storage.vault import CannotOpen

PLACE = "/desk"
COOKIE = "desk"
KEPT = 12 * 3600  # seconds: a shift; after it a new link is asked for
MOST_BODY = 1024  # bytes of the form
BOUND = context("desk", "session", "")
POLICY = "default-src 'none'; style-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors"
OURS = {"Content-Security-Policy": f"{POLICY} 'none'", "X-Frame-Options": "DENY", "Cache-Control": "no-store"}
SAFE = {**HEADERS, **OURS}


class Dashboard:
    """The page and its door. A session is a sealed cookie: who it is and until when; the rights are looked up."""

    def __init__(self, app: App) -> None:
        self._app, self._static = app, pages.load()

    def routes(self) -> list[Route]:
        return [
            Route(PLACE, self.show, methods=["GET"]),
            Route(PLACE, self.enter, methods=["POST"]),
            Route(f"{PLACE}/leave", self.leave, methods=["POST"]),
            Route(f"{PLACE}/static/{{name:path}}", self.static, methods=["GET"]),
        ]

    async def static(self, request: Request) -> Response:
        return pages.serve(request, self._static.get(request.path_params["name"]))

    async def show(self, request: Request) -> Response:
        """The page, or the door: a link alone opens nothing, because apps look at links by themselves."""
        store, who = self._app.store, self._who(request)
        found = await self._app.database.read(lambda c: desk.show(c, store, *who)) if who else None
        if found is None:
            return self._door(request, request.query_params.get("code", ""))
        member, texts = found
        words = self._app.store.words[member.language]
        panels, title = "\n".join(map(panel, texts)), words.t("Desk")
        return self._page("desk.html", member.language, panels_html=panels, title=title, leave=words.t("Leave"))

    async def enter(self, request: Request) -> Response:
        """The code is used up, and the browser gets its session."""
        try:
            check_same_site(request)
            body = b"".join([chunk async for chunk in within(request, MOST_BODY)])
        except Refused as no:
            return Response(status_code=no.status)
        code = parse_qs(body.decode("utf-8", "replace")).get("code", [""])[0]
        member = await self._app.database.write(partial(desk.enter, store=self._app.store, text=code))
        if member is None:
            return self._door(request, "", status=403)
        ends = int(self._app.store.now().timestamp()) + KEPT
        kept = urlsafe_b64encode(self._app.store.seal([member.channel, member.person, ends], BOUND)).decode()
        answer = RedirectResponse(PLACE, 303, SAFE)
        answer.set_cookie(COOKIE, kept, KEPT, path=PLACE, secure=is_https(request), httponly=True, samesite="strict")
        return answer

    async def leave(self, request: Request) -> Response:
        try:
            check_same_site(request)
        except Refused as no:
            return Response(status_code=no.status)
        answer = RedirectResponse(PLACE, 303, SAFE)
        answer.delete_cookie(COOKIE, path=PLACE)
        return answer

    def _who(self, request: Request) -> tuple[str, str] | None:
        """Channel and person of the session; None without a good one."""
        try:
            kept = urlsafe_b64decode(request.cookies.get(COOKIE, ""))
            channel, person, ends = self._app.store.open(kept, BOUND)
        except (CannotOpen, NotBase64, ValueError):
            return None
        late = self._app.store.now().timestamp() >= ends
        return None if late else (channel, person)

    def _door(self, request: Request, code: str, status: int = 200) -> Response:
        spoken = (guess(one.partition(";")[0]) for one in request.headers.get("accept-language", "").split(","))
        language = next(filter(None, spoken), "th")
        words = self._app.store.words[language]
        if code:
            text = words.t("This page is for coordinators. Press Open to see it.")
            button = f'<button name="code" value="{escape(code)}">{escape(words.t("Open"))}</button>'
        else:
            text, button = words.t("This link is used or too old. Write /desk to the bot for a new one."), ""
        return self._page("door.html", language, status, title=words.t("Desk"), text=text, button_html=button)

    def _page(self, name: str, language: str, status: int = 200, **fill: str) -> Response:
        return HTMLResponse(pages.page(name, self._static, language=language, **fill), status, SAFE)


def panel(text: str) -> str:
    """A text of the chat as a part of the page: its first line is the heading."""
    heading, _, rest = text.partition("\n")
    lines = "".join(f"<p>{escape(line)}</p>" for line in rest.split("\n") if line)
    return f"<section><h2>{escape(heading)}</h2>{lines}</section>"


def check_same_site(request: Request) -> None:
    """Only our own page may post here; a form can add no header, so the browser has to say it. Raises Refused."""
    if not from_our_site(request):
        raise Refused("origin", 403)
