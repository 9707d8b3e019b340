"""Turns our messages into LINE's message objects; pure. Limits: developers.line.biz/en/reference/messaging-api/.

LINE counts texts in UTF-16 units and labels in grapheme clusters ("text character count"). People's words travel in
`text` objects and plain Flex texts, never in `textV2`, where braces would be read as markup.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.channels import line_tiles
from bot.channels.line_buttons import NOTHING, Json, quick_replies, rows
from handlers import graphemes
from handlers.effects import LARGE, ButtonKind

Part = Mapping[str, Any]

MESSAGES = 5  # message objects in one reply or push
TEXT = 5_000  # UTF-16 units of a text message
ALT = 1_500  # UTF-16 units of altText; a longer text does not go into a card, or its end would be unreadable there
MEDIA_URL = 2_000  # characters of an originalContentUrl
PLACE = 100  # characters of a location's title and address


def is_group(chat: str) -> bool:
    """Groups begin with C, rooms (many people without a group) with R, people with U."""
    return chat[:1] in ("C", "R")


def split(messages: Sequence[Part]) -> list[list[Part]]:
    """What is said in one turn, as requests of at most five message objects, in order."""
    requests: list[list[Part]] = []
    room = 0
    for part in (part for message in messages for part in _parts(message)):
        needs = size(part)
        if needs > room:
            requests.append([])
            room = MESSAGES
        requests[-1].append(part)
        room -= needs
    return requests


def _parts(message: Part) -> Iterator[Part]:
    """One file or one text each: files first, so that the buttons end up under the last thing shown."""
    text, buttons = message.get("text", ""), message.get("buttons", ())
    bare: Json = {"text": "", "buttons": [], "attachments": [], "replaces": ""}
    pieces = graphemes.split(text, TEXT) if text.strip() else []
    parts = [bare | {"attachments": [a]} for a in message.get("attachments", ())]
    parts += [bare | {"text": piece} for piece in pieces]
    if not parts and buttons:
        parts = [bare]
    if parts:
        last = parts[-1]
        parts[-1] = {**message, "text": last["text"], "attachments": last["attachments"], "buttons": list(buttons)}
    yield from parts


def size(part: Part) -> int:
    """Message objects this makes at most, in any chat: a group's buttons may need a card of their own."""
    text, buttons = part["text"], part.get("buttons", ())
    apart = bool(buttons) and (not text or graphemes.utf16(text) > ALT)
    return len(part.get("attachments", ())) + bool(text) + apart


def render(chat: str, parts: Sequence[Part], pictures: str = "") -> list[Json]:
    """LINE's message objects for one request; empty when nothing of it can be shown on LINE.

    `pictures` is the https address that our drawings lie under, empty where LINE cannot fetch them.
    """
    group = is_group(chat)
    made: list[Json] = []
    pressed: list[Sequence[str]] = []
    for part in parts:
        made += [shown for a in part.get("attachments", ()) if (shown := _attachment(a))]
        text = graphemes.cut(part.get("text", ""), TEXT)
        if group:
            made += _said_in_group(text, part.get("buttons", ()))
        elif tiles := _tiles(part, pictures):
            made.append(line_tiles.bubble(text, tiles))
            pressed += [b for b in part["buttons"] if b[2] != ButtonKind.OPTION]
        else:
            made += [_text(text)] if text.strip() else []
            pressed += part.get("buttons", ())
    items = quick_replies(pressed, pictures)
    if items:
        made = made or [_text(NOTHING)]
        made[-1]["quickReply"] = {"items": items}  # only the last message's are shown, and only while it is the last
    return made


def _tiles(part: Part, pictures: str) -> list[Json]:
    """The choices as large pictures, where that is wanted and LINE can fetch them; a long text stays a text."""
    wanted = bool(pictures) and part.get("drawn") == LARGE and graphemes.utf16(part["text"]) <= ALT
    return line_tiles.tiles(part["buttons"], pictures) if wanted else []


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _attachment(attachment: Part) -> Json | None:
    """Media go by HTTPS address only; the dispatcher adds it, or puts words in the file's place."""
    kind, url = attachment.get("kind"), attachment.get("url", "")
    preview = attachment.get("preview_url", "")
    if kind == "pin":
        return _pin(attachment)
    if not _fetchable(url):
        return None
    match kind:
        case "photo":
            return {
                "type": "image",
                "originalContentUrl": url,
                "previewImageUrl": preview if _fetchable(preview) else url,
            }
        case "video" if _fetchable(preview):
            return {"type": "video", "originalContentUrl": url, "previewImageUrl": preview}
        case "voice":
            seconds = max(1, int(attachment.get("seconds") or 0))
            return {"type": "audio", "originalContentUrl": url, "duration": seconds * 1000}
    return None


def _fetchable(url: str) -> bool:
    return url.startswith("https://") and len(url) <= MEDIA_URL


def _pin(attachment: Part) -> Json:
    latitude, longitude = attachment["latitude"], attachment["longitude"]
    title = attachment.get("title", "").strip() or f"{latitude:.5f}, {longitude:.5f}"
    return {
        "type": "location",
        "title": graphemes.cut(title, PLACE),
        "address": graphemes.cut(attachment.get("address", "").strip() or title, PLACE),
        "latitude": latitude,
        "longitude": longitude,
    }


def _said_in_group(text: str, buttons: Sequence[Sequence[str]]) -> list[Json]:
    """A short text and its buttons are one card; a long text stays a text, with a card under it."""
    drawn = rows(buttons)
    if not drawn:
        return [_text(text)] if text.strip() else []
    if graphemes.utf16(text) > ALT:
        return [_text(text), _card(_headline(text), drawn)]
    return [_card(text.strip() or NOTHING, drawn)]


def _headline(text: str) -> str:
    return graphemes.cut(text.strip().split("\n", 1)[0], PLACE)


def _card(text: str, buttons: list[Json]) -> Json:
    return {
        "type": "flex",
        "altText": graphemes.cut(text, ALT),
        "contents": {
            "type": "bubble",
            "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": text, "wrap": True}]},
            "footer": {"type": "box", "layout": "vertical", "spacing": "sm", "contents": buttons},
        },
    }
