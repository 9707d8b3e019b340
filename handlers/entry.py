"""The way in from a poster: a link that carries the district, and the village it hangs in.

Telegram's `start` takes at most 64 of A-Z, a-z, 0-9, _ and - (core.telegram.org/bots/features#deep-linking); LINE opens
a chat with words that are typed already; the page reads `?p=`.
"""

import base64
import binascii
from urllib.parse import quote

from handlers.clean import shown
from handlers.places import Gazetteer

MOST_START = 64
LINE_FRIEND, LINE_CHAT = "/R/ti/p/", "/R/oaMessage/"  # developers.line.biz/en/docs/messaging-api/using-line-url-scheme/


def start_of(district: str, village: str = "") -> str:
    """What stands behind `start=`: the district's code, and the village behind it in base64url.

    Raises ValueError when the village's name is too long for a link (14 Thai letters).
    """
    if not village:
        return district
    packed = base64.urlsafe_b64encode(village.encode()).decode().rstrip("=")
    if len(made := f"{district}_{packed}") > MOST_START:
        raise ValueError(village)
    return made


def read_start(gazetteer: Gazetteer, args: str) -> tuple[str, str]:
    """The district and the village of `/start ARGS`, packed or as words; each empty where there is none."""
    head, _, rest = args.strip().partition(" ")
    code, _, packed = head.partition("_")
    if code.upper() not in gazetteer.districts:
        return "", ""
    return code.upper(), shown(rest or _unpacked(packed)).strip()


def _unpacked(packed: str) -> str:
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def telegram_link(opens: str, start: str) -> str:
    """`opens` is the bot's address, `https://t.me/name`."""
    return f"{opens}?start={start}"


def line_link(opens: str, district: str, village: str = "") -> str:
    """`opens` is the account's address, `https://line.me/R/ti/p/%40id`. The words stand ready; people send them."""
    said = f"/start {district} {village}".strip()
    return f"{opens.replace(LINE_FRIEND, LINE_CHAT)}/?{quote(said, safe='')}"


def web_link(public_url: str, start: str) -> str:
    return f"{public_url}/?p={start}"
