"""The files of the web page, read once into memory: small enough, and no path ever comes from a request."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from starlette.requests import Request
from starlette.responses import Response

from bot import pictures
from handlers.values import dataclass

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
YEAR = 31_536_000  # seconds
FONT = re.compile(r"url\(fonts/([A-Za-z-]+\.woff2)\)")


@dataclass(frozen=True, slots=True)
class File:
    """One static file; `packed` is the gzip form, empty where it would not be smaller. `mark` names its content."""

    body: bytes
    packed: bytes
    mark: str
    mime: str


def static_file(name: str, body: bytes, mime: str) -> File:
    packed = gzip.compress(body, mtime=0) if not name.endswith(".woff2") else b""
    return File(body, packed if len(packed) < len(body) else b"", hashlib.sha256(body).hexdigest()[:16], mime)


@cache  # the chat and the desk serve the same files: read, packed and held once
def load() -> Mapping[str, File]:
    """Every file a browser may ask for, by its path below `static/`."""
    here = files(__name__)
    fonts = {
        f"fonts/{f.name}": f.read_bytes() for f in (here / "fonts").iterdir() if f.name.endswith((".woff2", ".txt"))
    }
    found = {name: static_file(name, body, TYPES[f".{name.rpartition('.')[2]}"]) for name, body in fonts.items()}
    for name in (f.name for f in here.iterdir() if f.name.endswith((".css", ".js"))):
        text = (here / name).read_text("utf-8")
        text = FONT.sub(lambda m: f"url(fonts/{m[1]}?v={found[f'fonts/{m[1]}'].mark})", text)
        found[name] = static_file(name, text.encode(), TYPES[f".{name.rpartition('.')[2]}"])
    return found


def drawings() -> Mapping[str, File]:
    """Our pictures of the choices, by file name: SVG for browsers, PNG for LINE."""
    wanted = [pictures.file(name, form) for name in pictures.names() for form in ("svg", "png")]
    return {f.name: static_file(f.name, f.read_bytes(), TYPES[f".{f.name.rpartition('.')[2]}"]) for f in wanted}


def page(name: str, static: Mapping[str, File], **fill: str) -> str:
    """An HTML page: `$chat_js` becomes the mark of `chat.js`; `fill` is escaped, but for names with `html` in them."""
    marks = {key.replace(".", "_"): file.mark for key, file in static.items() if "/" not in key}
    said = {key: value if "html" in key else escape(value) for key, value in fill.items()}
    return Template((files(__name__) / name).read_text("utf-8")).substitute(marks | said)


def serve(request: Request, file: File | None) -> Response:
    """Answer with a static file: 304 where the browser has it, gzip where it can, for a year where `v` is its mark."""
    if file is None:
        return Response(status_code=404)
    forever = request.query_params.get("v") == file.mark
    headers = {
        "ETag": f'"{file.mark}"',
        "Cache-Control": f"public, max-age={YEAR}, immutable" if forever else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if file.mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=file.mime)
    return Response(file.body, headers=headers, media_type=file.mime)
