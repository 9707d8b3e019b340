"""The whole bot of a little town: real Turns, dispatcher and database; channels that remember; a hand-turned clock."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import locales
from bot.attachments import Attachments
from bot.channels import Outgoing, Pace, SendError
from bot.dispatcher import Dispatcher
from bot.turns import Turns
from handlers.events import Address, Body, Incoming
from handlers.world import Rules
from storage import database, gazetteer, schema
from storage.files import Files
from storage.keystore import Keystore
from storage.store import Store
from storage.vault import Vault

GAZETTEER = gazetteer.load()
WORDS = locales.load()
EMERGENCY = {"TH": (("Police", "191"), ("Ambulance", "1669")), "LA": (("Police", "1191"),), "KH": (("Police", "117"),)}
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)  # 19:30 in Bangkok, Vientiane and Phnom Penh
FREE = Pace(1e9, 1e9, 1_000_000, 1e9, 1_000_000)


class Clock:
    """Stands still until somebody turns it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def tick(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Listener:
    """A channel whose platform is a list: says what it was told to send, fails as it was told to fail."""

    name: str
    pace: Pace = FREE
    sent: list[tuple[str, Mapping[str, Any], str]] = field(default_factory=list)
    failures: list[SendError] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    menus: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def link(self) -> str:
        return f"https://example.org/{self.name}"

    def parse(self, body: bytes, headers: Mapping[str, str]) -> list[Any]:
        raise NotImplementedError

    def split(self, messages: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
        return [[m] for m in messages]

    def is_group(self, chat: str) -> bool:
        return chat.startswith("g")

    async def send(self, out: Outgoing) -> str:
        if self.failures:
            raise self.failures.pop(0)
        for part in out.messages:
            self.sent.append((out.chat, part, out.reply_token))
        return f"m{next(self.numbers)}"

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        if ref not in self.files:
            raise SendError("content 404", None)
        yield self.files[ref]

    async def acknowledge(self, press: str) -> None: ...

    async def speak(self, chat: str, language: str) -> None:
        self.menus.append((chat, language))

    async def check(self, public_url: str) -> list[str]:
        return []

    async def leave(self, chat: str) -> None:
        self.left.append(chat)

    async def start(self, public_url: str) -> None: ...

    async def close(self) -> None: ...


class Dice:
    """Bytes that look random and are the same in every run."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def __call__(self, size: int) -> bytes:
        return hashlib.shake_256(str(next(self._count)).encode()).digest(size)


class Town:
    """Open it with `async with`; people then `says` things, and `sent` is what came back."""

    def __init__(self, url: str, folder: Path, **rules: Any) -> None:
        self.clock, self.folder = Clock(), folder
        self.database = database.connect(url)
        self.keystore = Keystore.open(folder / "keys", self.clock)
        self.vault = Vault(self.keystore)
        self.channels = {name: Listener(name) for name in ("telegram", "line", "web")}
        self.store = Store(
            self.vault,
            WORDS,
            GAZETTEER,
            Rules(ZoneInfo("Asia/Bangkok"), EMERGENCY, "1", **rules),
            {name: c.split for name, c in self.channels.items()},
            self.clock,
            Dice(),
        )
        self.files = Files(folder / "media", self.vault)
        self.turns = Turns(self.database, self.store)
        self.dispatcher = self.made_dispatcher()
        self._ids = itertools.count(1)

    def made_dispatcher(self) -> Dispatcher:
        return Dispatcher(
            self.database,
            self.store,
            self.channels,
            Attachments(self.files, None),
            self.turns.handle,
            now=self.clock,
            clock=self.clock.seconds,
            jitter=lambda: 0.5,
        )

    def paced(self, pace: Pace) -> Dispatcher:
        """A dispatcher that keeps to a pace, with the same channels."""
        for channel in self.channels.values():
            channel.pace = pace
        return self.made_dispatcher()

    async def __aenter__(self) -> "Town":
        await self.database.write(schema.migrate)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.turns.close()
        await self.database.close()

    def event(self, chat: Address, body: Body, *, sender: str = "", id: str = "", **more: Any) -> Incoming:
        group = self.channels[chat.channel].is_group(chat.chat)
        return Incoming(
            id or f"e{next(self._ids)}", self.clock(), chat, sender or ("" if group else chat.chat), body, group, **more
        )

    async def says(self, chat: Address, body: Body, **more: Any) -> None:
        await self.turns.handle([self.event(chat, body, **more)])
        await self.deliver()

    async def deliver(self) -> None:
        """Send everything that is due now."""
        while True:
            pause = await self.dispatcher.sweep()
            if not self.dispatcher.busy and (pause is None or pause > 0):
                return
            await self.dispatcher.settle()

    def sent(self, channel: str, chat: str) -> list[Mapping[str, Any]]:
        return [part for to, part, _ in self.channels[channel].sent if to == chat]
