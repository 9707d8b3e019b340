"""LINE's HTTP interface through line-bot-sdk's async client, with every way it can fail.

The client is used without its pydantic models: plain dictionaries go in and bytes come out, which costs a fraction of
the CPU and cannot raise a validation error after LINE took the message. The aiohttp session inside it is ours: with
the SDK's own, which trusts the environment, aiohttp goes to a thread twice a request to look for proxies, and that
costs more than the request. Content is streamed over the same session, because the SDK would read a whole video into
memory and hides a 202.
"""

import asyncio
import importlib
import urllib.parse
import urllib.request
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import aiohttp
import orjson

from bot.channels import SendError
from handlers.values import dataclass

RAW = {str(status): "bytearray" for status in range(200, 300)}  # leaves every answer undecoded
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


class Api:
    """One client for the process, made at the first call: importing the SDK takes seconds."""

    def __init__(self, token: str, base_url: str, blob_base_url: str, timeout: float) -> None:
        self._token, self._timeout = token, aiohttp.ClientTimeout(total=timeout)
        self._base, self._blob = base_url.rstrip("/"), blob_base_url.rstrip("/")
        self._opening = asyncio.Lock()
        self._sdk: Any = None
        self._client: Any = None
        self._proxy: str | None = None

    async def open(self) -> None:
        """Import the SDK in a thread and build its client in this loop, which it needs."""
        async with self._opening:
            if self._client is None:
                self._sdk = await asyncio.to_thread(importlib.import_module, "linebot.v3.messaging")
                configuration = self._sdk.Configuration(access_token=self._token)
                configuration.proxy = self._proxy = _proxy(self._base)
                client = self._sdk.AsyncApiClient(configuration)
                await client.rest_client.pool_manager.close()
                connector = aiohttp.TCPConnector(limit=CONNECTIONS)
                client.rest_client.pool_manager = aiohttp.ClientSession(connector=connector)
                self._client = client

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def call(self, method: str, path: str, body: object = None, *, key: str = "") -> Answer:
        """Raises SendError when LINE cannot be reached, Lost when the answer is missing."""
        return await self._call(self._base, method, path, body, {"X-Line-Retry-Key": key} if key else {})

    async def upload(self, path: str, png: bytes) -> Answer:
        """The same for a picture, which goes to the other host."""
        return await self._call(self._blob, "POST", path, png, {"Content-Type": "image/png"})

    async def _call(self, host: str, method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        if self._client is None:
            await self.open()
        client = self._client
        try:
            data = await client.call_api(
                path,
                method,
                header_params=headers,
                body=body,
                response_types_map=RAW,
                _return_http_data_only=True,
                _request_timeout=self._timeout,  # its default is five minutes
                _host=host,
            )
        except self._sdk.ApiException as bad:
            return Answer(bad.status, (bad.body or "").encode(), bad.headers or {})
        except UnicodeDecodeError as bad:  # the SDK decodes every error page; a proxy's may be anything
            return Answer(getattr(bad.__context__, "status", 502), b"", {})
        except aiohttp.ClientConnectorError as bad:
            raise SendError("unreachable", UNREACHABLE) from bad
        except (TimeoutError, aiohttp.ClientError, OSError) as bad:
            raise Lost(type(bad).__name__, BROKEN) from bad
        return Answer(200, data or b"", {})

    async def probe(self, path: str) -> bool:
        """Whether the other host holds something at `path`; its bytes are not read."""
        try:
            async with self._get(path) as answer:
                return bool(answer.status == 200)
        except (TimeoutError, aiohttp.ClientError) as bad:
            raise SendError(type(bad).__name__, UNREACHABLE) from bad

    async def stream(self, path: str, most: int) -> AsyncGenerator[bytes, None]:
        """Bytes of a file from the configured host alone: redirects are refused, so the token goes nowhere else."""
        if self._client is None:
            await self.open()
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
            raise SendError(type(bad).__name__, UNREACHABLE) from bad

    def _get(self, path: str) -> Any:
        timeout = aiohttp.ClientTimeout(total=STREAM_TIME, connect=self._timeout.total, sock_read=self._timeout.total)
        headers = {"Authorization": f"Bearer {self._token}"}
        session: aiohttp.ClientSession = self._client.rest_client.pool_manager
        url = self._blob + path
        return session.get(url, headers=headers, timeout=timeout, proxy=self._proxy, allow_redirects=False)


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
