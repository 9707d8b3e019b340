"""A stand-in for a LibreTranslate server, as docs.libretranslate.com says it answers: real HTTP on a free port.

`POST /translate` with JSON {q, source, target, format, api_key} gives {"translatedText"}: a text for a text, a list for
a list. Errors are 4xx or 5xx with {"error"}. It turns words round, so that a test sees that they passed here.
"""

from typing import Any, Self

from aiohttp import web

KEY = "a-key-of-the-service"
KNOWN = ("en", "th", "km", "lo")


class TranslatorDouble:
    """Open it with `async with`; `asked` are the bodies that came. `failures` are answered first, one each."""

    def __init__(self, api_key: str = KEY, knows: tuple[str, ...] = KNOWN) -> None:
        self.asked: list[dict[str, Any]] = []
        self.failures: list[tuple[int, Any]] = []
        self._key, self._knows = api_key, knows

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10 * 2**20)
        app.router.add_post("/translate", self._translate)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _translate(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        if self.failures:
            status, said = self.failures.pop(0)
            return web.json_response(said, status=status) if isinstance(said, dict) else web.Response(text=said)
        if self._key and body.get("api_key") != self._key:
            return _error(403, "Invalid API key")
        if not body.get("q") or body.get("format") not in ("text", "html"):
            return _error(400, "Invalid request: missing q parameter")
        for language in (body.get("source"), body.get("target")):
            if language not in self._knows:
                return _error(400, f"{language} is not supported")
        asked = body["q"]
        made = [turned(t) for t in asked] if isinstance(asked, list) else turned(asked)
        return web.json_response({"translatedText": made})


def turned(text: str) -> str:
    return f"<{text[::-1]}>"


def _error(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
