"""The table of channels: which are on, and how each is made. To add a channel, add a file and a line to CHANNELS."""

from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from bot.channels import Channel, Pace
from bot.channels.web import Web
from bot.settings import Settings
from handlers.commands import menu
from locales import N, Words

FONTS = {"th": "NotoSansThai-Bold.ttf", "lo": "NotoSansLao-Bold.ttf", "km": "NotoSansKhmer-Bold.ttf"}
# TRANSLATORS: the bar under a LINE chat that opens the menu: at most 14 letters.
BAR = N("Menu")
MENU = ((N("New report"), "/start"), (N("My reports"), "/status"), (N("Language"), "/language"), (N("Help"), "/help"))


def telegram(settings: Settings, words: Mapping[str, Words]) -> Channel:
    from bot.channels.telegram import Telegram

    told, limits = settings.telegram, settings.limits
    pace = Pace(
        limits.telegram_all_per_second,
        limits.telegram_chat_per_second,
        limits.telegram_chat_burst,
        limits.telegram_group_per_minute / 60,
        limits.telegram_group_per_minute,
    )
    menus = {
        "private": {lang: menu(w, "private", "resident") for lang, w in words.items()},
        "group": {lang: menu(w, "group", "officer") for lang, w in words.items()},
    }
    return Telegram(
        told.token,
        told.secret_token,
        told.base_url,
        told.base_file_url,
        pace,
        menus=menus,
        polling=told.mode == "polling",
    )


def line(settings: Settings, words: Mapping[str, Words]) -> Channel:
    from bot.channels.line import Line
    from bot.channels.line_menu import Menu

    told = settings.line
    fonts = Path(str(files("bot") / "pages" / "fonts"))
    menus = [
        Menu(
            lang,
            w.t(BAR),
            tuple((w.t(label), said) for label, said in MENU),
            fonts / FONTS[lang] if lang in FONTS else None,
        )
        for lang, w in words.items()
    ]
    return Line(told.channel_secret, told.channel_access_token, told.base_url, told.blob_base_url, menus=menus)


CHANNELS: Mapping[str, tuple[Callable[[Settings], bool], Callable[[Settings, Mapping[str, Words]], Channel]]] = (
    MappingProxyType(
        {
            "telegram": (lambda s: bool(s.telegram.token), telegram),
            "line": (lambda s: bool(s.line.channel_secret), line),
        }
    )
)


def connect(settings: Settings, web: Web, words: Mapping[str, Words]) -> dict[str, Channel]:
    """The channels that the settings switch on; the web page needs no account."""
    made: dict[str, Channel] = {name: make(settings, words) for name, (on, make) in CHANNELS.items() if on(settings)}
    return {**made, "web": web}
