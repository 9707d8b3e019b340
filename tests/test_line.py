"""The LINE channel: what it reads, what it draws, and what it does when LINE says no."""

import asyncio
import dataclasses
import io
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.channels import BadSignature, Channel, Outgoing, Poison, SendError, Spent
from bot.channels.line import ENDPOINT, Line
from bot.channels.line_buttons import spoken
from bot.channels.line_picture import Menu, MenuButton, draw
from bot.channels.line_render import render, split
from bot.channels.line_wire import checked
from handlers.effects import ButtonKind
from handlers.events import Incoming
from handlers.kinds import KINDS as REPORTED
from tests.doubles.line import (
    BOT,
    SECRET,
    TOKEN,
    Clock,
    FakeLine,
    images,
    pressable,
    problems,
    signature,
    signed,
)

HERE = Path(__file__).parent
RESIDENT, OFFICERS, ROOM = "U" + "1" * 32, "C" + "2" * 32, "R" + "3" * 32
KEY = str(uuid.UUID(int=7))
READER = Line(SECRET, TOKEN, destination=BOT)


def as_json(event: Incoming | Poison) -> dict[str, Any]:
    """An event as the payload files write it: without the fields at their default."""
    if isinstance(event, Poison):
        return {"poison": event.id}
    plain = {
        "id": event.id,
        "at": event.at.isoformat(),
        "chat": event.chat.chat,
        "sender": event.sender,
        "group": event.group,
        "message": event.message,
        "reply_token": event.reply_token,
        "hint": event.hint,
        "press": event.press,
        "replies": event.replies,
    }
    kept = {name: value for name, value in plain.items() if value or name == "sender"}
    return kept | {"body": _body(event.body)}


def _body(body: Any) -> dict[str, Any]:
    always = {"args"}
    named = {f.name: (getattr(body, f.name), f.default) for f in dataclasses.fields(body)}
    shown = {n: list(v) if isinstance(v, tuple) else v for n, (v, d) in named.items() if n in always or v != d}
    return {"type": type(body).__name__} | shown


def part(text: str = "", *buttons: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    return {"text": text, "buttons": [list(b) for b in buttons], "attachments": [], "replaces": ""} | more


def out(text: str = "สวัสดี", chat: str = RESIDENT, token: str = "", key: str = KEY) -> Outgoing:
    return Outgoing(chat, [part(text)], key, token)


# --- reading


@pytest.mark.parametrize("path", sorted((HERE / "payloads/line").glob("*.json")), ids=lambda p: p.stem)
def test_payload(path: Path) -> None:
    case = json.loads(path.read_text("utf-8"))
    reader = READER if case["body"]["destination"] != "U123" else Line(SECRET, TOKEN)
    assert [as_json(event) for event in reader.parse(*signed(case["body"]))] == case["events"]


@pytest.mark.parametrize(
    ("secret", "body", "mac"),
    [
        (
            "8c570fa6dd201bb328f1c1eac23a96d8",
            '{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}',
            "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=",
        ),
        ("channel_secret", "bodybodybodybody", "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="),
    ],
    ids=["documentation", "SDK"],
)
@pytest.mark.parametrize("header", ["x-line-signature", "X-Line-Signature", "X-LINE-SIGNATURE"])
def test_signature_vectors(secret: str, body: str, mac: str, header: str) -> None:
    events = Line(secret, TOKEN).parse(body.encode(), {header: mac})
    assert all(isinstance(event, Poison) for event in events)
    assert signature(body.encode(), secret) == mac


@pytest.mark.parametrize(
    "headers", [{}, {"X-Line-Signature": ""}, {"X-Line-Signature": "ไม่ใช่"}, {"X-Line-Signature": "R2hSS212bQ=="}]
)
def test_an_unsigned_body_is_never_read(headers: Mapping[str, str]) -> None:
    with pytest.raises(BadSignature):
        READER.parse(b"not even json", headers)


def test_one_changed_byte_breaks_the_signature() -> None:
    body, headers = signed({"destination": BOT, "events": []})
    assert READER.parse(body, headers) == []
    with pytest.raises(BadSignature):
        READER.parse(body + b" ", headers)


def test_a_signed_body_nobody_can_read_is_set_aside_once() -> None:
    body, headers = signed(b"\xff\xfe{")
    (first,), (again,) = READER.parse(body, headers), READER.parse(body, headers)
    assert isinstance(first, Poison)
    assert (first.raw, first.id) == (body, again.id)


def test_half_an_emoji_does_not_spoil_the_other_events_of_the_body() -> None:
    fake = FakeLine()
    body, _ = fake.webhook(fake.says(RESIDENT, "HALF"), fake.says(RESIDENT, "ดี"))
    events = READER.parse(*signed(body.replace(b"HALF", rb"a\ud83d")))
    assert [as_json(e)["body"].get("text") for e in events] == ["a\ufffd", "ดี"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KINDS = ["message", "messageEdited", "unsend", "postback", "follow", "join", "leave", "memberJoined", "memberLeft", "?"]
FIELDS = ["message", "postback", "joined", "left", "unsend", "source", "mode", "timestamp", "replyToken"]


@given(st.binary(max_size=200) | values.map(lambda v: json.dumps(v).encode()))
def test_no_signed_bytes_raise(body: bytes) -> None:
    assert all(isinstance(event, Incoming | Poison) for event in READER.parse(*signed(body)))


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), values, min_size=1, max_size=3))
def test_no_event_with_strange_fields_raises_or_harms_its_neighbour(kind: str, strange: dict[str, Any]) -> None:
    fake = FakeLine()
    base = fake.event(kind, RESIDENT, message={"id": "1", "type": "text", "text": "x"}, postback={"data": "d"})
    events = READER.parse(*fake.webhook(base | strange, fake.says(RESIDENT, "ok")))
    assert as_json(events[-1])["body"] == {"type": "Text", "text": "ok"}
    assert len(events) <= 2


@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_deep_nesting_is_poison(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    raw = f'{{"events": [{{"type": "message", "source": {{"userId": {nested}}}}}]}}'
    assert [type(event) for event in READER.parse(*signed(raw))] == [Poison]


# --- drawing

scripts = st.text(
    st.one_of(
        st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B),
        st.characters(min_codepoint=0x0E81, max_codepoint=0x0EDF, exclude_categories=["Cn"]),
        st.characters(min_codepoint=0x1780, max_codepoint=0x17E9),
        st.sampled_from(" \n/🚤👮🏽\u200b{}@"),
        st.characters(exclude_categories=["Cs", "Cc"]),
    ),
    max_size=120,
)
kinds = st.sampled_from([str(k) for k in ButtonKind])
button_values = st.text("abcdefghijklmnopqrstuvwxyz0123456789:-", min_size=1, max_size=60)
buttons = st.lists(st.tuples(scripts, button_values | st.just("https://example.org/x"), kinds), max_size=20)
attachments = st.fixed_dictionaries(
    {"kind": st.sampled_from(["photo", "video", "voice", "document", "pin"])},
    optional={
        "url": st.sampled_from(["https://example.org/f", "http://example.org/f", "https://e.org/" + "x" * 2000]),
        "preview_url": st.just("https://example.org/p"),
        "seconds": st.integers(0, 600),
        "title": scripts,
        "address": scripts,
    },
).map(lambda a: {"latitude": 18.0, "longitude": 103.0} | a)
texts = scripts | st.tuples(scripts, st.integers(1, 400)).map(lambda t: t[0] * t[1])
drawn_ = st.sampled_from(["", "large"])
parts = st.builds(
    lambda t, b, a, d: part(t, *b, attachments=a, drawn=d), texts, buttons, st.lists(attachments, max_size=7), drawn_
)
chats = st.sampled_from([RESIDENT, OFFICERS, ROOM])


@given(chats, st.lists(parts, max_size=6))
def test_line_takes_every_request_that_is_split_and_drawn(chat: str, messages: list[dict[str, Any]]) -> None:
    for request in split(messages):
        drawn = render(chat, request, OURS)
        assert not drawn or problems(drawn) == []


@given(st.lists(texts, max_size=8))
def test_no_word_is_lost_or_said_in_another_order(said: list[str]) -> None:
    requests = split([part(text) for text in said])
    shown = "".join(m["text"] for request in requests for m in render(RESIDENT, request))
    assert "".join(shown.split()) == "".join("".join(said).split())


@given(st.lists(parts, max_size=6), chats)
def test_the_way_back_is_always_shown(messages: list[dict[str, Any]], chat: str) -> None:
    ways = [part("?", ("ย้อนกลับ", "back", "nav"), *[(str(n), f"v{n}", "option") for n in range(20)])]
    (request,) = split(ways)
    assert '"back"' in json.dumps(render(RESIDENT, request))
    assert '"/back"' in json.dumps(render(OFFICERS, request))


@given(buttons)
def test_a_card_stays_below_thirty_kilobytes(rows: list[tuple[str, str, str]]) -> None:
    link, heap = "https://e.org/" + "x" * 980, "ก" + "\u0e48" * 6_000
    long = [(heap + label, link if kind == "link" else value, kind) for label, value, kind in rows]
    (request,) = split([part("ខ្មែរ" * 250, *long)])
    drawn = render(OFFICERS, request)
    assert problems(drawn) == []


def test_what_is_said_in_one_turn_travels_in_one_request() -> None:
    assert [len(r) for r in split([part(str(n)) for n in range(5)])] == [5]
    assert [len(r) for r in split([part(str(n)) for n in range(6)])] == [5, 1]


def test_a_long_text_is_cut_into_messages_with_the_buttons_under_the_last() -> None:
    (request,) = split([part("ก" * 12_000, ("ต่อไป", "next", "option"))])
    drawn = render(RESIDENT, request)
    assert [len(m["text"]) for m in drawn] == [5_000, 5_000, 2_000]
    assert ["quickReply" in m for m in drawn] == [False, False, True]


def test_buttons_of_several_messages_end_up_under_the_last_one() -> None:
    drawn = render(RESIDENT, [part("1", ("ก", "a", "option"), ("กลับ", "back", "nav")), part("2", ("ข", "b", "option"))])
    assert [i["action"]["data"] for i in drawn[-1]["quickReply"]["items"]] == ["a", "b", "back"]


def test_a_press_shows_what_was_chosen_and_sends_the_value() -> None:
    (message,) = render(RESIDENT, [part("อะไร", ("ยาเสพติด", "kind:drugs", "option"))])
    assert message["quickReply"]["items"] == [
        {
            "type": "action",
            "action": {"type": "postback", "label": "ยาเสพติด", "data": "kind:drugs", "displayText": "ยาเสพติด"},
        }
    ]


def test_location_camera_and_links_open_what_they_name() -> None:
    rows = [("📍 ที่อยู่", "-", "location"), ("📷 ถ่ายรูป", "-", "camera"), ("โทร", "https://example.org", "link")]
    (message,) = render(RESIDENT, [part("?", *rows)])
    actions = [item["action"] for item in message["quickReply"]["items"]]
    assert [(a["type"], a["label"]) for a in actions] == [
        ("location", "📍 ที่อยู่"),
        ("camera", "📷 ถ่ายรูป"),
        ("cameraRoll", "🖼 ถ่ายรูป"),
        ("uri", "โทร"),
    ]


TO_PRESS = [(f"{n} {i} คำ", f"a:kind:{kind}", "option") for n, (kind, (i, _)) in enumerate(REPORTED.items(), 1)]
OURS = "https://bot.example.org/pictures/"


def test_the_kinds_are_pictures_to_press_under_the_question() -> None:
    asked = part("แจ้งเรื่องอะไร", *TO_PRESS, ("✖️ ยกเลิก", "cancel", "nav"), drawn="large")
    (request,) = split([asked])
    (message,) = render(RESIDENT, request, OURS)
    assert problems([message]) == []
    assert message["altText"] == message["contents"]["body"]["contents"][0]["text"] == "แจ้งเรื่องอะไร"
    pressed = [box["action"] for box in pressable(message["contents"])]
    assert [a["data"] for a in pressed] == [f"a:kind:{kind}" for kind in REPORTED]
    assert (pressed[0]["label"], pressed[0]["displayText"]) == ("1 คำ", "1 💊 คำ")
    assert next(i["url"] for i in images(message["contents"])) == f"{OURS}kind-drugs.png"
    assert [i["action"]["data"] for i in message["quickReply"]["items"]] == ["cancel"]


@pytest.mark.parametrize("address", ["", OURS])
def test_without_an_address_or_a_picture_of_each_the_choices_stay_quick_replies(address: str) -> None:
    one_without = [*TO_PRESS, ("8 อื่น", "a:kind:unheard", "option")]
    (message,) = render(RESIDENT, [part("อะไร", *(one_without if address else TO_PRESS), drawn="large")], address)
    assert message["type"] == "text"
    assert len(message["quickReply"]["items"]) == (8 if address else 7)


@pytest.mark.parametrize("chat", [OFFICERS, ROOM])
def test_a_group_gets_a_card_whose_buttons_speak_commands(chat: str) -> None:
    rows = [("รับเรื่อง", "take:123", "option"), ("ที่นี่", "-", "location"), ("แผนที่", "https://example.org", "link")]
    (card,) = render(chat, [part("เรื่องใหม่", *rows)])
    actions = [row["action"] for row in card["contents"]["footer"]["contents"]]
    assert card["altText"] == card["contents"]["body"]["contents"][0]["text"] == "เรื่องใหม่"
    assert actions == [
        {"type": "message", "label": "รับเรื่อง", "text": "/take 123"},
        {"type": "uri", "label": "แผนที่", "uri": "https://example.org"},
    ]


def test_a_long_text_in_a_group_stays_a_text_above_its_card() -> None:
    drawn = render(OFFICERS, [part("เรื่อง 1\n" + "ก" * 2_000, ("รับ", "take:1", "option"))])
    assert [(m["type"], m.get("altText")) for m in drawn] == [("text", None), ("flex", "เรื่อง 1")]


def test_words_with_braces_travel_as_they_are() -> None:
    assert render(RESIDENT, [part("{all} {{x}} @all")]) == [{"type": "text", "text": "{all} {{x}} @all"}]


def test_media_go_by_https_address() -> None:
    files = [
        {"kind": "photo", "url": "https://example.org/a", "preview_url": "https://example.org/b"},
        {"kind": "video", "url": "https://example.org/a", "preview_url": "https://example.org/b"},
        {"kind": "voice", "url": "https://example.org/a", "seconds": 7},
        {"kind": "pin", "latitude": 18.0, "longitude": 103.65, "title": "บึงกาฬ"},
        {"kind": "photo", "url": "http://example.org/a"},
    ]
    drawn = render(RESIDENT, [part("", attachments=files)])
    assert [m["type"] for m in drawn] == ["image", "video", "audio", "location"]
    assert drawn[2]["duration"] == 7_000
    assert problems(drawn) == []


@pytest.mark.parametrize(("value", "said"), [("take:123", "/take 123"), ("case:7:done", "/case 7 done"), ("x", "/x")])
def test_spoken(value: str, said: str) -> None:
    assert spoken(value) == said


def test_what_a_card_button_says_is_heard_as_that_command() -> None:
    fake = FakeLine()
    (event,) = READER.parse(*fake.webhook(fake.says(OFFICERS, spoken("take:123"), sender=RESIDENT)))
    assert as_json(event)["body"] == {"type": "Command", "name": "take", "args": "123"}


# --- over HTTP: what people wait for straight away, what is rare through the SDK


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[FakeLine]:
    async with FakeLine(now=clock) as server:
        yield server


@pytest.fixture
async def line(fake: FakeLine, clock: Clock) -> AsyncIterator[Line]:
    channel = Line(SECRET, TOKEN, fake.url, fake.url + "/", most_content=100_000)
    yield channel
    await channel.close()


@pytest.fixture
async def hasty(fake: FakeLine, clock: Clock) -> AsyncIterator[Line]:
    """One that waits less than a slow answer takes."""
    fake.slowness = 1.5
    channel = Line(SECRET, TOKEN, fake.url, fake.url, timeout=0.7)
    yield channel
    await channel.close()


async def test_it_is_a_channel(line: Line) -> None:
    channel: Channel = line
    assert (channel.name, channel.is_group(OFFICERS), channel.is_group(ROOM), channel.is_group(RESIDENT)) == (
        "line",
        True,
        True,
        False,
    )
    await channel.acknowledge("")


@pytest.mark.parametrize("chat", [OFFICERS, ROOM])
async def test_whether_somebody_is_in_a_group(fake: FakeLine, line: Line, chat: str) -> None:
    assert await line.member(chat, RESIDENT) is True
    fake.outside.add((chat, RESIDENT))
    assert await line.member(chat, RESIDENT) is False
    fake.apart.add(chat)
    with pytest.raises(SendError) as lost:
        await line.member(chat, RESIDENT)
    assert lost.value.gone, "that we are not in it says nothing of anybody else"
    assert not await line.member(f"{chat}/leave?", RESIDENT), "nothing of an id gets into a path"


async def test_a_push_carries_the_retry_key_and_returns_the_last_id(fake: FakeLine, line: Line) -> None:
    sent = await line.send(Outgoing(RESIDENT, [part("a"), part("ข")], KEY))
    (call,) = fake.calls
    assert (call.path, call.key, call.body["to"]) == ("/v2/bot/message/push", KEY, RESIDENT)
    assert fake.texts(RESIDENT) == ["a", "ข"]
    assert sent == "2"


async def test_a_reply_is_free_and_carries_no_key(fake: FakeLine, line: Line) -> None:
    await line.send(out(token=fake.reply_token(RESIDENT)))
    (call,) = fake.calls
    assert (call.path, call.key, fake.used) == ("/v2/bot/message/reply", "", 0)
    assert fake.texts(RESIDENT) == ["สวัสดี"]


@pytest.mark.parametrize("age", [None, 61])
async def test_a_used_or_stale_token_is_refused_and_nothing_is_pushed_by_the_way(
    fake: FakeLine, line: Line, clock: Clock, age: int | None
) -> None:
    token = fake.reply_token(RESIDENT)
    if age is None:
        await line.send(out("one", token=token))
    else:
        clock.tick(age)
    with pytest.raises(Spent):
        await line.send(out("two", token=token))
    assert "two" not in fake.texts(RESIDENT)


@pytest.mark.parametrize("fault", ["lost", "odd"])
async def test_a_reply_whose_answer_is_lost_is_not_said_twice(fake: FakeLine, line: Line, fault: str) -> None:
    fake.fail(fault)
    await line.send(out(token=fake.reply_token(RESIDENT)))
    assert fake.texts(RESIDENT) == ["สวัสดี"]
    assert fake.sent_to("push") == []


@pytest.mark.parametrize("fault", ["drop", "500", "html"])
async def test_a_reply_that_never_arrived_is_tried_again_with_the_same_token(
    fake: FakeLine, line: Line, fault: str
) -> None:
    fake.fail(fault)
    await line.send(out(token=fake.reply_token(RESIDENT)))
    assert fake.texts(RESIDENT) == ["สวัสดี"]
    assert len(fake.sent_to("reply")) == 2


@pytest.mark.parametrize(("again", "faults"), [(False, ("lost", "500")), (True, ("lost",))])
async def test_a_reply_without_an_answer_may_have_arrived(
    fake: FakeLine, line: Line, again: bool, faults: Sequence[str]
) -> None:
    """Who asks whether a token was used does it once: a token that is too old is refused as well."""
    fake.fail(*faults)
    with pytest.raises(SendError) as bad:
        await line.send(dataclasses.replace(out(token=fake.reply_token(RESIDENT)), again=again))
    assert bad.value.unsure
    assert len(fake.calls) == len(faults)


@pytest.mark.parametrize("fault", ["lost", "odd"])
async def test_a_push_whose_answer_is_lost_is_said_once_however_often_it_is_tried(
    fake: FakeLine, line: Line, fault: str
) -> None:
    fake.fail(fault)
    if fault == "odd":
        assert await line.send(out()) == ""
    else:
        with pytest.raises(SendError) as bad:
            await line.send(out())
        assert bad.value.retry_after == 2.0
    assert await line.send(out()) == "1"
    assert fake.calls[-1].status == 409
    assert fake.texts(RESIDENT) == ["สวัสดี"]


async def test_a_slow_answer_is_a_lost_one(fake: FakeLine, hasty: Line) -> None:
    fake.fail("slow", "", "slow", "")
    assert await hasty.send(out("reply", token=fake.reply_token(RESIDENT))) == ""
    with pytest.raises(SendError) as bad:
        await hasty.send(out("push"))
    await hasty.send(out("push"))
    assert (bad.value.why, bad.value.retry_after) == ("TimeoutError", 2.0)
    assert fake.texts(RESIDENT) == ["reply", "push"]


REACTIONS = [
    # fault, why, retry after, whole channel, charged, gone
    ("429", "http 429", 1.0, True, False, False),
    ("quota", "quota", 3_600.0, False, False, False),
    ("401", "http 401", 60.0, True, False, False),
    ("403", "http 403", 60.0, True, False, False),
    ("400", "http 400", None, False, True, False),
    ("404", "http 404", None, False, True, True),
    ("413", "http 413", None, False, True, False),
    ("500", "http 500", 2.0, False, True, False),
    ("503", "http 503", 2.0, False, True, False),
    ("html", "http 502", 2.0, False, True, False),
    ("drop", "ServerDisconnectedError", 2.0, False, True, False),
]


async def changed(line: Line) -> None:
    """What changes the account goes through the SDK."""
    checked(await line._api.call("PUT", ENDPOINT, {"endpoint": "https://watch.example.org/line"}))


Way = Callable[[Line], Awaitable[object]]
WAYS: Mapping[str, Way] = {"wire": lambda line: line.send(out()), "SDK": changed}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("fault", *"wrxcg"), REACTIONS, ids=[r[0] for r in REACTIONS])
async def test_an_error_says_what_to_do_next(
    fake: FakeLine, line: Line, way: str, fault: str, w: str, r: float | None, x: bool, c: bool, g: bool
) -> None:
    fake.fail(fault, fault)  # aiohttp asks once more by itself when a PUT is dropped
    with pytest.raises(SendError) as bad:
        await WAYS[way](line)
    e = bad.value
    assert (e.why, e.retry_after, e.whole_channel, e.charged, e.gone) == (w, r, x, c, g)
    assert (e.denied, e.unsure) == (fault == "401", fault in ("500", "503", "html", "drop"))
    assert fake.delivered == []


@pytest.mark.parametrize("way", WAYS)
async def test_a_slow_answer_is_a_lost_one_whatever_is_asked(fake: FakeLine, hasty: Line, way: str) -> None:
    fake.fail("slow")
    with pytest.raises(SendError) as bad:
        await WAYS[way](hasty)
    assert (bad.value.why, bad.value.retry_after, bad.value.unsure) == ("TimeoutError", 2.0, True)


async def test_a_refusal_of_a_reply_that_is_not_about_its_token_is_not_pushed(fake: FakeLine, line: Line) -> None:
    fake.fail("400")
    with pytest.raises(SendError) as bad:
        await line.send(out(token=fake.reply_token(RESIDENT)))
    assert (bad.value.retry_after, fake.sent_to("push")) == (None, [])


@pytest.mark.parametrize("way", WAYS)
async def test_nobody_listening_is_tried_again(way: str) -> None:
    channel = Line(SECRET, TOKEN, "http://127.0.0.1:9", "http://127.0.0.1:9")
    with pytest.raises(SendError) as bad:
        await WAYS[way](channel)
    await channel.close()
    assert (bad.value.why, bad.value.retry_after, bad.value.unsure) == ("unreachable", 5.0, False)


async def test_words_follow_no_redirect(fake: FakeLine, line: Line) -> None:
    """Whoever stands between us and LINE cannot have them sent elsewhere, nor make us take a page for an answer."""
    fake.fail("302")
    with pytest.raises(SendError) as bad:
        await line.send(out())
    assert (bad.value.why, len(fake.calls), fake.delivered) == ("http 302", 1, [])


async def without_the_sdk(told: str) -> None:
    """Run in a process of its own, in which nobody has loaded the SDK, with a double and a channel at hand."""
    environ = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    ran = await asyncio.create_subprocess_exec(sys.executable, "-c", ALONE + told, env=environ)
    assert await ran.wait() == 0


ALONE = """
import asyncio, sys
from bot.channels import Outgoing
from bot.channels.line import Line
from bot.channels.line_picture import Menu, MenuButton
from tests.doubles.line import SECRET, TOKEN, FakeLine

ADDRESS = "https://watch.example.org"
PART = {"text": "a", "buttons": [], "attachments": [], "replaces": ""}

async def alone():
    async with FakeLine() as fake:
        line = Line(SECRET, TOKEN, fake.url, fake.url)
        await told(fake, line)
        await line.close()

def loaded():
    return "linebot" in sys.modules

async def answer(fake, line):
    await line.send(Outgoing("U1", [PART], "", fake.reply_token("U1")))
    await line.send(Outgoing("U1", [PART], "b9d5f0a2-3f0e-4c51-8d0e-5b1f3c6a7e21"))
    assert fake.texts("U1") == ["a", "a"]
"""


async def test_a_process_that_has_just_begun_answers_without_the_sdk() -> None:
    """It takes two seconds to load: a process that lives shorter has to answer, too."""
    await without_the_sdk("""
async def told(fake, line):
    await answer(fake, line)
    assert await line.member("C1", "U1") and await line.members("C1") == 1
    await line.leave("C1")
    assert not loaded()

asyncio.run(alone())
""")


async def test_a_start_that_finds_everything_right_does_without_the_sdk() -> None:
    await without_the_sdk("""
async def told(fake, line):
    menu = Menu("th", "เมนู", (MenuButton("สถานะ", "/status"),))
    fake.endpoint, fake.menus["m"], fake.pictures["m"] = f"{ADDRESS}/line", {"name": menu.name}, b"png"
    fake.menu_of[""] = "m"
    line._menus = (menu,)
    await line.start(ADDRESS)
    assert line.link and await line.delivers(ADDRESS)
    await line.quota()
    await line.link_menu("U1", "th")
    assert fake.menu_of["U1"] == "m" and all(call.method == "GET" for call in fake.calls[:-1])
    assert not loaded()

asyncio.run(alone())
""")


async def test_nobody_waits_while_the_sdk_is_loaded() -> None:
    await without_the_sdk("""
async def told(fake, line):
    starting = asyncio.create_task(line.start(ADDRESS))
    while not loaded():
        await asyncio.sleep(0)
    await answer(fake, line)
    assert not starting.done() and not fake.endpoint
    await starting
    assert fake.endpoint == f"{ADDRESS}/line"

asyncio.run(alone())
""")


async def test_a_message_line_cannot_show_is_not_sent(fake: FakeLine, line: Line) -> None:
    with pytest.raises(SendError) as bad:
        await line.send(Outgoing(RESIDENT, [part(attachments=[{"kind": "document", "url": "https://e.org"}])], KEY))
    assert (bad.value.retry_after, fake.calls) == (None, [])


async def test_the_month_is_used_up_by_members(fake: FakeLine, line: Line) -> None:
    fake.quota, fake.members[OFFICERS] = 40, 30
    await line.send(out(chat=OFFICERS))
    assert await line.quota() == (40, 30)
    with pytest.raises(SendError) as bad:
        await line.send(out(chat=OFFICERS, key=str(uuid.UUID(int=8))))
    assert bad.value.why == "quota"
    fake.quota = None
    assert await line.quota() == (None, 30)


async def test_many_at_once_share_one_client(fake: FakeLine, line: Line) -> None:
    await asyncio.gather(*(line.send(out(str(n), key=str(uuid.UUID(int=n)))) for n in range(60)))
    assert sorted(map(int, fake.texts(RESIDENT))) == list(range(60))


# --- files


async def read(line: Line, ref: str) -> bytes:
    return b"".join([chunk async for chunk in line.fetch(ref)])


async def test_a_file_is_streamed(fake: FakeLine, line: Line) -> None:
    fake.contents["1"] = bytes(range(256)) * 300
    assert await read(line, "1") == bytes(range(256)) * 300


@pytest.mark.parametrize(
    ("status", "why", "retry"),
    [
        (202, "preparing", 5.0),
        (404, "content 404", None),
        (410, "content 410", None),
        (302, "http 302", None),
        (429, "http 429", 1.0),
        (500, "http 500", 2.0),
    ],
)
async def test_a_file_that_is_not_there(fake: FakeLine, line: Line, status: int, why: str, retry: float | None) -> None:
    fake.contents["1"] = status
    with pytest.raises(SendError) as bad:
        await read(line, "1")
    assert (bad.value.why, bad.value.retry_after, bad.value.gone) == (why, retry, False)
    assert len(fake.calls) == 1


async def test_a_file_too_big_is_refused(fake: FakeLine, line: Line) -> None:
    fake.contents["1"] = b"x" * 100_001
    with pytest.raises(SendError) as bad:
        await read(line, "1")
    assert (bad.value.why, bad.value.retry_after) == ("too big", None)


async def test_a_file_cut_short_is_tried_again(fake: FakeLine, line: Line) -> None:
    fake.contents["1"] = b"x" * 50_000
    fake.fail("cut")
    with pytest.raises(SendError) as bad:
        await read(line, "1")
    assert bad.value.retry_after == 5.0


@pytest.mark.parametrize("ref", ["../../info", "1/content?x=", "", "..", "1%2f"])
async def test_a_reference_cannot_leave_its_path(fake: FakeLine, line: Line, ref: str) -> None:
    with pytest.raises(SendError):
        await read(line, ref)
    assert fake.calls == []


# --- at the start, and at the end


async def test_start_learns_who_we_are_and_points_the_webhook_once(fake: FakeLine, line: Line) -> None:
    await line.start("https://watch.example.org/")
    assert fake.endpoint == "https://watch.example.org/line"
    await line.start("https://watch.example.org")
    assert [c.method for c in fake.sent_to("endpoint")] == ["GET", "PUT", "GET"]
    wrong = signed({"destination": "Uother", "events": [fake.says(RESIDENT, "x")]})
    assert line.parse(*wrong) == []


async def test_without_a_public_address_the_webhook_is_left_alone(fake: FakeLine, line: Line) -> None:
    await line.start("http://127.0.0.1:8080")
    assert fake.sent_to("endpoint") == []


async def test_start_with_a_wrong_token_says_so(fake: FakeLine, line: Line) -> None:
    fake.token = "another"
    with pytest.raises(SendError) as bad:
        await line.start("https://watch.example.org")
    assert bad.value.why == "http 401"


@pytest.mark.parametrize("chat", [OFFICERS, ROOM])
async def test_leave(fake: FakeLine, line: Line, chat: str) -> None:
    await line.leave(chat)
    assert fake.left == [chat]
    fake.fail("404")
    await line.leave(chat)
    fake.fail("500")
    with pytest.raises(SendError):
        await line.leave(chat)


# --- rich menus


@pytest.fixture
def menus() -> tuple[Menu, Menu]:
    said = ("/start", "/status", "/language", "/help")
    thai = tuple(map(MenuButton, ("🚨 แจ้งเหตุ", "สถานะ", "ภาษา"), said, ("menu-report", "", "menu-language")))
    lao = tuple(map(MenuButton, ("ລາຍງານ", "ສະຖານະ", "ພາສາ", "?"), said))
    return Menu("th", "เมนู", thai), Menu("lo", "ເມນູ", lao)


def with_menus(fake: FakeLine, *menus: Menu) -> Line:
    return Line(SECRET, TOKEN, fake.url, fake.url, menus=menus)


async def started(fake: FakeLine, *menus: Menu) -> Line:
    channel = with_menus(fake, *menus)
    await channel.start("")
    return channel


def languages(fake: FakeLine) -> dict[str, str]:
    ours = {i: menu["name"].split(":") for i, menu in fake.menus.items() if menu["name"].startswith("ntswatch:")}
    return {name[1]: ident for ident, name in ours.items()}


def test_a_menu_is_a_small_picture_of_the_platforms_size(menus: tuple[Menu, Menu]) -> None:
    for menu, height in zip(menus, (405, 810), strict=True):
        png = draw(menu)
        picture = Image.open(io.BytesIO(png))
        assert (picture.format, picture.size, len(png) < 1024 * 1024) == ("PNG", (1200, height), True)
        assert len(picture.convert("RGB").getcolors(100) or []) > 3


def test_the_areas_of_a_menu_cover_it_and_say_its_commands(menus: tuple[Menu, Menu]) -> None:
    for menu in menus:
        asked = menu.request()
        bounds = [area["bounds"] for area in asked["areas"]]
        assert sum(b["width"] * b["height"] for b in bounds) == asked["size"]["width"] * asked["size"]["height"]
        assert all(b["x"] + b["width"] <= 1200 and b["y"] + b["height"] <= 810 for b in bounds)
        assert [a["action"]["text"] for a in asked["areas"]] == [button.said for button in menu.buttons]


async def test_menus_are_installed_once(fake: FakeLine, menus: tuple[Menu, Menu]) -> None:
    for _ in range(2):
        channel = await started(fake, *menus)
        await channel.close()
    found = languages(fake)
    assert (sorted(found), fake.menu_of[""], sorted(fake.pictures)) == (
        ["lo", "th"],
        found["th"],
        sorted(found.values()),
    )
    assert len([c for c in fake.calls if (c.method, c.path) == ("POST", "/v2/bot/richmenu")]) == 2


async def test_without_a_picture_the_channel_works_without_that_menu(fake: FakeLine, menus: tuple[Menu, Menu]) -> None:
    bare = MenuButton(menus[0].buttons[0].label, "/help", "no such picture")
    channel = await started(fake, dataclasses.replace(menus[0], buttons=(bare,)), menus[1])
    await channel.close()
    assert (sorted(languages(fake)), fake.menu_of[""]) == (["lo"], languages(fake)["lo"])


async def test_whoever_stops_does_not_wait_for_a_picture(fake: FakeLine, menus: tuple[Menu, Menu]) -> None:
    channel = with_menus(fake, *menus)
    starting = asyncio.create_task(channel.start(""))
    async with asyncio.timeout(30):
        while not [c for c in fake.calls if c.path.endswith("/richmenu/list")]:
            await asyncio.sleep(0.01)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await channel.close()
    assert fake.menus == {}


async def test_a_person_gets_the_menu_of_their_language(fake: FakeLine, menus: tuple[Menu, Menu]) -> None:
    channel = await started(fake, *menus)
    await channel.link_menu(RESIDENT, "lo")
    await channel.link_menu(RESIDENT, "km")
    await channel.link_menu(OFFICERS, "lo")
    await channel.close()
    assert {k: v for k, v in fake.menu_of.items() if k} == {RESIDENT: languages(fake)["lo"]}


async def test_a_new_menu_takes_over_the_people_of_the_old_one(fake: FakeLine, menus: tuple[Menu, Menu]) -> None:
    fake.menus["theirs"] = {"name": "made by hand"}
    old = await started(fake, *menus)
    await old.link_menu(RESIDENT, "lo")
    await old.close()
    changed = dataclasses.replace(menus[1], bar="ເປີດ")
    for _ in range(2):
        new = await started(fake, menus[0], changed)
        await new.close()
    assert sorted(menu["name"] for menu in fake.menus.values()) == sorted(["made by hand", menus[0].name, changed.name])
    assert fake.menu_of[RESIDENT] == languages(fake)["lo"]


async def test_a_menu_left_without_its_picture_is_made_again(fake: FakeLine, menus: tuple[Menu, Menu]) -> None:
    fake.fail("500", only="content")
    channel = with_menus(fake, menus[0])
    with pytest.raises(SendError):
        await channel.start("")
    await channel.start("")
    await channel.start("")
    await channel.close()
    assert list(fake.menus) == list(fake.pictures) == [fake.menu_of[""]]
