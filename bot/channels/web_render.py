"""What we say as JSON for the page: only keys the page knows, files inside the letter, nothing a browser would run."""

import asyncio
import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from bot import pictures
from handlers.effects import ButtonKind

Part = Mapping[str, Any]

INLINE = 300_000  # bytes of a file inside a letter: a picture that can be read, four minutes of voice
PIXELS = 60_000_000  # a picture that would unpack to more than 180 MB is not opened
EDGES = (1_600, 1_100, 700)  # pixels of the longer edge, tried until the picture fits
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})  # SVG would bring markup along
HEARD = ("audio/", "video/")
# What can be done with a case (storage.handles), and a question of officers: not over when the next message comes.
LASTING = ("h:", "answer:")
VOICES = "/voice/"  # where spoken questions are served; no other address of a file reaches the page
SCHEMES = ("https://", "tel:")


async def letter(message: Part) -> dict[str, Any]:
    """One message as the page gets it."""
    made: dict[str, Any] = {
        "text": str(message.get("text", "")),
        "buttons": [_button(b) for b in message.get("buttons", ()) if _is_safe(b)],
        "attachments": [await _attachment(a) for a in message.get("attachments", ())],
        "replaces": str(message.get("replaces", "")),
    }
    if any(str(b[1]).startswith(LASTING) for b in made["buttons"]):
        made["stays"] = True
    if message.get("clears"):
        made["clears"] = True
    return made


def _button(button: Any) -> list[str]:
    """Label, value and kind; behind them the picture of an answer that has one."""
    drawn = pictures.of(str(button[1]))
    return [*button, f"{pictures.PLACE}{drawn}.svg"] if drawn else list(button)


def _is_safe(button: Any) -> bool:
    _, value, kind = button
    return kind != ButtonKind.LINK or str(value).startswith(SCHEMES)


async def _attachment(attachment: Part) -> dict[str, Any]:
    kind, mime, content = attachment.get("kind", ""), str(attachment.get("mime", "")), attachment.get("bytes", b"")
    if kind == "pin":
        return {"kind": kind, "latitude": attachment["latitude"], "longitude": attachment["longitude"]}
    if str(attachment.get("url", "")).startswith(VOICES):
        return {"kind": kind, "url": attachment["url"]}
    if kind == "photo" and len(content) > INLINE:
        mime, content = "image/jpeg", await asyncio.to_thread(shrink, content)
    if not content or len(content) > INLINE or not (mime in SHOWN or mime.startswith(HEARD)):
        return {"kind": kind}
    return {"kind": kind, "url": f"data:{mime};base64,{base64.b64encode(content).decode()}"}


def shrink(content: bytes) -> bytes:
    """A picture as a JPEG small enough for a letter; empty when it is none, or far too large to unpack."""
    from PIL import Image, ImageOps  # few letters hold a picture, and none when the process starts

    try:
        with Image.open(BytesIO(content)) as picture:
            if picture.width * picture.height > PIXELS:
                return b""
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""
    for edge in EDGES:
        upright.thumbnail((edge, edge))
        out = BytesIO()
        upright.save(out, "JPEG", quality=75, optimize=True)
        if out.tell() <= INLINE:
            return out.getvalue()
    return b""
