"""How python-telegram-bot reaches Telegram here: one aiohttp session in place of its httpx client."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any

import aiohttp
import orjson
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

CONNECT_SECONDS = 5.0  # Telegram answers a handshake in well under a second even from a village line
UPLOAD_SECONDS = 120.0  # 20 MB at 1.5 Mbit/s, the largest file a resident can have sent us
CONNECTIONS = 32  # 30 requests a second at most, each well under a second
CHUNK = 64 * 1024

JSON_HEADERS = {"Content-Type": "application/json"}


class Refused(TelegramError):
    """Telegram answered with an error (core.telegram.org/bots/api#making-requests).

    `retry_after` is in seconds, 0 when Telegram names none. `moved_to` is the id of the supergroup that a group has
    become. `description` is Telegram's English sentence, lower case: good for telling cases apart, never for a log.
    """

    def __init__(self, code: int, description: str = "", retry_after: float = 0.0, moved_to: str = "") -> None:
        super().__init__(f"http {code}")
        self.code, self.description = code, description.lower()
        self.retry_after, self.moved_to = retry_after, moved_to


class Wire(BaseRequest):
    """The transport. Speaks to the hosts of `bases` alone, follows no redirect, and puts no address in an error.

    An exchange without files is given up after `patience` seconds.
    """

    __slots__ = ("_hosts", "_patience", "_session")

    def __init__(self, bases: Sequence[str], patience: float) -> None:
        self._patience = patience
        self._hosts = tuple(f"{URL(base).origin()}/" for base in bases)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._patience

    async def initialize(self) -> None:
        self._open()

    async def shutdown(self) -> None:
        session, self._session = self._session, None
        if session:
            await session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as a dict. The library's own would log an answer that is not JSON, words and all."""
        try:
            answer = orjson.loads(payload)
        except orjson.JSONDecodeError:
            raise NetworkError("answer is not JSON") from None
        if not isinstance(answer, dict) or "result" not in answer:
            raise NetworkError("answer has no result")
        return answer

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        write_timeout: object = None,
        connect_timeout: object = None,
        pool_timeout: object = None,
    ) -> tuple[int, bytes]:
        """What the library calls. Timeouts are ours, whatever it wishes."""
        body, headers = _body(request_data)
        total = UPLOAD_SECONDS if isinstance(body, aiohttp.FormData) else self._patience
        return 200, await self._exchange(method, url, body, headers, total)

    async def ask(self, url: str, fields: Mapping[str, Any], total: float) -> Any:
        """The raw result of a method, past the library. Gives up after `total` seconds."""
        answer = await self._exchange("POST", url, orjson.dumps(fields), JSON_HEADERS, total)
        return self.parse_json_payload(answer)["result"]

    async def _exchange(
        self, method: str, url: str, body: bytes | aiohttp.FormData | None, headers: Mapping[str, str], total: float
    ) -> bytes:
        """The body of a success. Every other answer is Refused here, so the library guesses nothing from it."""
        session = self._session_for(url)
        try:
            async with session.request(
                method, url, data=body, headers=headers, timeout=_timeout(total), allow_redirects=False
            ) as answer:
                status, payload = answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut("timeout") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None
        if not 200 <= status < 300:
            raise _refusal(status, payload)
        return payload

    async def stream(self, url: str) -> AsyncIterator[bytes]:
        """The bytes behind a file address, in chunks."""
        session = self._session_for(url)
        try:
            async with session.get(url, timeout=_timeout(UPLOAD_SECONDS), allow_redirects=False) as answer:
                if answer.status != 200:
                    raise Refused(answer.status)
                async for chunk in answer.content.iter_chunked(CHUNK):
                    yield chunk
        except TimeoutError:
            raise TimedOut("timeout") from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None

    def _session_for(self, url: str) -> aiohttp.ClientSession:
        if not url.startswith(self._hosts):
            raise Refused(421, "not an address of ours")
        return self._open()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},  # answers are small; unpacking them costs more than it saves
            )
        return self._session


@cache
def _timeout(total: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=total, sock_connect=CONNECT_SECONDS)


def _body(data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str]]:
    if data is None:
        return None, {}
    if not data.contains_files:
        return orjson.dumps(data.parameters), JSON_HEADERS
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        # A stream: aiohttp writes raw bytes of this size in one go, and nobody else is served meanwhile.
        form.add_field(
            name, BytesIO(content) if isinstance(content, bytes) else content, filename=filename, content_type=mime
        )
    return form, {}


def _refusal(status: int, payload: bytes) -> Refused:
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return Refused(status)
    if not isinstance(answer, dict):
        return Refused(status)
    hints = answer.get("parameters")
    hints = hints if isinstance(hints, dict) else {}
    wait, moved = hints.get("retry_after"), hints.get("migrate_to_chat_id")
    return Refused(
        status,
        str(answer.get("description", "")),
        retry_after=float(wait) if isinstance(wait, int | float) else 0.0,
        moved_to=str(moved) if isinstance(moved, int) else "",
    )
