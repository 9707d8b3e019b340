"""One contract, all channels: what every channel must do, over HTTP to its double and back."""

import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from bot.channels import BadSignature, Channel, Outgoing, Poison, SendError
from bot.channels.line import Line
from bot.channels.telegram import Telegram
from bot.channels.web import PERSON, UPLOAD, Unreadable, Web
from bot.connect import CHANNELS
from handlers.effects import ButtonKind
from handlers.events import Body, Choice, Command, Incoming, Media, MediaKind, Place, Text
from tests.doubles.line import FakeLine, signed
from tests.doubles.mailbox import MemoryMailbox, MemoryUploads
from tests.doubles.telegram import TelegramDouble, blocked, broken, dropped, throttled

SECRET = "secret"
ADDRESS = "https://bot.example.org"
FILE = b"bytes of a picture"
LAO = "ເຫັນເຮືອບໍ່ມີໄຟຈອດຢູ່ແຄມນ້ຳ ແລະ ມີຄົນຂົນກະເປົາ. "
BUTTONS = [["Yes", "a:x:yes", ButtonKind.OPTION], ["No", "a:x:no", ButtonKind.OPTION], ["Back", "back", ButtonKind.NAV]]

Wire = tuple[bytes, Mapping[str, str]]  # a webhook's body and headers


class Platform(Protocol):
    """One channel and what stands for its platform. `say` makes the webhook in which a resident does something."""

    chat: str
    group: str

    @property
    def channel(self) -> Channel: ...
    def say(self, body: Body, key: int = 1) -> Wire: ...
    def shown(self, chat: str) -> list[str]: ...
    def offered(self, chat: str) -> set[str]: ...


class Remote(Platform, Protocol):
    """A platform that can fail."""

    def fail(self, how: str) -> None: ...


@dataclass
class TelegramSide:
    channel: Telegram
    double: TelegramDouble
    chat: str = "71"
    group: str = "-1001"

    def say(self, body: Body, key: int = 1) -> Wire:
        person = {"id": 71, "is_bot": False, "first_name": "x"}
        message: dict[str, Any] = {"message_id": 5, "date": 1, "chat": {"id": 71, "type": "private"}, "from": person}
        update: dict[str, Any] = {"update_id": key, "message": message}
        match body:
            case Text(text=text):
                message["text"] = text
            case Command(name=name, args=args):
                message["text"] = f"/{name} {args}"
            case Choice(value=value):
                query = {"id": "9", "from": person, "message": message, "data": value}
                update = {"update_id": key, "callback_query": query}
            case Place(latitude=latitude, longitude=longitude):
                message["location"] = {"latitude": latitude, "longitude": longitude}
            case Media(ref=ref):
                self.double.files[ref] = FILE
                message["photo"] = [{"file_id": ref, "width": 1, "height": 1}]
        return json.dumps(update).encode(), {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    def shown(self, chat: str) -> list[str]:
        return [m["text"] for (where, _), m in self.double.messages.items() if str(where) == chat]

    def offered(self, chat: str) -> set[str]:
        last = [m for (where, _), m in self.double.messages.items() if str(where) == chat][-1]
        return {b["callback_data"] for row in last["reply_markup"]["inline_keyboard"] for b in row}

    def fail(self, how: str) -> None:
        faults = {"busy": throttled(7), "broken": broken(), "lost": dropped(), "gone": blocked()}
        self.double.fail(faults[how])


@dataclass
class LineSide:
    channel: Line
    double: FakeLine
    chat: str = "U" + "7" * 32
    group: str = "C" + "1" * 32

    def say(self, body: Body, key: int = 1) -> Wire:
        kind, more = "message", dict[str, Any]()
        match body:
            case Text(text=text):
                more["message"] = {"id": "5", "type": "text", "text": text, "quoteToken": "q"}
            case Command(name=name, args=args):
                more["message"] = {"id": "5", "type": "text", "text": f"/{name} {args}", "quoteToken": "q"}
            case Choice(value=value):
                kind, more = "postback", {"postback": {"data": value}}
            case Place(latitude=latitude, longitude=longitude):
                more["message"] = {"id": "5", "type": "location", "latitude": latitude, "longitude": longitude}
            case Media(ref=ref):
                self.double.contents[ref] = FILE
                more["message"] = {"id": ref, "type": "image", "contentProvider": {"type": "line"}}
        event = self.double.event(kind, self.chat, **more) | {"webhookEventId": f"01H{key:023d}"}
        return signed({"destination": "U", "events": [event]}, SECRET)

    def shown(self, chat: str) -> list[str]:
        return [m.get("text") or m["altText"] for where, m in self.double.delivered if where == chat]

    def offered(self, chat: str) -> set[str]:
        last = [m for where, m in self.double.delivered if where == chat][-1]
        return {item["action"]["data"] for item in last["quickReply"]["items"]}

    def fail(self, how: str) -> None:
        self.double.fail({"busy": "429", "broken": "500", "lost": "lost", "gone": "404"}[how])


@dataclass
class WebSide:
    channel: Web
    mailbox: MemoryMailbox
    uploads: MemoryUploads
    chat: str = "p-71"
    group: str = "g-kan"

    def say(self, body: Body, key: int = 1) -> Wire:
        said: dict[str, Any] = {"id": str(uuid.UUID(int=key))}
        headers = {PERSON: self.chat}
        match body:
            case Text(text=text):
                said |= {"type": "text", "text": text}
            case Command(name=name, args=args):
                said |= {"type": "text", "text": f"/{name} {args}"}
            case Choice(value=value):
                said |= {"type": "choice", "value": value, "message": "5"}
            case Place(latitude=latitude, longitude=longitude):
                said |= {"type": "place", "latitude": latitude, "longitude": longitude}
            case Media(ref=ref):
                self.uploads.files[ref] = FILE
                said |= {"type": "media", "mime": "image/jpeg"}
                headers[UPLOAD] = ref
        return json.dumps(said).encode(), headers

    def letters(self, chat: str) -> list[Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for letter in self.mailbox.letters:
            for message in letter.messages if letter.chat == chat else ():
                found[message["replaces"] or str(letter.id)] = message
        return list(found.values())

    def shown(self, chat: str) -> list[str]:
        return [m["text"] for m in self.letters(chat)]

    def offered(self, chat: str) -> set[str]:
        return {value for _, value, _ in self.letters(chat)[-1]["buttons"]}


@asynccontextmanager
async def made(name: str) -> AsyncIterator[Any]:
    match name:
        case "telegram":
            async with TelegramDouble() as telegram:
                bot = Telegram(telegram.token, SECRET, telegram.base_url, telegram.base_file_url)
                yield TelegramSide(bot, telegram)
                await bot.close()
        case "line":
            async with FakeLine(secret=SECRET) as line:
                account = Line(SECRET, line.token, line.url, line.url, destination="U")
                yield LineSide(account, line)
                await account.close()
        case _:
            mailbox, uploads = MemoryMailbox(), MemoryUploads()
            page = Web(mailbox, uploads)
            yield WebSide(page, mailbox, uploads)
            await page.close()


@pytest.fixture(params=["telegram", "line", "web"])
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[Platform]:
    async with made(request.param) as one:
        yield one


@pytest.fixture(params=["telegram", "line"])
async def remote(request: pytest.FixtureRequest) -> AsyncIterator[Remote]:
    """A platform that can fail; the page is ours."""
    async with made(request.param) as one:
        yield one


def out(chat: str, part: Mapping[str, Any], key: str = "", token: str = "") -> Outgoing:
    return Outgoing(chat, [part], key or str(uuid.uuid4()), token)


async def speak(platform: Platform, text: str, chat: str = "", **more: Any) -> list[str]:
    """Cut and send; the ids of what was sent."""
    message = {"text": text, "buttons": [], **more}
    parts = platform.channel.split([message])
    return [await platform.channel.send(Outgoing(chat or platform.chat, p, str(uuid.uuid4()))) for p in parts]


def test_every_channel_is_under_this_contract() -> None:
    assert {*CHANNELS, "web"} == {"telegram", "line", "web"}


# --- in


@pytest.mark.parametrize(
    "body",
    [Text(LAO), Command("join", "AB12"), Choice("a:kind:drugs"), Place(18.36, 103.65), Media(MediaKind.PHOTO, "f1")],
    ids=lambda b: type(b).__name__,
)
async def test_what_a_resident_does_is_one_event_of_their_chat(platform: Platform, body: Body) -> None:
    (event,) = platform.channel.parse(*platform.say(body))
    assert isinstance(event, Incoming)
    assert (event.chat.channel, event.chat.chat, event.sender) == (platform.channel.name, platform.chat, platform.chat)
    assert not event.group
    match event.body:
        case Media(kind=kind, ref=ref):
            assert (kind, ref) == (MediaKind.PHOTO, "f1")
        case found:
            assert found == body


async def test_the_same_delivery_has_the_same_id_and_another_one_another(platform: Platform) -> None:
    def ids(key: int) -> list[str]:
        return [e.id for e in platform.channel.parse(*platform.say(Text("x"), key))]

    assert ids(1) == ids(1) != ids(2)


async def test_a_stranger_is_refused(platform: Platform) -> None:
    body, _ = platform.say(Text("x"))
    with pytest.raises(BadSignature):
        platform.channel.parse(body, {})


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b'{"events": 5}', b'{"update_id": "x"}'])
async def test_a_signed_body_nobody_can_read_is_poison_and_no_error(platform: Platform, body: bytes) -> None:
    _, headers = signed(body, SECRET)
    known = {**platform.say(Text("x"))[1], **headers}
    try:
        found = platform.channel.parse(body, known)
    except Unreadable:
        assert platform.channel.name == "web"  # its page is told at once, nothing waits behind it
        return
    assert all(isinstance(e, Poison) for e in found)
    assert len(found) == 1


async def test_a_file_is_fetched_by_the_reference_of_its_event(platform: Platform) -> None:
    (event,) = platform.channel.parse(*platform.say(Media(MediaKind.PHOTO, "f1")))
    assert isinstance(event, Incoming)
    assert isinstance(event.body, Media)
    assert b"".join([chunk async for chunk in platform.channel.fetch(event.body.ref)]) == FILE


async def test_a_file_that_is_not_there_never_will_be(platform: Platform) -> None:
    with pytest.raises(SendError) as error:
        _ = [chunk async for chunk in platform.channel.fetch("nothing")]
    assert error.value.retry_after is None


# --- out


async def test_words_and_buttons_arrive_and_the_buttons_come_back(platform: Platform) -> None:
    (sent,) = await speak(platform, LAO, buttons=BUTTONS)
    assert sent
    assert [text.strip() for text in platform.shown(platform.chat)] == [LAO.strip()]
    assert platform.offered(platform.chat) == {"a:x:yes", "a:x:no", "back"}
    (event,) = platform.channel.parse(*platform.say(Choice("a:x:yes")))
    assert isinstance(event, Incoming)
    assert event.body == Choice("a:x:yes")


async def test_a_long_text_arrives_whole_and_in_order(platform: Platform) -> None:
    text = "".join(f"{n} {LAO}" for n in range(300))
    await speak(platform, text, buttons=BUTTONS)
    assert "".join("".join(platform.shown(platform.chat)).split()) == "".join(text.split())
    assert platform.offered(platform.chat) == {"a:x:yes", "a:x:no", "back"}


async def test_nothing_to_say_makes_no_request(platform: Platform) -> None:
    assert platform.channel.split([{"text": " ", "buttons": []}]) == []


async def test_a_newer_message_stands_for_the_older_one(platform: Platform) -> None:
    (first,) = await speak(platform, "old", buttons=BUTTONS)
    await speak(platform, "new", replaces=first, buttons=BUTTONS[:1])
    assert platform.shown(platform.chat)[-1] == "new"
    assert platform.offered(platform.chat) == {"a:x:yes"}


async def test_the_same_key_is_said_once_where_the_platform_knows_keys(platform: Platform) -> None:
    said = out(platform.chat, {"text": "x", "buttons": [], "attachments": []}, str(uuid.uuid4()))
    ids = [await platform.channel.send(said) for _ in range(2)]
    times = 2 if platform.channel.name == "telegram" else 1
    assert platform.shown(platform.chat) == ["x"] * times
    assert len(set(ids)) == times


async def test_a_group_is_told_from_a_person_and_heard_by_nobody_else(platform: Platform) -> None:
    assert platform.channel.is_group(platform.group)
    assert not platform.channel.is_group(platform.chat)
    await speak(platform, "to the group", platform.group)
    assert platform.shown(platform.group) == ["to the group"]
    assert platform.shown(platform.chat) == []


# --- platforms that fail


@pytest.mark.parametrize(
    ("how", "holds"),
    [
        ("busy", lambda e: e.retry_after and not e.charged),
        ("broken", lambda e: e.retry_after and e.charged and not e.whole_channel),
        ("lost", lambda e: e.retry_after and e.charged and not e.whole_channel),
        ("gone", lambda e: e.retry_after is None and e.gone),
    ],
)
async def test_an_error_says_what_to_do_next(remote: Remote, how: str, holds: Callable[[SendError], bool]) -> None:
    remote.fail(how)
    with pytest.raises(SendError) as error:
        await speak(remote, "x")
    assert holds(error.value)
    await speak(remote, "x")  # and the next one goes well


async def test_stopping_a_spinner_never_fails(remote: Remote) -> None:
    remote.fail("broken")
    await remote.channel.acknowledge("old")


async def test_after_start_there_is_nothing_to_complain_about(platform: Platform) -> None:
    await platform.channel.start(ADDRESS)
    assert await platform.channel.check(ADDRESS) == []


async def test_closing_twice_is_no_error(platform: Platform) -> None:
    await speak(platform, "x")
    await platform.channel.close()
    await platform.channel.close()
