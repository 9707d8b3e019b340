"""The whole bot of a little town: real Turns, dispatcher and database; channels that remember; a hand-turned clock."""

import hashlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import select

import locales
from bot.attachments import Attachments
from bot.channels import Outgoing, Pace, SendError
from bot.dispatcher import Dispatcher
from bot.gauge import Gauge
from bot.translating import Translator
from bot.turns import Turns
from bot.voices import Voices
from handlers.effects import Enroll
from handlers.events import Address, Body, Choice, Incoming
from handlers.world import Answers, Rules
from storage import casekeys, database, directory, gazetteer, handles, membership, schema
from storage.core import CASES
from storage.files import Files
from storage.keystore import Keystore
from storage.store import Store, context
from storage.vault import Vault

GAZETTEER = gazetteer.load()
WORDS = locales.load()
EMERGENCY = {"TH": (("Police", "191"), ("Ambulance", "1669")), "LA": (("Police", "1191"),), "KH": (("Police", "117"),)}
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)  # 19:30 in Bangkok, Vientiane and Phnom Penh
FREE = Pace(1e9, 1e9, 1_000_000, 1e9, 1_000_000)


ADDRESS = "https://bot.example.org"
NAMES = itertools.count(1)


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
    gone: set[str] = field(default_factory=set)  # people who are in no group any more
    apart: set[tuple[str, str]] = field(default_factory=set)  # a group, and who is not in that one
    silences: list[SendError] = field(default_factory=list)  # what comes of the next questions of that sort
    hidden: set[str] = field(default_factory=set)  # groups whose members the platform does not tell
    looked: list[tuple[str, str]] = field(default_factory=list)  # for whom, in which group
    erased: list[tuple[str, str]] = field(default_factory=list)
    menus: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)  # of groups; a push to one costs as much
    limit: int | None = None
    told: int = 0
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    meaning: Callable[[Sequence[str]], Awaitable[Mapping[str, str]]] | None = None
    # chat and what a button means -> what it says, and the message it is in
    claims: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

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
        message = f"m{next(self.numbers)}"
        for part in out.messages:
            self.sent.append((out.chat, await self.read(out.chat, part, message), out.reply_token))
        return message

    async def read(self, chat: str, part: Mapping[str, Any], message: str) -> Mapping[str, Any]:
        """The message with what its buttons mean; what they say is remembered for whoever presses one."""
        if not self.meaning or not part.get("buttons"):
            return part
        means = await self.meaning([value for _, value, _ in part["buttons"]])
        there = part.get("replaces", "") if self.name != "line" else ""
        self.claims |= {(chat, plain): (value, there or message) for value, plain in means.items()}
        return {**part, "buttons": [[label, means.get(value, value), kind] for label, value, kind in part["buttons"]]}

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        if ref.startswith("late"):
            raise SendError("content 202", 3_600.0, charged=False)
        if ref not in self.files:
            raise SendError("content 404", None)
        yield self.files[ref]

    async def member(self, chat: str, person: str) -> bool | None:
        if self.silences:
            raise self.silences.pop(0)
        self.looked.append((chat, person))
        return None if chat in self.hidden else not (person in self.gone or (chat, person) in self.apart)

    async def sees(self, chat: str) -> bool:
        return chat not in self.hidden

    async def acknowledge(self, press: str) -> None: ...

    async def speak(self, chat: str, language: str, rank: str = "") -> None:
        self.menus.append((chat, language))

    async def check(self, public_url: str) -> list[str]:
        return []

    async def leave(self, chat: str) -> None:
        self.left.append(chat)

    async def members(self, chat: str) -> int:
        return self.sizes.get(chat, 1)

    async def quota(self) -> tuple[int | None, int]:
        return self.limit, self.told

    async def erase(self, chat: str, messages: Sequence[str]) -> None:
        self.erased += [(chat, message) for message in messages]

    async def introduce(self) -> None: ...

    async def delivers(self, public_url: str) -> bool:
        return True

    async def start(self, public_url: str) -> None: ...

    async def close(self) -> None: ...


async def meanings(opened: database.Database, store: Store, shown: Sequence[str]) -> Mapping[str, str]:
    """What buttons stand for that name a case (storage.handles)."""
    found = {value: claim for value in shown if (claim := handles.SHAPE.fullmatch(value))}
    known = await opened.read(lambda c: handles.look(c, store, [claim[1] for claim in found.values()]))
    plain = {name: handles.values(store, key, kept) for name, (key, kept) in known.items()}
    return {value: plain[claim[1]][int(claim[2])] + (claim[3] or "") for value, claim in found.items()}


class Dice:
    """Bytes that look random and are the same in every run."""

    def __init__(self) -> None:
        self._count = itertools.count(1)

    def __call__(self, size: int) -> bytes:
        return hashlib.shake_256(str(next(self._count)).encode()).digest(size)


class Town:
    """Open it with `async with`; people then `says` things, and `sent` is what came back."""

    def __init__(self, url: str, folder: Path, **rules: Any) -> None:
        self.name = f"town {next(NAMES)}"
        self.clock, self.folder = Clock(), folder
        self.database = database.connect(url)
        self.keystore = Keystore.open(folder / "keys", self.clock)
        self.vault = Vault(self.keystore)
        self.channels = {name: Listener(name, meaning=self.meanings) for name in ("telegram", "line", "web")}
        self.store = Store(
            self.vault,
            WORDS,
            GAZETTEER,
            Rules(ZoneInfo("Asia/Bangkok"), EMERGENCY, "1", **rules),
            {name: c.split for name, c in self.channels.items()},
            self.clock,
            Dice(),
        )
        find = partial(casekeys.find, vault=self.vault)
        self.files = Files(folder / "media", self.vault, lambda file: self.database.read(partial(find, file=file)))
        self.turns = Turns(self.database, self.store)
        self.voices = Voices({})
        self.translator: Translator | None = None
        self.gauge = Gauge(self.database, self.store, self.channels["line"], self.turns.handle)
        self.dispatcher = self.made_dispatcher()
        self._ids = itertools.count(1)

    def made_dispatcher(self) -> Dispatcher:
        return Dispatcher(
            self.database,
            self.store,
            self.channels,
            Attachments(self.files, None, None, self.voices, ADDRESS),
            self.turns.handle,
            now=self.clock,
            clock=self.clock.seconds,
            jitter=lambda: 0.5,
            name=self.name,
            gauge=self.gauge,
            translator=self.translator,
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

    async def meanings(self, shown: Sequence[str]) -> Mapping[str, str]:
        return await meanings(self.database, self.store, shown)

    async def enlist(self, group: Address, *people: str, seat: str = "police", language: str = "") -> None:
        """These people sit in the place of a group, and were seen in it just now."""
        await self.database.read(lambda c: directory.refresh(c, self.store))
        there = self.store.directory.groups[group]
        changes = [
            Enroll(
                p, "officer", there.scope, Address(group.channel, p), language or there.language, "", seat, self.clock()
            )
            for p in people
        ]

        def write(connection: Any) -> None:
            directory.change(connection, self.store, changes)
            membership.note(connection, membership.rows(self.store, group, people))

        await self.database.write(write)

    def event(self, chat: Address, body: Body, *, sender: str = "", id: str = "", **more: Any) -> Incoming:
        group = self.channels[chat.channel].is_group(chat.chat)
        if isinstance(body, Choice):
            body = Choice(self.channels[chat.channel].claims.get((chat.chat, body.value), (body.value, ""))[0])
        return Incoming(
            id or f"e{next(self._ids)}", self.clock(), chat, sender or ("" if group else chat.chat), body, group, **more
        )

    async def says(self, chat: Address, body: Body, **more: Any) -> None:
        await self.turns.handle([self.event(chat, body, **more)])
        await self.deliver()

    async def details(self) -> Answers:
        """What the only case there is says, opened with its key."""

        def look(connection: Any) -> Answers:
            case = connection.execute(select(CASES.c.id, CASES.c.details)).one()
            key = casekeys.of_case(connection, self.vault, case.id)
            assert key
            kept: Answers = orjson.loads(key.open(case.details, context("cases", "details", case.id)))
            return kept

        return await self.database.read(look)

    async def deliver(self) -> None:
        """Send everything that is due now."""
        while True:
            pause = await self.dispatcher.sweep()
            if not self.dispatcher.busy and (pause is None or pause > 0):
                return
            await self.dispatcher.settle()

    def sent(self, channel: str, chat: str) -> list[Mapping[str, Any]]:
        return [part for to, part, _ in self.channels[channel].sent if to == chat]
