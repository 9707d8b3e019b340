"""Asks a service with LibreTranslate's interface (docs.libretranslate.com): `POST /translate`. One request, one answer.

Nothing of what goes out or comes back is logged or kept; whose server it is says `[translation] url`.
"""

from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from bot.channels import SendError
from handlers.translating import about

SECONDS = 20.0  # an officer waits; a claimed row is another process's after 30
AGAIN = 3.0  # seconds until the one more try that a service which is just starting gets
MOST = 1_000_000  # bytes of an answer: ten times the longest report
BUSY = (408, 425, 429)  # of the 4xx these alone pass


class Translator:
    """`translate` gives the words, or raises SendError: `retry_after` None means that it never will."""

    def __init__(self, url: str, api_key: str, seconds: float = SECONDS) -> None:
        self._url, self._key = f"{url}/translate", api_key
        self._timeout = aiohttp.ClientTimeout(total=seconds)

    async def translate(self, payload: Mapping[str, Any]) -> Mapping[str, str]:
        """The result of a `translate` row: its words in the other language, each on lines of its own."""
        texts = list(payload["texts"])
        asked = {"q": texts, "source": payload["source"], "target": payload["language"], "format": "text"}
        body = orjson.dumps(asked | ({"api_key": self._key} if self._key else {}))
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar()) as http,
                http.post(
                    self._url, data=body, headers={"Content-Type": "application/json"}, allow_redirects=False
                ) as answer,
            ):
                status, content = answer.status, await answer.content.read(MOST)
        except (TimeoutError, aiohttp.ClientError, OSError):
            raise SendError("translation away", AGAIN) from None
        if status != 200:
            never = 400 <= status < 500 and status not in BUSY
            raise SendError(f"translation http {status}", None if never else AGAIN)
        return {**about(payload), "state": "translated", "text": "\n\n".join(_read(content, len(texts)))}


def _read(content: bytes, count: int) -> list[str]:
    try:
        found = orjson.loads(content)["translatedText"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise SendError("translation unreadable", AGAIN) from None
    made = [found] if isinstance(found, str) else found
    if not isinstance(made, list) or len(made) != count or not all(isinstance(text, str) for text in made):
        raise SendError("translation unreadable", AGAIN)
    return made
