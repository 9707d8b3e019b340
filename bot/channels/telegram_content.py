"""What a Telegram message holds besides words: a place, a file, or something a report has no room for."""

from collections.abc import Mapping

from bot.channels.telegram_fields import Json, Unreadable, count, object_, string, words
from handlers.events import Media, MediaKind, Place, Unsupported

# Order matters: an animation also has a `document`, a live photo also a `photo`.
FILES = (
    ("animation", MediaKind.VIDEO, "video/mp4"),
    ("video", MediaKind.VIDEO, "video/mp4"),
    ("video_note", MediaKind.VIDEO, "video/mp4"),
    ("voice", MediaKind.VOICE, "audio/ogg"),
    ("audio", MediaKind.VOICE, "audio/mpeg"),
    ("document", MediaKind.DOCUMENT, ""),
)

# What a person sends, but a report cannot hold. An unknown kind is `other`, so that nobody meets silence.
UNSUPPORTED = (
    "contact",
    "sticker",
    "poll",
    "dice",
    "game",
    "story",
    "invoice",
    "checklist",
    "giveaway",
    "paid_media",
    "rich_message",
)

# What Telegram itself writes into a private chat: nobody waits for an answer to it.
SERVICE = frozenset(
    {
        "boost_added",
        "chat_background_set",
        "chat_shared",
        "checklist_tasks_added",
        "checklist_tasks_done",
        "connected_website",
        "delete_chat_photo",
        "gift",
        "gift_upgrade_sent",
        "giveaway_completed",
        "giveaway_created",
        "giveaway_winners",
        "managed_bot_created",
        "message_auto_delete_timer_changed",
        "new_chat_photo",
        "new_chat_title",
        "paid_message_price_changed",
        "passport_data",
        "pinned_message",
        "poll_option_added",
        "poll_option_deleted",
        "proximity_alert_triggered",
        "refunded_payment",
        "successful_payment",
        "suggested_post_approved",
        "suggested_post_declined",
        "suggested_post_paid",
        "suggested_post_refunded",
        "unique_gift",
        "users_shared",
        "video_chat_ended",
        "video_chat_participants_invited",
        "video_chat_scheduled",
        "video_chat_started",
        "web_app_data",
        "write_access_allowed",
    }
)


def place(message: Json) -> Place | None:
    """The pin, if there is one. Raises Unreadable for a point that is not on Earth."""
    if "location" not in message:
        return None
    pin = object_(message, "location")
    return Place(_degrees(pin, "latitude", 90), _degrees(pin, "longitude", 180))


def _degrees(pin: Json, key: str, most: int) -> float:
    value = pin.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= most:
        raise Unreadable
    return float(value)


def media(message: Json) -> Media | None:
    """The file, if there is one; of a photo the largest size. A file's own name is left behind: it can name people."""
    for name, kind, mime in FILES:
        if name in message:
            file = object_(message, name)
            return _file(kind, file, words(file, "mime_type") or mime, message)
    if "photo" not in message:
        return None
    sizes = message["photo"]
    photos = [size for size in sizes if isinstance(size, Mapping)] if isinstance(sizes, list) else []
    if not photos:
        raise Unreadable
    largest = max(photos, key=lambda size: count(size, "width") * count(size, "height"))
    return _file(MediaKind.PHOTO, largest, "image/jpeg", message)


def _file(kind: MediaKind, file: Json, mime: str, message: Json) -> Media:
    return Media(
        kind,
        string(file, "file_id"),
        size=count(file, "file_size"),
        mime=mime,
        seconds=count(file, "duration"),
        caption=words(message, "caption"),
        album=words(message, "media_group_id"),
        mark=words(file, "file_unique_id"),
    )


def unsupported(message: Json) -> Unsupported | None:
    """What is left over; None for what Telegram itself wrote."""
    if not SERVICE.isdisjoint(message):
        return None
    return Unsupported(next((kind for kind in UNSUPPORTED if kind in message), "other"))
