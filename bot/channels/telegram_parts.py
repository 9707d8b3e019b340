"""What we say, cut into requests Telegram takes, and buttons drawn as its keyboards."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from handlers.effects import ButtonKind
from handlers.graphemes import split, utf16

Part = Mapping[str, Any]

TEXT_LIMIT = 4096  # core.telegram.org/bots/api#sendmessage; UTF-16 units, the stricter reading of "characters"
CAPTION_LIMIT = 1024  # core.telegram.org/bots/api#sendphoto
BETWEEN = "\n\n"
WORDLESS = "…"  # buttons need a text to hang on
ZERO_WIDTH_SPACE = "\u200b"  # Telegram Desktop draws it as a wide gap in Khmer (telegramdesktop/tdesktop#6959)
OURS = ("spoken", "sheet")
CONTENT = ("text", "buttons", "attachments")

# Buttons side by side -> the longest label, in letters, that a phone of 360 px still shows whole.
COLUMNS = ((3, 9), (2, 17))
ROW = 3
LABELS = 1024  # remembered; most labels are the catalogues'


def requests(messages: Sequence[Part]) -> list[list[Part]]:
    """One part a request. Every file is a request of its own and comes before the words; buttons come last."""
    if len(messages) == 1 and _is_one(messages[0]):
        return [[{**messages[0], "attachments": []}]]
    return [[part] for message in _joined(messages) for part in _parts(message)]


def _is_one(message: Part) -> bool:
    """Nearly every message: words that fit as they are, with nothing beside them but buttons."""
    text: str = message.get("text", "")
    fits = 0 < len(text) <= TEXT_LIMIT // 2 and ZERO_WIDTH_SPACE not in text and text.strip() == text
    return fits and "buttons" in message and not message.get("attachments")


def _joined(messages: Sequence[Part]) -> Iterator[Part]:
    """Messages that say one thing after the other as one text, while it fits.

    Buttons end a text. What carries more than content (a message to replace, a card to remember) stays alone.
    """
    waiting: Part | None = None
    for message in map(_clean, messages):
        if waiting and _may_follow(waiting, message):
            waiting = {**message, "text": waiting["text"] + BETWEEN + message["text"]}
            continue
        if waiting:
            yield waiting
        waiting = message
    if waiting:
        yield waiting


def _clean(message: Part) -> Part:
    return {
        **{key: value for key, value in message.items() if value},
        "text": message.get("text", "").replace(ZERO_WIDTH_SPACE, "").strip(),
        "buttons": message.get("buttons") or [],
        "attachments": message.get("attachments") or [],
    }


def _may_follow(first: Part, then: Part) -> bool:
    plain = not (_extras(first) or _extras(then) or first["attachments"] or then["attachments"] or first["buttons"])
    worded = bool(first["text"] and then["text"])
    return plain and worded and utf16(first["text"]) + len(BETWEEN) + utf16(then["text"]) <= TEXT_LIMIT


def _extras(message: Part) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key not in CONTENT}


def _parts(message: Part) -> list[Part]:
    extras, files, text = _extras(message), message["attachments"], message["text"]
    if _captioned(message):
        return [{"text": text, "buttons": message["buttons"], "attachments": files}]
    if not text and message["buttons"] and not files:
        text = WORDLESS
    replaces = extras.pop("replaces", "")
    words = [{"text": part, "buttons": [], "attachments": []} for part in split(text, TEXT_LIMIT)]
    parts: list[dict[str, Any]] = [{"text": "", "buttons": [], "attachments": [file]} for file in files]
    if _is_step(message):
        parts[-1].update(text=text, buttons=message["buttons"])
        return list(parts)
    if words and replaces:
        words[0]["replaces"] = replaces
    parts += words
    if parts:
        parts[-1].update(extras, buttons=message["buttons"])
    return list(parts)


def _is_step(message: Part) -> bool:
    """A question that is also spoken or drawn: its words and buttons stand right under the last of these."""
    ours = bool(message["attachments"]) and all(file["kind"] in OURS for file in message["attachments"])
    return ours and utf16(message["text"]) <= CAPTION_LIMIT and not _extras(message)


def _captioned(message: Part) -> bool:
    """A single file takes its words along. A card does not: only a text can be edited in place later."""
    files = message["attachments"]
    return (
        len(files) == 1
        and files[0]["kind"] != "pin"
        and utf16(message["text"]) <= CAPTION_LIMIT
        and not _extras(message)
    )


def asks_location(buttons: Sequence[Sequence[str]], group: bool) -> bool:
    """Whether these buttons need a reply keyboard: only that can ask for a location, and only in private
    (core.telegram.org/bots/api#keyboardbutton)."""
    return not group and any(kind == ButtonKind.LOCATION for _, _, kind in buttons)


def inline(buttons: Sequence[Sequence[str]]) -> dict[str, Any]:
    """`reply_markup` below one message, or nothing. Telegram has no camera button: the paper clip is always there."""
    options = [_pressed(button) for button in buttons if button[2] in (ButtonKind.OPTION, ButtonKind.LINK)]
    asides = [_pressed(button) for button in buttons if button[2] == ButtonKind.NAV]
    rows = _rows(options, _columns(options)) + _rows(asides, ROW)
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def keyboard(buttons: Sequence[Sequence[str]], group: bool) -> dict[str, Any]:
    """`reply_markup` of a new message.

    Where a location is asked for, all buttons become a reply keyboard and come back as typed labels (a LINK has no
    place there). Nobody keeps track of it: it folds away when used, and every later private message without buttons
    takes it down.
    """
    if not asks_location(buttons, group):
        return inline(buttons) or ({} if group else {"reply_markup": {"remove_keyboard": True}})
    places = [{"text": label, "request_location": True} for label, _, kind in buttons if kind == ButtonKind.LOCATION]
    options = [{"text": label} for label, _, kind in buttons if kind == ButtonKind.OPTION]
    asides = [{"text": label} for label, _, kind in buttons if kind == ButtonKind.NAV]
    rows = _rows(places, 1) + _rows(options, _columns(options)) + _rows(asides, ROW)
    return {"reply_markup": {"keyboard": rows, "one_time_keyboard": True, "resize_keyboard": True}}


def _pressed(button: Sequence[str]) -> dict[str, Any]:
    label, value, kind = button
    return {"text": label, "url": value} if kind == ButtonKind.LINK else {"text": label, "callback_data": value}


def _columns(buttons: Sequence[Mapping[str, Any]]) -> int:
    longest = max((_letters(button["text"]) for button in buttons), default=0)
    return next((columns for columns, most in COLUMNS if longest <= most), 1)


@lru_cache(LABELS)
def _letters(label: str) -> int:
    """How much room a label takes: marks above and below take none, wide signs take two."""
    return sum(1 + (unicodedata.east_asian_width(c) == "W") for c in label if unicodedata.category(c) != "Mn")


def _rows(buttons: list[dict[str, Any]], columns: int) -> list[list[dict[str, Any]]]:
    return [buttons[start : start + columns] for start in range(0, len(buttons), columns)]
