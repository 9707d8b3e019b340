"""The table of channels: which are on, and how each is made. To add a channel, add a file and a line to CHANNELS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bot.channels import Channel, Pace, line_render, telegram_parts
from bot.channels.web import Web
from bot.settings import Settings
from handlers.commands import menu
from locales import N, Words

Clock = Callable[[], datetime]

# TRANSLATORS: the bar under a LINE chat that opens the menu: at most 14 letters.
BAR = N("Menu")
MENU = (
    (N("New report"), "/start", "menu-report"),
    (N("My reports"), "/status", "menu-mine"),
    (N("Language"), "/language", "menu-language"),
    (N("Help"), "/help", "menu-help"),
)


def telegram(settings: Settings, words: Mapping[str, Words], now: Clock) -> Channel:
    from bot.channels.telegram import Telegram

    told, limits = settings.telegram, settings.limits
    at_once = max(1, limits.telegram_group_per_minute // 4)  # and the rest trickles: never more within any minute
    pace = Pace(
        limits.telegram_all_per_second,
        limits.telegram_chat_per_second,
        limits.telegram_chat_burst,
        max(1, limits.telegram_group_per_minute - at_once) / 60,
        at_once,
        1 / limits.telegram_all_per_second,  # no slower than Telegram lets many messages out anyway
    )
    menus = {
        "private": {lang: menu(w, "private", "resident") for lang, w in words.items()},
        "group": {lang: menu(w, "group", "officer") for lang, w in words.items()},
        **{
            rank: {lang: menu(w, "private", rank) for lang, w in words.items()}
            for rank in ("officer", "lead", "coordinator")
        },
    }
    return Telegram(
        told.token,
        told.secret_token,
        told.base_url,
        told.base_file_url,
        pace,
        now=now,
        menus=menus,
        polling=told.mode == "polling",
    )


def line(settings: Settings, words: Mapping[str, Words], _: Clock) -> Channel:
    """Every event of LINE's has a time of its own."""
    from bot.channels.line import Line
    from bot.channels.line_picture import Menu, MenuButton

    told = settings.line
    menus = [
        Menu(lang, w.t(BAR), tuple(MenuButton(w.t(label), said, picture) for label, said, picture in MENU))
        for lang, w in words.items()
    ]
    made = Line(told.channel_secret, told.channel_access_token, told.base_url, told.blob_base_url, menus=menus)
    made.pace = replace(made.pace, all_per_second=settings.limits.line_per_second)
    return made


CHANNELS: Mapping[str, tuple[Callable[[Settings], bool], Callable[[Settings, Mapping[str, Words], Clock], Channel]]] = (
    MappingProxyType(
        {
            "telegram": (lambda s: bool(s.telegram.token), telegram),
            "line": (lambda s: bool(s.line.channel_secret), line),
        }
    )
)


Split = Callable[[Sequence[Mapping[str, Any]]], list[list[Mapping[str, Any]]]]


def splits(channels: Mapping[str, Channel]) -> dict[str, Split]:
    """How what is said is cut into requests. Also for a channel that is off now: a group of it may still be linked,
    and what is said there waits, instead of spoiling the turn that said it."""
    off: dict[str, Split] = {"telegram": telegram_parts.requests, "line": line_render.split}
    return {**off, **{name: channel.split for name, channel in channels.items()}}


def connect(settings: Settings, web: Web, words: Mapping[str, Words], now: Clock) -> dict[str, Channel]:
    """The channels that the settings switch on; the web page needs no account."""
    web.pace = replace(web.pace, all_per_second=settings.limits.web_per_second)
    made: dict[str, Channel] = {
        name: make(settings, words, now) for name, (on, make) in CHANNELS.items() if on(settings)
    }
    return {**made, "web": web}
