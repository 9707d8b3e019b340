"""Files of residents: washed in a child process, kept sealed, and shown to LINE by links that die."""

import asyncio
import json
import logging
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.aside import Crashed, aside
from bot.channels.web import Missing
from bot.scan import Scanner, Verdict
from handlers.values import dataclass
from storage.files import Files, NoUpload, TooLarge, gather
from storage.store import context

log = logging.getLogger(__name__)
TIMEOUT = 20.0  # seconds of waiting; the child's own limit is 10 seconds of processor time
AT_ONCE = 2  # children; each may take half a gigabyte
TTL = timedelta(minutes=10)  # LINE fetches at once; T49 of the threat model
FETCHES = 5  # of one link: the picture, its preview, and LINE's retries
NONCE_BYTES, EXPIRY_BYTES, ID_BYTES = 12, 5, 16
BOUND = b"nts1|media-link"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}

_rooms: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Washed:
    """What became of a file. `state`: kept | refused; `why` is a code of `bot.wash.Refused`, `crashed` or `late`."""

    state: str
    mime: str
    content: bytes
    why: str


async def wash(kind: str, content: bytes, timeout: float = TIMEOUT) -> Washed:  # noqa: ASYNC109 - the child is killed
    """A file as it may be shown; whatever the child does, this returns. `kind` as in `handlers.events.MediaKind`."""
    async with _room():
        try:
            async with asyncio.timeout(timeout):
                return _heard(await aside("bot.wash", kind, given=content))
        except TimeoutError:
            return _refused("late")
        except Crashed:
            return _refused("crashed")


def _room() -> asyncio.Semaphore:
    return _rooms.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


def _refused(why: str) -> Washed:
    return Washed("refused", "", b"", why)


def _heard(out: bytes) -> Washed:
    line, _, content = out.partition(b"\n")
    try:
        said = json.loads(line)
        return Washed(said["state"], said["mime"], content, said["why"])
    except (ValueError, KeyError, TypeError):
        return _refused("crashed")


async def bring(
    source: AsyncIterator[bytes], kind: str, file: str, files: Files, most: int, scanner: Scanner | None = None
) -> Mapping[str, str]:
    """Download, have it scanned, keep sealed as it came, wash, keep what may be shown; what its row says from now on.

    `state`, `mime`, the wrapped key, and the original's SHA-256 sealed with that key: proof that the evidence is what
    was sent. What `source` and the scanner raise goes through, and the whole can be done again.
    """
    refused = {"file": file, "state": "refused", "mime": ""}
    try:
        content = await gather(source, most)
    except TooLarge:
        return refused
    if scanner and await scanner.look(content) is Verdict.INFECTED:
        return {**refused, "state": "infected"}
    key, wrapped = files.key(file)
    digest = await files.put_original(file, content, key)
    held = {"wrapped": wrapped.hex(), "digest": key.seal(digest.encode(), context("file", "digest", file)).hex()}
    done = await wash(kind, content)
    if done.state != "kept":
        return {**refused, **held}
    await files.put(file, done.content, key)
    return {"file": file, "state": "kept", "mime": done.mime, **held}


class Uploads:
    """Where files of the page wait until they are fetched, as `bot.channels.web` asks for it."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def put(self, content: AsyncIterator[bytes], most: int) -> str:
        """Keep an upload; its reference. Raises `TooLarge`, and what `content` raises."""
        return await self._files.take_in(content, most)

    async def open(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of an upload. Raises `Missing`."""
        try:
            async for chunk in self._files.open(ref):
                yield chunk
        except NoUpload:
            raise Missing from None


@dataclass(frozen=True, slots=True)
class Link:
    """What a token stands for."""

    file: str
    mime: str


class Links:
    """Addresses of files for LINE, which takes pictures by HTTPS address only.

    A token is sealed with AES-GCM: it cannot be guessed, changed or read, it dies after `TTL`, and no table holds it.
    `key` is 32 bytes. `public_url` is ours, `https://...`.
    """

    def __init__(
        self, public_url: str, key: bytes, now: Callable[[], datetime], random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._base = public_url.rstrip("/")
        self._cipher, self._now, self._random = AESGCM(key), now, random
        self._fetched: dict[bytes, tuple[float, int]] = {}

    def make(self, file: str, mime: str) -> str:
        """The address of a file, for `TTL`."""
        until = int((self._now() + TTL).timestamp())
        plain = until.to_bytes(EXPIRY_BYTES) + bytes.fromhex(file) + mime.encode()
        nonce = self._random(NONCE_BYTES)
        token = urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, BOUND)).rstrip(b"=").decode()
        return f"{self._base}/media/{token}"

    def read(self, token: str) -> Link | None:
        """What the token stands for; None when it is not ours or too old."""
        opened = self._open(token)
        return opened[2] if opened else None

    def take(self, token: str) -> Link | None:
        """The same for one fetch; None also when it was fetched `FETCHES` times already (counted in this process)."""
        opened = self._open(token)
        if opened is None:
            return None
        nonce, until, link = opened
        now = self._now().timestamp()
        self._fetched = {n: (end, count) for n, (end, count) in self._fetched.items() if end > now}
        count = self._fetched.get(nonce, (until, 0))[1] + 1
        self._fetched[nonce] = (until, count)
        return link if count <= FETCHES else None

    def _open(self, token: str) -> tuple[bytes, float, Link] | None:
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            plain = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], BOUND)
        except (ValueError, InvalidTag):
            return None
        until, rest = int.from_bytes(plain[:EXPIRY_BYTES]), plain[EXPIRY_BYTES:]
        if until <= self._now().timestamp():
            return None
        return raw[:NONCE_BYTES], until, Link(rest[:ID_BYTES].hex(), rest[ID_BYTES:].decode())


def routes(links: Links, files: Files) -> list[Route]:
    """`GET /media/{token}`: the file, or 404 whatever is wrong with the link, or 503 while the disk or the store fails.

    The path is a secret: it belongs in no log.
    """

    async def media(request: Request) -> Response:
        token = request.path_params["token"]
        link = links.read(token) if request.method == "HEAD" else links.take(token)
        try:
            content = await files.get(link.file) if link else None
        except OSError as bad:
            log.warning("file not readable", extra={"action": "media", "error": type(bad).__name__})
            return Response(status_code=503, headers=HEADERS)
        if link is None or content is None:
            return Response(status_code=404, headers=HEADERS)
        return Response(content, media_type=link.mime, headers=HEADERS)

    return [Route("/media/{token}", media, methods=["GET"])]
