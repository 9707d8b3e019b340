"""A stand-in for an S3-compatible store, as docs.aws.amazon.com/AmazonS3/latest/API says it answers.

A real HTTP server on a free port: checks the signature (version 4) of every request, keeps objects of one bucket, lists
them page by page, and fails on request.
"""

import asyncio
import hashlib
import hmac
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from aiohttp import web

BUCKET, REGION = "evidence", "ap-southeast-7"
ACCESS_KEY, SECRET_KEY = "AKIAEXAMPLE000000000", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PAGE = 2  # objects of one answer to a listing; a real store gives 1,000
LARGEST = 50_000_000
CROWD = 64


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came, whole."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def everything(self) -> bytes:
        """All that travelled, for canaries."""
        return f"{self.method} {self.path} {dict(self.query)} {dict(self.headers)}".encode() + self.body


class S3:
    """The store. `faults` are taken one a request: a status, `silent` (no answer), `cut` (half a body), `html` (404).

    `crowded` is set as soon as `CROWD` requests came.
    """

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}
        self.calls: list[Call] = []
        self.faults: deque[int | str] = deque()
        self.crowded = asyncio.Event()
        self._left = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=LARGEST)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left.set()
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        path, _, query = request.raw_path.partition("?")
        call = Call(request.method, path, dict(request.query), dict(request.headers), body)
        self.calls.append(call)
        if len(self.calls) == CROWD:
            self.crowded.set()
        fault = self.faults.popleft() if self.faults else None
        match fault:
            case "silent":
                await self._left.wait()
                return web.Response(status=503)
            case "html":
                return web.Response(status=404, text="<h1>404 Not Found</h1>", content_type="text/html")
            case int():
                return _error(fault, "InternalError" if fault >= 500 else "AccessDenied")
        if not signed(request, query, body):
            return _error(403, "SignatureDoesNotMatch")
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        if fault == "cut":
            return await self._cut(request, key)
        return self._answer(call, key)

    def _answer(self, call: Call, key: str) -> web.Response:
        match call.method:
            case "PUT":
                self.objects[key] = call.body, datetime.now(UTC)
                return web.Response(headers={"ETag": _tag(call.body)})
            case "DELETE":
                self.objects.pop(key, None)
                return web.Response(status=204)
            case "GET" if call.query.get("list-type") == "2" and not key:
                return self._list(call.query)
            case "GET" if key in self.objects:
                content, changed = self.objects[key]
                stamp = f"{changed:%a, %d %b %Y %H:%M:%S} GMT"
                return web.Response(body=content, headers={"ETag": _tag(content), "Last-Modified": stamp})
            case "GET":
                return _error(404, "NoSuchKey")
        return _error(501, "NotImplemented")

    def _list(self, query: Mapping[str, str]) -> web.Response:
        after = query.get("continuation-token", "")
        keys = [key for key in sorted(self.objects) if key.startswith(query.get("prefix", "")) and key > after]
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{changed:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
            f"<ETag>{escape(_tag(content))}</ETag><Size>{len(content)}</Size></Contents>"
            for key in keys[:PAGE]
            for content, changed in [self.objects[key]]
        )
        more = len(keys) > PAGE
        token = f"<NextContinuationToken>{escape(keys[PAGE - 1])}</NextContinuationToken>" if more else ""
        told = f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}"
        return _xml(200, f"<ListBucketResult><Name>{BUCKET}</Name>{told}{entries}</ListBucketResult>")

    async def _cut(self, request: web.Request, key: str) -> web.StreamResponse:
        content = self.objects[key][0]
        answer = web.StreamResponse(headers={"Content-Length": str(len(content)), "ETag": _tag(content)})
        answer.headers["Last-Modified"] = "Sun, 29 Nov 2026 12:00:00 GMT"
        await answer.prepare(request)
        await answer.write(content[: len(content) // 2])
        assert request.transport is not None
        request.transport.close()
        return answer


def signed(request: web.Request, query: str, body: bytes) -> bool:
    """docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
    headers = request.headers
    scheme, _, rest = headers.get("Authorization", "").partition(" ")
    said = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    access_key, _, scope = said.get("Credential", "").partition("/")
    digest = hashlib.sha256(body).hexdigest()
    if (scheme, access_key, headers.get("x-amz-content-sha256")) != ("AWS4-HMAC-SHA256", ACCESS_KEY, digest):
        return False
    covered = said["SignedHeaders"].split(";")
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in covered)
    ordered = "&".join(sorted(query.split("&"))) if query else ""
    path = quote(unquote(request.raw_path.partition("?")[0]), safe="/-_.~")
    canonical = "\n".join((request.method, path, ordered, lines, said["SignedHeaders"], digest))
    text = "\n".join((scheme, headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{SECRET_KEY}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), said["Signature"])


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _error(status: int, code: str) -> web.Response:
    return _xml(status, f"<Error><Code>{code}</Code></Error>")


def _xml(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f'<?xml version="1.0"?>{text}', content_type="application/xml")
