"""The whole bot in one process, from a config file and over real HTTP, with the doubles where the platforms are."""

import asyncio
import itertools
import json
import re
import socket
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

import aiohttp
import uvicorn
from sqlalchemy import Table, func, select
from starlette.applications import Starlette

from bot import reading, server
from bot.app import App, build
from bot.channels.web import Web
from handlers.effects import ButtonKind, Enroll
from handlers.events import Address
from storage import codes, directory
from storage.core import CASES, OUTBOX
from tests.doubles import line as line_double
from tests.doubles import telegram as telegram_double
from tests.doubles.line import FakeLine
from tests.doubles.telegram import TelegramDouble
from tests.town import Clock, meanings

SECRET = "a-secret-token-of-telegram"
ADDRESS = "https://bot.example.org"
PATIENCE = 60.0  # seconds; everything here takes milliseconds, but drawing the menus on a machine that is busy
PIN = (18.36, 103.65)  # Mueang Bueng Kan, TH3801
FAST = {"telegram_all_per_second": 1000, "telegram_chat_per_second": 1000, "telegram_chat_burst": 1000}
Table_ = Mapping[str, Mapping[str, Any]]
MENUS: dict[str, dict[str, Any]] = {}
PICTURES: dict[str, bytes] = {}  # LINE's rich menus take a second to draw: the next house finds those of the first


def config(folder: Path, told: Table_) -> Path:
    """A config file with these sections and keys."""
    lines = [
        line
        for section, keys in told.items()
        for line in (f"[{section}]", *(f"{k} = {json.dumps(v)}" for k, v in keys.items()))
    ]
    path = folder / "config.toml"
    path.write_text("\n".join(lines), "utf-8")
    return path


def at_home(folder: Path) -> dict[str, dict[str, Any]]:
    """Sections that keep everything in one folder, and nothing waiting."""
    return {
        "database": {"url": f"sqlite+aiosqlite:///{folder}/ntswatch.db"},
        "server": {"port": 0},
        "seal": {"keystore": f"{folder}/keys"},
        "media": {"folder": f"{folder}/media"},
        "digest": {"times": []},
        "limits": {"alert_delay_minutes": 0, "telegram_group_per_minute": 10_000, **FAST},
    }


def on_telegram(double: TelegramDouble, mode: str = "webhook") -> dict[str, str]:
    return {
        "token": double.token,
        "mode": mode,
        "secret_token": SECRET,
        "base_url": double.base_url,
        "base_file_url": double.base_file_url,
    }


def on_line(double: FakeLine) -> dict[str, str]:
    return {
        "channel_secret": double.secret,
        "channel_access_token": double.token,
        "base_url": double.url,
        "blob_base_url": double.url,
    }


@dataclass
class House:
    """Open it with `async with`. `changes` override sections of the config file; a channel of None is not there."""

    folder: Path
    channels: tuple[str, ...] = ("telegram", "line")
    mode: str = "webhook"
    changes: Table_ = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    full: float = 0.0  # the share of the disk that is taken
    url: str = ""
    telegram: TelegramDouble = field(default_factory=TelegramDouble)
    line: FakeLine = field(default_factory=FakeLine)

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        self.line.now = self.clock
        self.line.menus |= MENUS
        self.line.pictures |= PICTURES
        await self._stack.enter_async_context(self.telegram)
        await self._stack.enter_async_context(self.line)
        self.http = await self._stack.enter_async_context(aiohttp.ClientSession())
        told = at_home(self.folder)
        told["server"]["public_url"] = ADDRESS
        if "telegram" in self.channels:
            told["telegram"] = on_telegram(self.telegram, self.mode)
        if "line" in self.channels:
            told["line"] = on_line(self.line)
        for section, keys in self.changes.items():
            told[section] = {**told.get(section, {}), **keys}
        self.config = config(self.folder, told)
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        await self._stack.aclose()

    async def open(self) -> None:
        """Start the bot; again after `close`, as after a restart. What a start does is done, but APScheduler is left
        out: it goes by the real clock, and nobody can say what time it is in the house when it speaks."""
        self._running = AsyncExitStack()
        self.app: App = build(reading.read(self.config, {}), now=self.clock, probe=lambda _: self.full)
        self._running.push_async_callback(self.app.stop)
        await self.app.start()
        await self.app.schedule.digest()
        self.url = await self._running.enter_async_context(served(server.build(self.app), self.app.web))
        await until(lambda: self.app.ready == set(self.app.channels))
        if self.app.gauge:
            await self.app.gauge.read()
        MENUS.update(self.line.menus)
        PICTURES.update(self.line.pictures)

    async def close(self) -> None:
        await self._running.aclose()

    async def settled(self) -> None:
        """Everything that is due has left."""
        async with asyncio.timeout(PATIENCE):
            while await self.count(OUTBOX, OUTBOX.c.state == "todo", OUTBOX.c.due <= self.clock()):
                await asyncio.sleep(0.005)
            await self.app.dispatcher.settle()

    async def later(self, **span: float) -> None:
        """The clock is turned, and what waited for that leaves."""
        self.clock.tick(**span)
        self.app.dispatcher.wake()
        await self.settled()

    async def metered(self) -> None:
        """What the clock does every few minutes: LINE is asked, and what may leave leaves."""
        assert self.app.gauge
        await self.app.gauge.read()
        self.app.dispatcher.wake()
        await self.settled()

    async def count(self, table: Table, *where: Any) -> int:
        query = select(func.count()).select_from(table).where(*where)
        return int(await self.app.database.read(lambda c: c.execute(query).scalar_one()))

    async def cases(self) -> list[Any]:
        return list(await self.app.database.read(lambda c: c.execute(select(CASES).order_by(CASES.c.id)).all()))

    async def invite(self, role: str = "coordinator", scope: str = "*") -> str:
        def make(connection: Any) -> str:
            return codes.invite(connection, self.app.store, "join", role, scope)

        return await self.app.database.write(make)

    async def enlist(self, *people: Address, scope: str = "TH3801", seat: str = "police") -> None:
        """These private chats are of officers of a district."""
        taken = [Enroll(p.chat, "officer", scope, p, "th", seat=seat, since=self.clock()) for p in people]
        await self.app.database.write(lambda c: directory.change(c, self.app.store, taken))

    async def read(self, screen: Sequence["Shown"]) -> list["Shown"]:
        """The same with what the buttons mean."""
        said = [value for shown in screen for value in shown.buttons if value]
        means = await meanings(self.app.database, self.app.store, said)
        return [
            replace(
                shown,
                buttons={means.get(value, value): label for value, label in shown.buttons.items()},
                claims={means.get(value, value): value for value in shown.buttons},
            )
            for shown in screen
        ]

    async def post(self, path: str, body: bytes | str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        async with self.http.post(self.url + path, data=body, headers=headers) as answer:
            return answer.status, await answer.read()

    async def get(self, path: str) -> tuple[int, bytes]:
        async with self.http.get(self.url + path) as answer:
            return answer.status, await answer.read()


@asynccontextmanager
async def served(app: Starlette, web: Web) -> AsyncIterator[str]:
    """A real server without uvicorn's own loop, whose pauses would be most of a test's time."""
    made = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none")
    made.load()
    listener = uvicorn.Server(made)
    listener.lifespan = made.lifespan_class(made)
    await listener.startup(sockets=[listening := socket.create_server(("127.0.0.1", 0))])
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await web.close()
        for one in listener.servers:
            one.close()
        for connection in list(listener.server_state.connections):
            connection.shutdown()
        await until(lambda: not listener.server_state.tasks)


async def until(true: Any) -> None:
    """Wait for what another task brings about."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


@dataclass(frozen=True)
class Shown:
    """The newest thing a chat shows: its words, its buttons as value -> label, its files, and its id."""

    text: str
    buttons: Mapping[str, str]
    files: tuple[bytes, ...] = ()
    message: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)  # what a button means -> what it says


class Phone(Protocol):
    """Somebody with an app, whichever it is."""

    async def write(self, text: str) -> int: ...
    async def press(self, value: str) -> int: ...
    async def share(self, latitude: float, longitude: float) -> int: ...
    async def photo(self, content: bytes) -> int: ...
    async def screen(self) -> list[Shown]: ...


@dataclass
class OnTelegram:
    """A person on Telegram; `chat` is a group where it is not their own."""

    house: House
    person: int
    chat: int = 0
    hint: str = ""
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def place(self) -> dict[str, Any]:
        chat = self.chat or self.person
        return {"id": chat, "type": "private"} if chat > 0 else {"id": chat, "type": "supergroup", "title": "G"}

    def message(self, **content: Any) -> dict[str, Any]:
        sender = {"id": self.person, "is_bot": False, "first_name": "x", "language_code": self.hint}
        at = int(self.house.clock().timestamp())
        return {"message_id": next(self.numbers), "date": at, "chat": self.place, "from": sender, **content}

    async def update(self, **kinds: Any) -> int:
        """One update, the way Telegram delivers it now; the webhook's answer, or 0 when it waits to be polled."""
        update = {"update_id": self.house.telegram._next_update, **kinds}
        self.house.telegram._next_update += 1
        if self.house.mode == "polling":
            return await self.house.telegram.say(update)
        body = json.dumps(update, ensure_ascii=False)
        return (await self.house.post("/telegram", body, {"X-Telegram-Bot-Api-Secret-Token": SECRET}))[0]

    async def write(self, text: str) -> int:
        return await self.update(message=self.message(text=text))

    async def press(self, value: str, message: int = 0) -> int:
        """Press the button of the newest message that has it."""
        shown = next((s for s in reversed(await self.screen()) if value in s.buttons), None)
        number = message or int(shown.message if shown else 0)
        assert number, f"no button {value}"
        value = shown.claims[value] if shown else value
        card = {"message_id": number, "date": 0, "chat": self.place}
        sender = {"id": self.person, "is_bot": False, "first_name": "x", "language_code": self.hint}
        return await self.update(
            callback_query={
                "id": uuid.uuid4().hex,
                "from": sender,
                "message": card,
                "data": value,
                "chat_instance": "1",
            }
        )

    async def share(self, latitude: float, longitude: float) -> int:
        return await self.update(message=self.message(location={"latitude": latitude, "longitude": longitude}))

    async def photo(self, content: bytes) -> int:
        name = uuid.uuid4().hex
        self.house.telegram.files[name] = content
        size = {"file_id": name, "file_unique_id": f"u{name}", "width": 60, "height": 40, "file_size": len(content)}
        return await self.update(message=self.message(photo=[size]))

    async def screen(self) -> list[Shown]:
        found = []
        for (chat, number), shown in self.house.telegram.messages.items():
            if chat == (self.chat or self.person):
                rows = shown.get("reply_markup", {}).get("inline_keyboard", ())
                buttons = {b.get("callback_data", b.get("url")): b["text"] for row in rows for b in row}
                text = shown.get("text") or shown.get("caption") or ""
                found.append(Shown(text, buttons, tuple(self._files(number)), str(number)))
        return await self.house.read(found)

    def _files(self, number: int) -> list[bytes]:
        sent = [c for c in self.house.telegram.calls if c.files and c.params["chat_id"] == (self.chat or self.person)]
        shown = self.house.telegram.messages[self.chat or self.person, number]
        if not any(kind in shown for kind in telegram_double.FILES):
            return []
        return [content for call in sent for _, _, content in call.files.values()]


@dataclass
class OnLine:
    """A person on LINE; `chat` is a group where it is not their own."""

    house: House
    person: str
    chat: str = ""

    async def deliver(self, *events: Mapping[str, Any]) -> int:
        return await self.house.line.deliver(self.house.url + "/line", *events)

    def event(self, kind: str, **more: Any) -> dict[str, Any]:
        return self.house.line.event(kind, self.chat or self.person, self.person, **more)

    async def write(self, text: str) -> int:
        return await self.deliver(self.house.line.says(self.chat or self.person, text, self.person))

    async def press(self, value: str) -> int:
        """A quick reply posts its value; a button of a group's card says a command."""
        if self.chat:
            return await self.write("/" + value.replace(":", " "))
        said = next((s.claims[value] for s in reversed(await self.screen()) if value in s.claims), value)
        return await self.deliver(self.event("postback", postback={"data": said}))

    async def share(self, latitude: float, longitude: float) -> int:
        pin = {"id": uuid.uuid4().hex, "type": "location", "latitude": latitude, "longitude": longitude}
        return await self.deliver(self.event("message", message=pin))

    async def photo(self, content: bytes) -> int:
        name = uuid.uuid4().hex
        self.house.line.contents[name] = content
        message = {"id": name, "type": "image", "contentProvider": {"type": "line"}}
        return await self.deliver(self.event("message", message=message))

    async def screen(self) -> list[Shown]:
        mine = [m for chat, m in self.house.line.delivered if chat == (self.chat or self.person)]
        shown = [Shown(m.get("text") or m.get("altText") or m["type"], _line_buttons(m)) for m in mine]
        return await self.house.read(shown)


def _line_buttons(message: Mapping[str, Any]) -> dict[str, str]:
    quick = [item["action"] for item in message.get("quickReply", {"items": []})["items"]]
    card = [row["action"] for row in message.get("contents", {}).get("footer", {}).get("contents", [])]
    spoken = {a["text"].removeprefix("/").replace(" ", ":", 1): a["label"] for a in card if a["type"] == "message"}
    tiles = [box["action"] for box in line_double.pressable(message.get("contents", {}))]
    return {a["data"]: a["label"] for a in (*tiles, *quick) if a["type"] == "postback"} | spoken


@dataclass
class OnWeb:
    """A resident with a browser."""

    house: House
    hint: str = ""

    async def __aenter__(self) -> Self:
        jar = aiohttp.CookieJar(unsafe=True)
        self._http = aiohttp.ClientSession(cookie_jar=jar, headers={"X-NTS": "1", "Sec-Fetch-Site": "same-origin"})
        await self._post("session", {})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def _post(self, path: str, body: Mapping[str, Any]) -> int:
        async with self._http.post(f"{self.house.url}/web/{path}", json=body) as answer:
            return answer.status

    async def say(self, **body: Any) -> int:
        return await self._post("messages", {"id": str(uuid.uuid4()), "language": self.hint, **body})

    async def write(self, text: str) -> int:
        return await self.say(type="text", text=text)

    async def press(self, value: str) -> int:
        shown = next(s for s in reversed(await self.screen()) if value in s.buttons)
        return await self.say(type="choice", value=shown.claims[value], message=shown.message)

    async def share(self, latitude: float, longitude: float) -> int:
        return await self.say(type="place", latitude=latitude, longitude=longitude)

    async def photo(self, content: bytes) -> int:
        url = f"{self.house.url}/web/media?id={uuid.uuid4()}"
        async with self._http.post(url, data=content, headers={"Content-Type": "image/jpeg"}) as answer:
            return answer.status

    async def letters(self) -> list[Any]:
        """What the open line brings until it has caught up."""
        found = []
        async with self._http.get(f"{self.house.url}/web/events?after=0") as answer, asyncio.timeout(PATIENCE):
            name = ""
            while name != "ready":
                row = (await answer.content.readline()).decode()
                if match := re.match(r"event: (\w+)", row):
                    name = match[1]
                elif row.startswith("data: ") and name == "letter":
                    found.append(json.loads(row[6:]))
        return found

    async def screen(self) -> list[Shown]:
        shown = [
            Shown(
                m.get("text", ""),
                {value: label for label, value, kind, *_ in m.get("buttons", ()) if kind != ButtonKind.LINK},
                tuple(a["url"].encode() for a in m.get("attachments", ()) if "url" in a),
                str(letter["id"]),
            )
            for letter in await self.letters()
            for m in letter["messages"]
        ]
        return await self.house.read(shown)


STEPS = ("a:consent:yes", "a:kind:drugs", PIN, "a:when:now")


async def report(
    phone: Phone, house: House, language: str, words: str, *, photo: bytes = b"", silent: bool = False
) -> str:
    """A whole report; what the resident is told at its end."""
    await phone.write("/start")
    for step in (f"a:language:{language}", *STEPS):
        await house.settled()
        status = await (phone.press(step) if isinstance(step, str) else phone.share(*step))
        assert status == 200 or house.mode == "polling"
    await house.settled()
    if photo:
        await phone.photo(photo)
        await house.settled()
    if words:
        await phone.write(words)
        await house.settled()
    if silent:
        await phone.press("change:contact")
        await phone.press("a:set-contact:never")
    await phone.press("a:send:ask")
    await house.settled()
    return (await phone.screen())[-1].text


TELEGRAM_GROUP, LINE_GROUP = -1001, "C" + "1" * 32
BOT_OF_LINE = line_double.BOT


async def link(house: House, group: OnTelegram | OnLine, chief: OnTelegram | OnLine, scope: str = "TH3801") -> None:
    """A coordinator joins by an invitation, asks for a code and writes it in the group."""
    if not house.app.store.directory.members:
        await chief.write(f"/join {await house.invite()}")
        await house.settled()
    await chief.write(f"/link {scope}")
    await house.settled()
    code = re.search(r"/link (\S+)", (await chief.screen())[-1].text)
    assert code
    group = type(group)(group.house, chief.person, group.chat)  # type: ignore[arg-type]
    await group.write(f"/link {code[1]}")
    await house.settled()
