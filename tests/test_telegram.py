"""Telegram: updates become events, our messages become requests the platform takes, and errors say what to do."""

import asyncio
import contextlib
import json
import logging
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels import BadSignature, Channel, Outgoing, Poison, SendError, telegram_parts
from bot.channels.telegram import Telegram
from handlers.events import Choice, Command, Incoming, Media, MediaKind, Text
from handlers.graphemes import utf16
from tests.doubles import telegram as double
from tests.doubles.telegram import TelegramDouble

HERE = Path(__file__).parent
PAYLOADS = sorted((HERE / "payloads/telegram").glob("*.json"))
NOW = datetime(2026, 9, 21, 15, tzinfo=UTC)
SECRET = "s3cret_Token-1"
SIGNED = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
KEY = "5f1d0e6c-0000-4000-8000-000000000001"
LAW = settings(deadline=None)  # the machine may be busy; a law is about what happens, not how fast
RESIDENT, GROUP = "7001", "-1001234567890"
MENUS = {
    "private": {"th": [("start", "เริ่ม")], "lo": [("start", "ເລີ່ມ")], "en": [("start", "Start")]},
    "group": {"th": [("summary", "สรุป")]},
}


def channel(server: TelegramDouble | None = None, **more: Any) -> Telegram:
    base = (server.base_url, server.base_file_url) if server else ("http://127.0.0.1:9/bot", "http://127.0.0.1:9/f")
    more = {"now": lambda: NOW, "me": "MekongWatchBot", "chance": random.Random(1).random, **more}
    return Telegram(server.token if server else double.TOKEN, SECRET, *base, **more)


@pytest.fixture
async def server() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as server:
        yield server


@pytest.fixture
async def telegram(server: TelegramDouble) -> AsyncIterator[Telegram]:
    telegram = channel(server)
    yield telegram
    await telegram.close()


def as_json(event: Incoming | Poison) -> dict[str, Any]:
    if isinstance(event, Poison):
        return {"poison": event.id.partition(":")[0]}
    found: dict[str, Any] = {
        "id": event.id,
        "at": event.at.isoformat(),
        "chat": [event.chat.channel, event.chat.chat],
        "sender": event.sender,
        "body": {"type": type(event.body).__name__, **_fields(event.body)},
    }
    more = {"group": event.group, "message": event.message, "hint": event.hint, "press": event.press,
            "replies": event.replies}  # fmt: skip
    return found | {name: value for name, value in more.items() if value}


def _fields(body: Any) -> dict[str, Any]:
    values = {name: getattr(body, name) for name in body.__slots__}
    values = {name: _fields(value) if isinstance(value, Media) else value for name, value in values.items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value}


def message(text: str = "", *buttons: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    return {"text": text, "buttons": [list(button) for button in buttons], "attachments": [], **more}


async def say(telegram: Telegram, chat: str, *messages: dict[str, Any]) -> list[str]:
    return [await telegram.send(Outgoing(chat, parts, KEY)) for parts in telegram.split(messages)]


async def failed(telegram: Telegram, chat: str = RESIDENT, **more: Any) -> SendError:
    with pytest.raises(SendError) as caught:
        await say(telegram, chat, message("hello", **more))
    return caught.value


# In


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_payload_becomes_these_events(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    body = json.dumps(case["body"]).encode()
    assert [as_json(event) for event in channel().parse(body, SIGNED)] == case["events"]


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_polling_reads_what_the_webhook_reads(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    assert [as_json(event) for event in channel().read(case["body"])] == case["events"]


def test_no_name_is_ever_kept() -> None:
    for path in PAYLOADS:
        body = json.loads(path.read_text("utf-8"))["body"]
        events = [event for event in channel().read(body) if isinstance(event, Incoming)]
        assert not any(name in repr(events) for name in ("คำแพง", "ศรีสุข", "khampaeng", "สมชาย", "บ้านลุงดำ", "ตำรวจ"))


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Telegram-Bot-Api-Secret-Token": "s3cret_Token-2"}, {"X-Telegram-Bot-Api-Secret-Token": "ກ\udcff"}],
)
def test_a_body_without_our_secret_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        channel().parse(b'{"update_id":1}', headers)


def test_without_a_secret_of_our_own_nobody_is_let_in() -> None:
    with pytest.raises(BadSignature):
        Telegram(double.TOKEN, "").parse(b'{"update_id":1}', {"x-telegram-bot-api-secret-token": ""})


@pytest.mark.parametrize("name", ["x-telegram-bot-api-secret-token", "X-TELEGRAM-BOT-API-SECRET-TOKEN"])
def test_the_name_of_the_header_has_no_case(name: str) -> None:
    assert channel().parse(b'{"update_id":1}', {name: SECRET}) == []


def test_bytes_that_are_not_json_are_set_aside_whole() -> None:
    (event,) = channel().parse(b"\xff{", SIGNED)
    assert isinstance(event, Poison)
    assert event.raw == b"\xff{"
    assert event.id == channel().parse(b"\xff{", SIGNED)[0].id != channel().parse(b"[", SIGNED)[0].id


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@LAW
@given(
    text=st.one_of(
        st.text(max_size=5), st.integers(2030, 2070).map(lambda n: "🚤" * n), st.sampled_from([" a", "a\n", "\u200b"])
    ),
    buttons=st.lists(st.just(["a", "b", "option"]), max_size=2),
    replaces=st.sampled_from(["", "17"]),
)
def test_a_message_alone_is_cut_as_it_is_behind_one_that_says_nothing(
    text: str, buttons: list[list[str]], replaces: str
) -> None:
    """Nearly every message is words that fit and takes the short way (`telegram_parts.requests`)."""
    message = {"text": text, "buttons": buttons, **({"replaces": replaces} if replaces else {})}
    nothing = {"text": "", "buttons": []}
    assert telegram_parts.requests([message]) == telegram_parts.requests([nothing, message])


@LAW
@given(st.binary(max_size=64) | values.map(lambda value: json.dumps(value).encode()))
def test_no_body_raises(body: bytes) -> None:
    for event in channel().parse(body, SIGNED):
        assert isinstance(event, Incoming | Poison)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A recorded update with one value, at any depth, replaced or removed."""
    update = json.loads(draw(st.sampled_from(PAYLOADS)).read_text("utf-8"))["body"]
    holder = update
    while True:
        place = draw(st.sampled_from(sorted(holder))) if isinstance(holder, dict) else draw(st.sampled_from([0]))
        inner = holder[place]
        if not (isinstance(inner, dict | list) and inner) or draw(st.booleans()):
            break
        holder = inner
    if draw(st.booleans()):
        del holder[place]
    else:
        holder[place] = draw(values)
    return update


@LAW
@given(mutated())
def test_an_update_with_a_broken_field_is_read_or_set_aside(update: Any) -> None:
    events = channel().parse(json.dumps(update).encode(), SIGNED)
    assert len(events) <= 1
    assert all(isinstance(event, Incoming | Poison) for event in events)


def test_reading_does_not_load_the_library() -> None:
    code = (
        "import sys; from bot.channels.telegram import Telegram;"
        "Telegram('1:a', 's').parse(b'{\"update_id\":1}', {'x-telegram-bot-api-secret-token': 's'});"
        "print('telegram' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parent)
    assert done.stdout.strip() == "False"


# Out: cutting


SCRIPTS = "ກຂຄງຈສຊນ້ຳໍ່ເແໂກมหาบึงกาฬที่น้ำผู้เกี่ยวស្ត្រីខ្មែរភ្នំពេញកម្ពុជា abc.\n\n 🍎👨‍👩‍👧"
words = st.text(alphabet=SCRIPTS, max_size=400)
long_words = st.builds(lambda text, times: text * times, words, st.integers(1, 60))
button = st.tuples(
    words.map(lambda text: text[:20].strip() or "ok"), st.just("v:1"), st.sampled_from(["option", "nav"])
)
files = st.fixed_dictionaries({"kind": st.sampled_from(["photo", "video", "voice", "document", "pin"])})
said = st.builds(
    lambda text, buttons, attachments, card: {
        "text": text,
        "buttons": [list(one) for one in buttons],
        "attachments": attachments,
        **({"card": card} if card else {}),
    },
    long_words,
    st.lists(button, max_size=3),
    st.lists(files, max_size=3),
    st.integers(0, 1),
)


@LAW
@given(st.lists(said, max_size=4))
def test_every_request_is_within_the_limits(messages: list[dict[str, Any]]) -> None:
    for request in channel().split(messages):
        (part,) = request
        assert len(part["attachments"]) <= 1
        assert utf16(part["text"]) <= (1024 if part["attachments"] else 4096)
        assert part["text"].strip() or part["attachments"]
        assert orjson.loads(orjson.dumps(request)) == request


@LAW
@given(st.lists(said, max_size=4))
def test_nothing_said_is_lost_or_reordered(messages: list[dict[str, Any]]) -> None:
    parts = [part for (part,) in channel().split(messages)]
    assert "".join("".join(part["text"] for part in parts).split()).replace("…", "") == "".join(
        "".join(one["text"] for one in messages).split()
    )
    assert [file for part in parts for file in part["attachments"]] == [
        file for one in messages for file in one["attachments"]
    ]
    assert [button for part in parts for button in part["buttons"]] == [
        button for one in messages for button in one["buttons"]
    ]


@LAW
@given(long_words)
def test_no_part_begins_inside_a_written_character(text: str) -> None:
    for (part,) in channel().split([message(text)])[1:]:
        assert part["text"][0] not in "\u17d2\u0e31\u0e33\u0eb3\u0ec8\u0ec9\u200d"


def test_what_is_said_in_one_turn_is_one_text_with_the_last_buttons() -> None:
    parts = channel().split([message("ก"), message("ข", ("yes", "y", "option"))])
    assert parts == [[message("ก\n\nข", ("yes", "y", "option"))]]


@pytest.mark.parametrize(
    "second", [message("b", replaces="7"), message("b", card=3), message("b", attachments=[{"kind": "pin"}])]
)
def test_a_message_that_is_more_than_words_stays_alone(second: dict[str, Any]) -> None:
    parts = channel().split([message("a"), second])
    assert parts[0] == [message("a")]
    assert parts[-1][0]["text"] == "b"


def test_buttons_end_a_text() -> None:
    parts = channel().split([message("a", ("x", "x", "option")), message("b")])
    assert [part["text"] for (part,) in parts] == ["a", "b"]


def test_a_long_edit_edits_its_beginning_and_says_the_rest_below() -> None:
    parts = [part for (part,) in channel().split([message("ย" * 5000, ("x", "x", "option"), replaces="7", card=3)])]
    assert [part.get("replaces") for part in parts] == ["7", None]
    assert [part.get("card") for part in parts] == [None, 3]
    assert [len(part["buttons"]) for part in parts] == [0, 1]


def test_a_single_file_takes_short_words_along() -> None:
    photo = {"kind": "photo", "file": "f1", "mime": "image/jpeg"}
    assert channel().split([message("ទូក", attachments=[photo])]) == [[message("ទូក", attachments=[photo])]]
    assert [part["text"] for (part,) in channel().split([message("x" * 1025, attachments=[photo])])] == ["", "x" * 1025]
    assert [part["text"] for (part,) in channel().split([message("x", attachments=[photo, photo])])] == ["", "", "x"]


def test_a_zero_width_space_does_not_leave_the_house() -> None:
    assert channel().split([message("មុន\u200bនេះ")])[0][0]["text"] == "មុននេះ"


# Out: requests


async def test_words_are_never_markup_and_never_previewed(server: TelegramDouble, telegram: Telegram) -> None:
    (sent,) = await say(telegram, RESIDENT, message("<b>*x*</b> https://example.com"))
    (asked,) = server.asked("sendMessage")
    assert asked == {
        "chat_id": 7001,
        "text": "<b>*x*</b> https://example.com",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"remove_keyboard": True},
    }
    assert (7001, int(sent)) in server.messages


async def test_buttons_are_laid_out_by_the_length_of_their_labels(server: TelegramDouble, telegram: Telegram) -> None:
    short = [(label, label, "option") for label in "1234"]
    long = [("ค้ามนุษย์หรือบังคับใช้แรงงาน", "t", "option"), ("ยาเสพติด", "d", "option")]
    link, nav = ("Map", "https://example.com/m", "link"), [("Back", "back", "nav"), ("Cancel", "cancel", "nav")]
    await say(telegram, RESIDENT, message("a", *short, *nav))
    await say(telegram, GROUP, message("b", *long, link, ("Camera", "camera", "camera")))
    first, second = (asked["reply_markup"]["inline_keyboard"] for asked in server.asked("sendMessage"))
    assert [[one["callback_data"] for one in row] for row in first] == [["1", "2", "3"], ["4"], ["back", "cancel"]]
    assert [[one["text"] for one in row] for row in second] == [[long[0][0]], [long[1][0]], ["Map"]]
    assert second[2][0]["url"] == "https://example.com/m"


async def test_a_location_is_asked_for_by_a_reply_keyboard(server: TelegramDouble, telegram: Telegram) -> None:
    asks = message("Where?", ("📍", "here", "location"), ("List", "l", "option"), ("Back", "b", "nav"), replaces="7")
    await say(telegram, RESIDENT, asks)
    await say(telegram, GROUP, asks | {"replaces": ""})
    await say(telegram, RESIDENT, message("Thanks"))
    private, group, after = (asked["reply_markup"] for asked in server.asked("sendMessage"))
    assert private["keyboard"] == [[{"text": "📍", "request_location": True}], [{"text": "List"}], [{"text": "Back"}]]
    assert private["one_time_keyboard"] is private["resize_keyboard"] is True
    assert [[one["text"] for one in row] for row in group["inline_keyboard"]] == [["List"], ["Back"]]
    assert after == {"remove_keyboard": True}
    assert server.asked("editMessageText") == []


async def test_a_message_is_edited_in_place(server: TelegramDouble, telegram: Telegram) -> None:
    (first,) = await say(telegram, GROUP, message("new", ("Take", "t:1", "option")))
    (again,) = await say(telegram, GROUP, message("taken", ("Done", "d:1", "option"), replaces=first))
    (same,) = await say(telegram, GROUP, message("taken", ("Done", "d:1", "option"), replaces=first))
    assert first == again == same
    assert [shown["text"] for shown in server.messages.values()] == ["taken"]


async def test_what_cannot_be_edited_is_said_anew(server: TelegramDouble, telegram: Telegram) -> None:
    (plain,) = await say(telegram, RESIDENT, message("has a remove_keyboard: not editable"))
    photo = {"kind": "photo", "mime": "image/jpeg", "bytes": b"\xff\xd8"}
    file = await telegram.send(Outgoing(RESIDENT, [message("caption", ("x", "x", "option"), attachments=[photo])], KEY))
    for replaced in (plain, file, "999999", "not a number"):
        (sent,) = await say(telegram, RESIDENT, message(f"after {replaced}", replaces=replaced))
        assert sent != replaced
        assert server.messages[7001, int(sent)]["text"] == f"after {replaced}"


@pytest.mark.parametrize(
    ("kind", "mime", "method", "name"),
    [
        ("photo", "image/jpeg", "sendPhoto", "photo.jpg"),
        ("photo", "image/heic", "sendDocument", "photo.heic"),
        ("video", "video/mp4", "sendVideo", "video.mp4"),
        ("video", "video/quicktime", "sendDocument", "video.mov"),
        ("voice", "audio/ogg; codecs=opus", "sendVoice", "voice.ogg"),
        ("voice", "audio/webm", "sendDocument", "voice.webm"),
        ("document", "application/pdf", "sendDocument", "file.pdf"),
        ("document", "", "sendDocument", "file.bin"),
    ],
)
async def test_a_file_goes_by_the_method_that_plays_it(
    server: TelegramDouble, telegram: Telegram, kind: str, mime: str, method: str, name: str
) -> None:
    attachment = {"kind": kind, "file": "SECRET-NAME.x", "mime": mime, "bytes": b"\x00\x01bytes"}
    part = message("รูป", ("x", "x", "option"), attachments=[attachment])
    sent = await telegram.send(Outgoing(GROUP, [part], KEY))
    (call,) = server.calls
    assert (call.method, call.params["caption"], call.params["protect_content"]) == (method, "รูป", True)
    assert call.params["chat_id"] == int(GROUP)
    assert call.params["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "x"
    ((filename, _, content),) = call.files.values()
    assert (filename, content) == (name, b"\x00\x01bytes")
    assert sent.isdecimal()


OWN = {"kind": "photo", "mime": "image/png", "bytes": b"\x89PNG", "asset": "kind-th 0123"}


async def test_a_picture_of_ours_is_uploaded_once(server: TelegramDouble, telegram: Telegram) -> None:
    for chat in (RESIDENT, GROUP):
        await telegram.send(Outgoing(chat, [message("?", ("x", "x", "option"), attachments=[OWN])], KEY))
    first, second = server.calls
    assert (list(first.files), first.params["caption"]) == (["photo"], "?")
    assert (list(second.files), second.params["photo"]) == ([], "photo-1")
    assert second.params["reply_markup"]["inline_keyboard"]


async def test_a_picture_that_telegram_forgot_is_uploaded_again(server: TelegramDouble, telegram: Telegram) -> None:
    await telegram.send(Outgoing(RESIDENT, [message("?", attachments=[OWN])], KEY))
    server.uploaded.clear()
    await telegram.send(Outgoing(RESIDENT, [message("?", attachments=[OWN])], KEY))
    assert [bool(call.files) for call in server.calls] == [True, False, True]


def test_a_question_that_is_heard_and_drawn_is_one_step() -> None:
    spoken, sheet = {"kind": "spoken", "file": "th/kind"}, {"kind": "sheet", "file": "kind-th"}
    asked = message("อะไร", ("ยา", "a:kind:drugs", "option"), attachments=[sheet, spoken])
    first, second = (part for request in telegram_parts.requests([asked]) for part in request)
    assert (first["attachments"], first["text"], first["buttons"]) == ([sheet], "", [])
    assert (second["attachments"], second["text"]) == ([spoken], "อะไร")
    assert second["buttons"]
    ((alone,),) = telegram_parts.requests([message("อะไร", ("ยา", "a:kind:drugs", "option"), attachments=[spoken])])
    assert (alone["attachments"], alone["text"]) == ([spoken], "อะไร")


async def test_a_photo_too_large_for_a_photo_goes_as_a_document(server: TelegramDouble, telegram: Telegram) -> None:
    large = {"kind": "photo", "mime": "image/jpeg", "bytes": bytes(10 * 2**20 + 1)}
    await telegram.send(Outgoing(GROUP, [message(attachments=[large])], KEY))
    assert server.calls[0].method == "sendDocument"


async def test_a_pin_is_a_location(server: TelegramDouble, telegram: Telegram) -> None:
    await say(telegram, GROUP, message(attachments=[{"kind": "pin", "latitude": 18.36, "longitude": 103.65}]))
    (asked,) = server.asked("sendLocation")
    assert asked == {"chat_id": int(GROUP), "latitude": 18.36, "longitude": 103.65, "protect_content": True}


@LAW
@given(st.lists(said, min_size=1, max_size=3))
def test_the_platform_takes_whatever_is_split(messages: list[dict[str, Any]]) -> None:
    async def all_of_it() -> None:
        async with TelegramDouble() as server, contextlib.aclosing(_Closing(channel(server))) as one:
            for request in one.telegram.split(messages):
                (part,) = request
                given = [file | {"bytes": b"x", "latitude": 18.0, "longitude": 103.0} for file in part["attachments"]]
                await one.telegram.send(Outgoing(RESIDENT, [{**part, "attachments": given}], KEY))

    asyncio.run(all_of_it())


class _Closing:
    def __init__(self, telegram: Telegram) -> None:
        self.telegram = telegram

    async def aclose(self) -> None:
        await self.telegram.close()


# What to do when it fails


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (double.throttled(7), {"why": "http 429", "retry_after": 7.0, "charged": False}),
        (double.Fault(429, body=b"<html>"), {"why": "http 429", "retry_after": 5.0, "charged": False}),
        (double.migrated(-1009), {"why": "migrated", "retry_after": 0.0, "moved_to": "-1009", "charged": False}),
        (double.blocked(), {"why": "http 403", "retry_after": None, "gone": True}),
        (double.Fault(403, "Forbidden: bot was kicked from the group chat"), {"why": "http 403", "gone": True}),
        (double.refused("chat not found"), {"why": "http 400", "gone": True}),
        (double.refused("message is too long"), {"why": "http 400", "retry_after": None, "gone": False}),
        (double.refused("not enough rights to send text messages to the chat"), {"why": "http 400", "gone": False}),
        (double.Fault(401, "Unauthorized"), {"why": "http 401", "retry_after": 60.0, "whole_channel": True}),
        (double.Fault(404, "Not Found"), {"why": "http 404", "charged": False, "whole_channel": True}),
        (double.Fault(413, "Request Entity Too Large"), {"why": "http 413", "retry_after": None, "gone": False}),
        (double.broken(500), {"why": "http 500", "retry_after": 5.0, "charged": True}),
        (double.Fault(502, body=b"<html>\xff"), {"why": "http 502", "retry_after": 5.0, "charged": True}),
        (double.Fault(302, body=b""), {"why": "http 302", "retry_after": 5.0}),
        (double.Fault(200, body=b"<html>"), {"why": "network", "retry_after": 5.0}),
        (double.Fault(200, body=b"[1]"), {"why": "network", "retry_after": 5.0}),
        (double.Fault(500, body=b"[1]"), {"why": "http 500", "retry_after": 5.0}),
        (double.dropped(), {"why": "network", "retry_after": 5.0, "charged": True}),
        (double.dropped(after=True), {"why": "network", "retry_after": 5.0, "charged": True}),
    ],
    ids=lambda value: f"{value.status}-{value.description[:30]}" if isinstance(value, double.Fault) else "",
)
async def test_an_error_says_what_to_do(
    server: TelegramDouble, telegram: Telegram, fault: double.Fault, wanted: dict[str, Any]
) -> None:
    server.fail(fault)
    error = await failed(telegram)
    assert {name: getattr(error, name) for name in wanted} == wanted
    assert error.__cause__ is None
    assert len(server.calls) == 1


async def test_a_message_whose_number_nobody_tells_was_sent_all_the_same(
    server: TelegramDouble, telegram: Telegram
) -> None:
    server.fail(double.Fault(200, body=b'{"ok": true, "result": {}}'), method="sendMessage")
    assert await telegram.send(Outgoing(RESIDENT, [message()], KEY)) == ""


async def test_an_edit_refused_for_another_reason_is_an_error(server: TelegramDouble, telegram: Telegram) -> None:
    server.fail(double.refused("message is too long"), method="editMessageText")
    error = await failed(telegram, GROUP, replaces="7")
    assert (error.why, error.retry_after) == ("http 400", None)
    assert server.asked("sendMessage") == []


async def test_silence_is_given_up_and_tried_again(server: TelegramDouble) -> None:
    telegram = channel(server, patience=0.05)
    server.fail(double.slow(0.5))
    error = await failed(telegram)
    assert (error.why, error.retry_after, error.charged) == ("timeout", 5.0, True)
    await telegram.close()


async def test_nobody_listening_is_worth_another_try() -> None:
    telegram = channel()
    error = await failed(telegram)
    assert (error.why, error.retry_after) == ("network", 5.0)
    await telegram.close()


async def test_a_chat_that_is_no_number_is_gone(telegram: Telegram) -> None:
    error = await failed(telegram, "nobody")
    assert error.gone
    assert error.retry_after is None


async def test_a_redirect_is_not_followed(server: TelegramDouble, telegram: Telegram) -> None:
    elsewhere = f"{server.base_url}{server.token}/getMe"
    server.fail(double.Fault(307, body=b"", headers={"Location": elsewhere}))
    assert (await failed(telegram)).why == "http 307"
    assert [call.method for call in server.calls] == ["sendMessage"]


async def test_the_line_serves_again_after_a_failure(server: TelegramDouble, telegram: Telegram) -> None:
    server.fail(double.dropped(), double.broken())
    await failed(telegram)
    await failed(telegram)
    assert await say(telegram, RESIDENT, message("at last"))


async def test_no_other_host_is_ever_called(server: TelegramDouble) -> None:
    from bot.channels.telegram_wire import Refused, Wire

    wire = Wire((server.base_url,), 1.0)
    for url in (server.base_url.replace("127.0.0.1", "127.0.0.2"), "file:///etc/passwd", server.base_url[:-5] + "9/"):
        with pytest.raises(Refused):
            await wire.ask(url, {}, 1.0)
    assert server.calls == []
    await wire.shutdown()


# Files, presses, groups


@pytest.mark.parametrize(
    ("status", "inside"),
    [("creator", True), ("administrator", True), ("member", True), ("left", False), ("kicked", False)],
)
async def test_whether_somebody_is_in_a_group(
    server: TelegramDouble, telegram: Telegram, status: str, inside: bool
) -> None:
    server.standing[-1001, 501] = status
    assert await telegram.member("-1001", "501") is inside


async def test_a_group_that_tells_only_administrators_is_no_reason_to_give_it_up(
    server: TelegramDouble, telegram: Telegram
) -> None:
    server.inaccessible.add(-1001)
    assert await telegram.member("-1001", "501") is None
    assert not await telegram.sees("-1001")
    assert await telegram.sees("-1002")
    server.fail(double.refused("user not found"), method="getChatMember")
    assert await telegram.member("-1001", "501") is None
    server.fail(double.refused("chat not found"), method="getChatMember")
    with pytest.raises(SendError) as lost:
        await telegram.member("-1001", "501")
    assert lost.value.gone


@pytest.mark.parametrize(("chat", "public"), [({"type": "supergroup"}, False), ({"type": "private"}, None),
                                              ({"type": "supergroup", "username": "kan"}, True)])  # fmt: skip
def test_a_group_with_a_name_of_its_own_is_public(chat: dict[str, str], public: bool | None) -> None:
    number = 71 if chat["type"] == "private" else -1001
    person = {"id": 71, "is_bot": False, "first_name": "x"}
    told = {"message_id": 1, "date": 1, "chat": {"id": number, **chat}, "from": person}
    for update in (
        {"message": told | {"text": "/help"}},
        {"callback_query": {"id": "1", "from": person, "message": told, "data": "x"}},
    ):
        (event,) = channel().read({"update_id": 1, **update})
        assert isinstance(event, Incoming)
        assert event.public is public


async def collect(telegram: Telegram, ref: str) -> bytes:
    return b"".join([chunk async for chunk in telegram.fetch(ref)])


async def test_a_file_is_brought_whole(server: TelegramDouble, telegram: Telegram) -> None:
    server.files["big"] = random.Random(2).randbytes(300_000)
    assert await collect(telegram, "big") == server.files["big"]


async def test_a_file_larger_than_a_bot_may_have_is_given_up(server: TelegramDouble, telegram: Telegram) -> None:
    server.files["huge"] = bytes(20 * 2**20 + 1)
    with pytest.raises(SendError) as caught:
        await collect(telegram, "huge")
    assert caught.value.retry_after is None


async def test_a_file_larger_than_announced_is_given_up(server: TelegramDouble, telegram: Telegram) -> None:
    server.files["liar"] = bytes(20 * 2**20 + 1)
    small = {"file_id": "liar", "file_unique_id": "u", "file_size": 9, "file_path": "files/liar"}
    server.fail(double.Fault(200, body=json.dumps({"ok": True, "result": small}).encode()), method="getFile")
    with pytest.raises(SendError) as caught:
        await collect(telegram, "liar")
    assert (caught.value.why, caught.value.retry_after) == ("too big", None)


@pytest.mark.parametrize(
    ("fault", "why", "retry_after"),
    [
        (double.broken(), "http 500", 5.0),
        (double.Fault(404), "http 404", None),
        (double.dropped(), "network", 5.0),
        (double.dropped(after=True), "network", 5.0),
    ],
)
async def test_a_download_that_fails_says_what_to_do(
    server: TelegramDouble, telegram: Telegram, fault: double.Fault, why: str, retry_after: float | None
) -> None:
    server.files["f"] = bytes(200_000)
    server.fail(fault, fault, method="download")  # aiohttp asks once more by itself when a kept line is dropped
    with pytest.raises(SendError) as caught:
        await collect(telegram, "f")
    assert (caught.value.why, caught.value.retry_after) == (why, retry_after)


async def test_a_file_path_cannot_lead_to_our_own_disk(server: TelegramDouble, telegram: Telegram) -> None:
    path = {"file_id": "f", "file_unique_id": "u", "file_path": "/etc/passwd"}
    server.fail(double.Fault(200, body=json.dumps({"ok": True, "result": path}).encode()), method="getFile")
    with pytest.raises(SendError) as caught:
        await collect(telegram, "f")
    assert caught.value.retry_after is None


@pytest.mark.parametrize("fault", [None, double.broken(), double.dropped(), double.throttled(3), double.blocked()])
async def test_a_press_is_acknowledged_or_let_go(
    server: TelegramDouble, telegram: Telegram, fault: double.Fault | None
) -> None:
    server.fail(*[fault] if fault else [])
    await telegram.acknowledge("987")
    await telegram.acknowledge("old")
    assert [asked["callback_query_id"] for asked in server.asked("answerCallbackQuery")] == ["987", "old"]


async def test_leaving_a_group_that_is_left_already_is_done(server: TelegramDouble, telegram: Telegram) -> None:
    await telegram.leave(GROUP)
    server.blocked.add(int(GROUP))
    await telegram.leave(GROUP)
    server.fail(double.broken())
    with pytest.raises(SendError):
        await telegram.leave(GROUP)


# Start and polling


async def test_start_registers_the_webhook_and_the_menus(server: TelegramDouble) -> None:
    telegram = channel(server, menus=MENUS, me="")
    await telegram.start("https://watch.example/")
    await telegram.close()
    assert server.webhook["url"] == "https://watch.example/telegram"
    assert server.webhook["secret_token"] == SECRET
    assert "chat_member" in server.webhook["allowed_updates"]
    assert "drop_pending_updates" not in server.webhook or not server.webhook["drop_pending_updates"]
    menus = [(asked["scope"]["type"], asked.get("language_code")) for asked in server.asked("setMyCommands")]
    assert menus == [
        ("all_private_chats", "th"),
        ("all_private_chats", "lo"),
        ("all_private_chats", None),
        ("all_group_chats", "th"),
    ]


async def test_our_own_name_is_known_after_start(server: TelegramDouble) -> None:
    telegram = channel(server, me="", polling=True)
    await telegram.start("")
    chat = {"id": int(GROUP), "type": "supergroup"}
    update = {"update_id": 1, "message": {"message_id": 1, "date": double.DATE, "chat": chat, "text": "/cases@other"}}
    assert telegram.read(update) == []
    update["message"] |= {"text": f"/cases@{double.USERNAME}"}  # type: ignore[operator]
    (event,) = telegram.read(update)
    assert isinstance(event, Incoming)
    assert event.body == Command("cases")
    await telegram.close()


def words_of(text: str) -> dict[str, Any]:
    person = {"id": 7001, "is_bot": False, "first_name": "x"}
    chat = {"id": 7001, "type": "private"}
    return {"message": {"message_id": 1, "date": double.DATE, "chat": chat, "from": person, "text": text}}


async def test_an_update_is_confirmed_only_when_it_is_handled(server: TelegramDouble) -> None:
    telegram = channel(server, polling=True)
    await server.say(words_of("a"))
    await telegram.start("")
    taken: list[list[Any]] = []

    async def handle(events: list[Incoming | Poison]) -> None:
        taken.append([event.body if isinstance(event, Incoming) else "poison" for event in events])
        if len(taken) == 1:
            raise ConnectionError("the disk is full")
        if len(taken) == 2:
            await server.say({"message": {"message_id": "broken"}})
            await server.say(words_of("b"))
        if len(taken) == 3:
            raise EOFError

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(telegram.poll(handle, wait=1), 10)
    with pytest.raises(EOFError):
        await asyncio.wait_for(telegram.poll(handle, wait=1), 10)
    assert taken == [[Text("a")], [Text("a")], ["poison", Text("b")]]
    assert [asked["offset"] for asked in server.asked("getUpdates")] == [0, 0, 1001]
    await telegram.close()


async def test_polling_goes_on_after_every_failure(server: TelegramDouble, caplog: pytest.LogCaptureFixture) -> None:
    telegram = channel(server, polling=True)
    server.fail(
        double.broken(), double.dropped(), double.Fault(409, "Conflict: terminated by other getUpdates request"),
        double.Fault(200, body=b"{"), method="getUpdates",
    )  # fmt: skip
    await server.say(words_of("still here"))

    async def handle(events: list[Incoming | Poison]) -> None:
        raise EOFError

    with caplog.at_level(logging.DEBUG), pytest.raises(EOFError):
        await asyncio.wait_for(telegram.poll(handle, wait=1, backoff=0.001), 10)
    assert [record.__dict__["why"] for record in caplog.records if record.name.startswith("bot.")] == [
        "http 500", "network", "http 409", "network",
    ]  # fmt: skip
    assert "another process polls" in caplog.text
    await telegram.close()


async def test_a_log_at_its_loudest_tells_nothing(server: TelegramDouble, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        telegram = channel(server, menus=MENUS)
        await telegram.start("https://watch.example")
        server.fail(double.refused("message text 'ເຮືອດຳ' is bad"), method="sendMessage")
        await failed(telegram)
        server.fail(double.Fault(500, body="ເຮືອດຳ".encode()))
        await failed(telegram)
        server.fail(double.blocked(), method="answerCallbackQuery")
        await telegram.acknowledge("p")
        await say(telegram, "7001", message("ເຮືອດຳ"))
        with pytest.raises(SendError):
            await collect(telegram, "f")
        await telegram.close()
    spoken = caplog.text + "".join(repr(record.__dict__) for record in caplog.records)
    assert not any(secret in spoken for secret in ("ເຮືອດຳ", "7001", server.token, SECRET))


def test_telegram_is_a_channel() -> None:
    telegram: Channel = channel()
    assert telegram.name == "telegram"
    assert telegram.is_group(GROUP)
    assert not telegram.is_group(RESIDENT)
    assert telegram.pace.all_per_second < 30


async def test_a_webhook_delivery_round_trip(server: TelegramDouble) -> None:
    """What a resident sends through a real socket arrives as these events."""
    from aiohttp import web

    telegram, heard = channel(server), list[Incoming | Poison]()

    async def hook(request: web.Request) -> web.Response:
        heard.extend(telegram.parse(await request.read(), request.headers))
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram", hook)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await telegram.start(f"http://127.0.0.1:{runner.addresses[0][1]}")
    person = words_of("x")["message"]
    press = {"id": "9", "from": person["from"], "message": {**person, "date": 0}, "data": "k:1"}
    photo = {**person, "photo": [{"file_id": "f", "width": 1, "height": 1}]}
    del photo["text"]
    statuses = [await server.say(one) for one in (words_of("ສະບາຍດີ"), {"callback_query": press}, {"message": photo})]
    await telegram.close()
    await runner.cleanup()
    assert statuses == [200, 200, 200]
    assert [event.body for event in heard if isinstance(event, Incoming)] == [
        Text("ສະບາຍດີ"), Choice("k:1"), Media(MediaKind.PHOTO, "f", mime="image/jpeg"),
    ]  # fmt: skip
