"""How LINE is reached: one aiohttp session, with every way a request can fail.

What is said, and what is only looked at, goes straight over it: line-bot-sdk takes seconds to load, and its client
costs half as much again as the request. What changes the account goes through the SDK (`line_api`), over this same
session: with the SDK's own, which trusts the environment, aiohttp goes to a thread twice a request to look for proxies.
"""

import urllib.parse
import urllib.request
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from bot.channels import SendError

CONNECTIONS = 50  # the SDK's default (5 a core) would make a burst of alerts queue behind each other
UNREACHABLE = 5.0  # seconds; nothing was sent
BROKEN = 2.0  # seconds; LINE may have taken it
NO_ACCESS = 60.0  # seconds; a bad token is everybody's trouble until an operator changes it
QUOTA = 3_600.0  # seconds; the month has to end, or the plan to grow
THROTTLED = 1.0  # seconds; LINE's buckets refill each second and it names no time
LONGEST_WAIT = 3_600.0  # seconds; whatever Retry-After says
PREPARING = 5.0  # seconds; a long video is not ready yet
STREAM_TIME = 300.0  # seconds for a whole file over a slow line
CHUNK = 64 * 1024


class Lost(SendError):
    """No answer came, so LINE may or may not have done what was asked."""

    unsure = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What LINE said."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def json(self) -> dict[str, Any]:
        """Empty when it is not a JSON object."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def words(self) -> str:
        """LINE's error message, in lower case, for telling errors of one status apart; never logged."""
        return str(self.json.get("message", "")).lower()

    @property
    def wait(self) -> float:
        """Seconds of Retry-After."""
        try:
            return min(max(float(self.headers.get("Retry-After", THROTTLED)), THROTTLED), LONGEST_WAIT)
        except ValueError:
            return THROTTLED

    @property
    def failure(self) -> SendError:
        """What to do about it (reference, "status codes" and "error messages")."""
        why = f"http {self.status}"
        match self.status:
            case 429 if "monthly limit" in self.words:
                return SendError("quota", QUOTA, charged=False)
            case 429:
                return SendError(why, self.wait, whole_channel=True, charged=False)
            case 401 | 403:
                return SendError(why, NO_ACCESS, whole_channel=True, charged=False, denied=self.status == 401)
            case status if status >= 500:
                return Lost(why, BROKEN)
        return SendError(why, None, gone=self.status == 404 or "not found" in self.words)


def checked(answer: Answer) -> Answer:
    """The answer, when it is a good one. Raises SendError."""
    if not answer.good:
        raise answer.failure
    return answer


def unanswered(bad: Exception) -> SendError:
    """What to do when there is no answer, by what the library raised; that names addresses, and is not passed on."""
    if isinstance(bad, aiohttp.ClientConnectorError):
        return SendError("unreachable", UNREACHABLE)
    return Lost(type(bad).__name__, BROKEN)


class Wire:
    """The session of one account, opened in the running loop at the first request.

    `base` and `blob` are the two hosts. A request is given up after `patience` seconds, and follows no redirect: the
    token and what people said go nowhere else.
    """

    def __init__(self, token: str, base: str, blob: str, patience: float) -> None:
        self.base, self.blob = base.rstrip("/"), blob.rstrip("/")
        self.timeout = aiohttp.ClientTimeout(total=patience)
        self.proxy = _proxy(self.base)
        self._auth = {"Authorization": f"Bearer {token}"}
        self._asking = {**self._auth, "Content-Type": "application/json"}
        self._streaming = aiohttp.ClientTimeout(total=STREAM_TIME, connect=patience, sock_read=patience)
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def close(self) -> None:
        session, self._session = self._session, None
        if session:
            await session.close()

    async def ask(self, method: str, path: str, body: object = None, *, key: str = "") -> Answer:
        """Raises SendError when LINE cannot be reached, Lost when the answer is missing."""
        data = None if body is None else orjson.dumps(body)
        headers = {**self._asking, "X-Line-Retry-Key": key} if key else self._asking
        asking = self.session.request(
            method,
            self.base + path,
            data=data,
            headers=headers,
            timeout=self.timeout,
            proxy=self.proxy,
            allow_redirects=False,
        )
        try:
            async with asking as answer:
                return Answer(answer.status, await answer.read(), answer.headers)
        except (TimeoutError, aiohttp.ClientError, OSError) as bad:
            raise unanswered(bad) from None

    async def holds(self, path: str) -> bool:
        """Whether the other host holds something at `path`; its bytes are not read."""
        try:
            async with self._get(path) as answer:
                return bool(answer.status == 200)
        except (TimeoutError, aiohttp.ClientError) as bad:
            raise SendError(type(bad).__name__, UNREACHABLE) from None

    async def stream(self, path: str, most: int) -> AsyncGenerator[bytes, None]:
        """Bytes of a file; the SDK would read a whole video into memory and hides a 202."""
        try:
            async with self._get(path) as answer:
                if answer.status != 200:
                    raise _no_content(Answer(answer.status, b"", answer.headers))
                if (answer.content_length or 0) > most:
                    raise SendError("too big", None)
                read = 0
                async for chunk in answer.content.iter_chunked(CHUNK):
                    read += len(chunk)
                    if read > most:
                        raise SendError("too big", None)
                    yield chunk
        except (TimeoutError, aiohttp.ClientError) as bad:
            raise SendError(type(bad).__name__, UNREACHABLE) from None

    def _get(self, path: str) -> Any:
        url = self.blob + path
        return self.session.get(
            url, headers=self._auth, timeout=self._streaming, proxy=self.proxy, allow_redirects=False
        )


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for an address (HTTPS_PROXY, NO_PROXY), asked for once."""
    parts = urllib.parse.urlsplit(url)
    return None if urllib.request.proxy_bypass(parts.netloc) else urllib.request.getproxies().get(parts.scheme)


def _no_content(answer: Answer) -> SendError:
    """202: still being prepared; 404, 410: deleted or taken back by its sender (reference, "get content")."""
    match answer.status:
        case 202:
            return SendError("preparing", PREPARING)
        case 404 | 410 as status:
            return SendError(f"content {status}", None)
    return answer.failure
