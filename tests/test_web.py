"""The web page over real HTTP: what it posts becomes events, what we say arrives once, strangers are kept out."""

import asyncio
import dataclasses
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.channels import BadSignature, Outgoing, SendError
from bot.channels.web import Unreadable, Web, private_chat
from bot.channels.web_render import INLINE, letter, shrink
from bot.webchat import COOKIE, Phone, Stage, routes
from bot.webevents import LINES_PER_CHAT
from bot.webguard import BURST
from handlers import events
from handlers.events import Address, Incoming, MediaKind
from locales import load
from tests.doubles.mailbox import AT, MemoryMailbox, MemoryUploads, ScriptedBot, serving

PAYLOADS = sorted((Path(__file__).parent / "payloads" / "web").glob("*.json"))
PHONES = {
    "resident": Phone("Resident <1>", "p-resident", begins=True),
    "officers": Phone("Officers", "p-officer", "g-buengkan"),
}


def channel() -> Web:
    return Web(MemoryMailbox(), MemoryUploads(), lambda: AT)


def expected(told: Mapping[str, Any]) -> Incoming:
    """An event as a payload file tells it."""
    body = dict(told["body"])
    kind = getattr(events, body.pop("type"))
    if kind is events.Media:
        body["kind"] = MediaKind(body["kind"])
    return Incoming(**{**told, "at": AT, "chat": Address(*told["chat"]), "body": kind(**body)})


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda p: p.stem)
def test_what_the_page_posts_becomes_events(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    web, body = channel(), json.dumps(told["body"]).encode()
    match told.get("error"):
        case None:
            assert web.parse(body, told["headers"]) == [expected(e) for e in told["events"]]
        case ["signature", _]:
            with pytest.raises(BadSignature):
                web.parse(body, told["headers"])
        case [why, status]:
            with pytest.raises(Unreadable) as refused:
                web.parse(body, told["headers"])
            assert (refused.value.why, refused.value.status) == (why, status)


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_no_body_breaks_the_reading(body: bytes) -> None:
    with pytest.raises(Unreadable):
        channel().parse(body, {"person": "p-1"})


def test_a_chat_id_does_not_tell_its_secret() -> None:
    assert re.fullmatch(r"p-[0-9a-f]{32}", private_chat("s")) is not None
    assert private_chat("s") != private_chat("t")


@dataclasses.dataclass
class World:
    """A served page with everything around it."""

    url: str
    web: Web
    mailbox: MemoryMailbox
    uploads: MemoryUploads
    bot: ScriptedBot


@asynccontextmanager
async def world(staged: bool = False, on: bool = True) -> AsyncIterator[World]:
    mailbox, uploads = MemoryMailbox(), MemoryUploads()
    web = Web(mailbox, uploads, lambda: AT)
    bot = ScriptedBot(mailbox)

    async def fill() -> int:
        return 17

    stage = Stage(PHONES, fill) if staged else None
    # The clock stands still, so that a pace is used up and never comes back.
    served = routes(web, bot.handle, load(), stage, on, clock=lambda: 0.0)
    async with serving(served, web.close) as url:
        yield World(url, web, mailbox, uploads, bot)


class Browser:
    """What chat.js does, in Python."""

    def __init__(self, session: aiohttp.ClientSession, url: str, api: str = "/web") -> None:
        self.http, self.url, self.api = session, url, api
        self.headers = {"X-NTS": "1", "Sec-Fetch-Site": "same-origin", "Origin": url}

    async def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any, Mapping[str, str]]:
        headers = {**self.headers, **more.pop("headers", {})}
        more = more or {"json": body or {}}
        async with self.http.post(f"{self.url}{self.api}/{path}", headers=headers, **more) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None, answer.headers.copy()

    async def say(self, text: str, **more: Any) -> int:
        return (await self.post("messages", {"id": str(uuid4()), "type": "text", "text": text, **more}))[0]

    def line(self, after: int = 0, **headers: str) -> Any:
        return self.http.get(f"{self.url}{self.api}/events?after={after}", headers=headers)


async def heard(line: aiohttp.ClientResponse, many: int) -> list[tuple[str, Any]]:
    """The next events of an open line, heartbeats left out."""
    found: list[tuple[str, Any]] = []
    name = ""
    async with asyncio.timeout(5):
        while len(found) < many:
            row = (await line.content.readline()).decode().rstrip("\n")
            if row.startswith("event: "):
                name = row[7:]
            elif row.startswith("data: "):
                found.append((name, json.loads(row[6:])))
    return found


@asynccontextmanager
async def browsing(at: World, api: str = "/web") -> AsyncIterator[Browser]:
    connector = aiohttp.TCPConnector(force_close=True)  # the server hangs up on a body it does not read to the end
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        browser = Browser(http, at.url, api)
        assert (await browser.post("session"))[0] == 204
        yield browser


async def test_a_session_is_a_strict_cookie_that_the_page_cannot_read() -> None:
    async with world() as at, aiohttp.ClientSession() as http:
        _, _, headers = await Browser(http, at.url).post("session")
        assert re.fullmatch(
            r"nts=[A-Za-z0-9_-]{43}; HttpOnly; Max-Age=15552000; Path=/; SameSite=strict", headers["Set-Cookie"]
        )
        _, _, headers = await Browser(http, at.url).post("session", headers={"X-Forwarded-Proto": "https"})
        assert headers["Set-Cookie"].endswith("; Secure")


async def test_a_session_is_kept_and_the_page_itself_never_makes_one() -> None:
    async with world() as at, browsing(at) as browser:
        first = (await browser.post("session"))[2]["Set-Cookie"]
        assert (await browser.post("session"))[2]["Set-Cookie"] == first
        async with browser.http.get(at.url + "/", cookies={}) as page:
            assert page.status == 200
            assert "Set-Cookie" not in page.headers


async def test_a_message_becomes_an_event_of_the_session_s_chat() -> None:
    async with world() as at, browsing(at) as browser:
        assert await browser.say("ສະບາຍດີ") == 200
        secret = next(c.value for c in browser.http.cookie_jar if c.key == COOKIE)
        event = at.bot.events[0]
        assert (event.chat, event.sender) == (Address("web", private_chat(secret)), private_chat(secret))
        assert secret not in repr(event)


async def test_a_resend_is_the_same_event() -> None:
    async with world() as at, browsing(at) as browser:
        body = {"id": str(uuid4()), "type": "text", "text": "once"}
        assert [(await browser.post("messages", body))[0] for _ in range(2)] == [200, 200]
        assert len(at.bot.events) == 1


async def test_a_message_that_was_not_committed_is_not_answered_well() -> None:
    async with world() as at, browsing(at) as browser:
        at.bot.failing = 1
        body = {"id": str(uuid4()), "type": "text", "text": "again"}
        status, said, headers = await browser.post("messages", body)
        assert (status, said, headers["Retry-After"]) == (503, {"error": "busy"}, "5")
        assert (await browser.post("messages", body))[0] == 200
        assert len(at.bot.events) == 1


@pytest.mark.parametrize("path", ["session", "messages", "media", "forget"])
@pytest.mark.parametrize(
    "headers",
    [
        {"X-NTS": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
    ],
)
async def test_another_site_cannot_post(path: str, headers: dict[str, str]) -> None:
    async with world() as at, browsing(at) as browser:
        status, said, _ = await browser.post(path, {"id": str(uuid4()), "type": "text", "text": "x"}, headers=headers)
        assert (status, said) == (403, {"error": "origin"})
        assert at.bot.events == []


@pytest.mark.parametrize("cookie", ["", "short", "x" * 42 + "!", "x" * 44])
async def test_without_a_session_nothing_is_taken(cookie: str) -> None:
    async with world() as at, aiohttp.ClientSession(cookies={COOKIE: cookie}) as http:
        browser = Browser(http, at.url)
        status, said, _ = await browser.post("messages", {"id": str(uuid4()), "type": "text", "text": "x"})
        assert (status, said) == (401, {"error": "session"})
        async with browser.line() as line:
            assert line.status == 401


async def test_limits_are_told_by_name() -> None:
    async with world() as at, browsing(at) as browser:
        assert await browser.say("ក" * 5_000) == 200
        assert (await browser.post("messages", {"id": str(uuid4()), "type": "text", "text": "ក" * 5_001}))[:2] == (
            413,
            {"error": "long"},
        )
        assert (await browser.post("messages", {"text": "x" * 66_000}))[:2] == (413, {"error": "large"})
        assert (await browser.post("messages", data=b"{"))[:2] == (400, {"error": "unreadable"})


async def test_a_chat_that_hurries_is_told_to_wait() -> None:
    async with world() as at, browsing(at) as browser, browsing(at) as other:
        assert {await browser.say("x") for _ in range(int(BURST))} == {200}
        status, said, headers = await browser.post("messages", {"id": str(uuid4()), "type": "text", "text": "x"})
        assert (status, said, headers["Retry-After"]) == (429, {"error": "pace"}, "2")
        assert await other.say("x") == 200


async def test_a_file_arrives_whole_and_is_named_by_us() -> None:
    async with world() as at, browsing(at) as browser:
        sound = bytes(range(256)) * 2_000
        path, headers = f"media?id={uuid4()}&seconds=9&language=lo", {"Content-Type": "audio/webm;codecs=opus"}
        assert (await browser.post(path, data=sound, headers=headers))[0] == 200
        event = at.bot.events[0]
        assert event.body == events.Media(MediaKind.VOICE, "u1", len(sound), "audio/webm", 9)
        assert event.hint == "lo"
        assert b"".join([chunk async for chunk in at.web.fetch("u1")]) == sound


async def test_a_missing_upload_is_never_tried_again() -> None:
    with pytest.raises(SendError) as gone:
        _ = [chunk async for chunk in channel().fetch("u1")]
    assert gone.value.retry_after is None


@pytest.mark.parametrize(
    ("mime", "size", "answer"),
    [("image/svg+xml", 10, (415, "type")), ("application/pdf", 10, (415, "type")), ("", 10, (415, "type")),
     ("video/mp4", 20_000_001, (413, "large"))],
)  # fmt: skip
async def test_files_we_cannot_take_are_refused(mime: str, size: int, answer: tuple[int, str]) -> None:
    async with world() as at, browsing(at) as browser:
        headers = {"Content-Type": mime, "Expect": "100-continue"}
        status, said, _ = await browser.post(f"media?id={uuid4()}", data=BytesIO(bytes(size)), headers=headers)
        assert (status, said["error"]) == answer
        assert (at.uploads.files, at.bot.events) == ({}, [])


async def test_a_file_that_does_not_say_its_size_is_cut_off() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1_000_000)

    async with world() as at, browsing(at) as browser:
        try:
            status = (await browser.post(f"media?id={uuid4()}", data=endless(), headers={"Content-Type": "video/mp4"}))[
                0
            ]
        except aiohttp.ClientError:
            status = 413  # the server hung up while we were still sending
        assert status == 413
        assert (at.uploads.files, at.bot.events) == ({}, [])


async def test_a_lost_line_is_taken_up_where_it_broke() -> None:
    async with world() as at, browsing(at) as browser:
        await browser.say("hello")
        chat = at.bot.events[0].chat.chat
        for n in range(4):
            await at.bot.say(chat, f"letter {n}")
            await at.bot.say("p-somebody-else", "not yours")
        async with browser.line() as line:
            first = await heard(line, 3)
        assert [data["messages"][0]["text"] for _, data in first] == ["letter 0", "letter 1", "letter 2"]
        await at.bot.say(chat, "while away")
        async with browser.line(after=0, **{"Last-Event-ID": str(first[-1][1]["id"])}) as line:
            rest = await heard(line, 3)
        assert [data["messages"][0]["text"] for name, data in rest if name == "letter"] == ["letter 3", "while away"]
        assert rest[-1][0] == "ready"


async def test_a_letter_comes_down_the_open_line() -> None:
    async with world() as at, browsing(at) as browser:
        await browser.say("hello")
        async with browser.line() as line:
            assert [name for name, _ in await heard(line, 1)] == ["ready"]
            out = Outgoing(
                at.bot.events[0].chat.chat, [{"text": "<b>hi</b>\n\u2028", "buttons": [["A", "a", "option"]]}], "key"
            )
            sent = await at.web.send(out)
            assert await at.web.send(out) == sent
            [(name, data)] = await heard(line, 1)
        assert (name, data["id"], data["private"], data["at"]) == ("letter", int(sent), True, AT.isoformat())
        assert data["messages"][0] == {
            "text": "<b>hi</b>\n\u2028", "buttons": [["A", "a", "option"]], "attachments": [], "replaces": "",
        }  # fmt: skip
        assert len(at.mailbox.letters) == 1


async def test_a_browser_with_many_tabs_keeps_the_newest_lines() -> None:
    async with world() as at, browsing(at) as browser:
        lines = [await browser.line() for _ in range(LINES_PER_CHAT + 1)]
        assert [name for name, _ in await heard(lines[0], 2)] == ["ready", "moved"]
        assert await lines[0].content.read() in (b"", b"\n")
        assert [name for name, _ in await heard(lines[-1], 1)] == ["ready"]
        for line in lines:
            line.close()


async def test_a_closed_line_leaves_nothing_behind() -> None:
    async with world() as at, browsing(at) as browser:
        async with browser.line() as line:
            await heard(line, 1)
            assert at.mailbox.readers == 1
        async with asyncio.timeout(5):
            await at.mailbox.unread.wait()


async def test_the_server_stops_while_lines_are_open() -> None:
    async with aiohttp.ClientSession() as http:
        async with world(staged=True) as at:
            line = await http.get(at.url + "/phone/resident/web/events")
            await heard(line, 1)
        async with asyncio.timeout(5):
            assert b"event" not in await line.content.read()


async def test_deleting_the_chat_is_told_and_takes_the_cookie_back() -> None:
    async with world() as at, browsing(at) as browser:
        status, _, headers = await browser.post("forget")
        assert status == 204
        assert headers["Set-Cookie"].startswith('nts=""; expires=')
        assert [e.body for e in at.bot.events] == [events.Removed()]
        assert await browser.say("x") == 401


async def test_every_route_is_safe_to_show() -> None:
    paths = ["/", "/web/static/chat.js", "/web/static/none", "/web/texts?language=km", "/web/events", "/phone/resident",
             "/phone/officers", "/web/static/chat.html", "/web/static/__init__.py"]  # fmt: skip
    async with world(staged=True) as at, world() as alone, aiohttp.ClientSession() as http:
        for url in [at.url + path for path in paths if path != "/web/events"] + [
            alone.url + "/",
            alone.url + "/web/events",
        ]:
            async with http.get(url) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Cache-Control"] == "no-store" or "static" in url or "texts" in url
        for path in ("session", "messages", "media"):
            assert "Content-Security-Policy" in (await Browser(http, at.url, "/phone/officers/web").post(path))[2]


async def test_pages_hold_nothing_inline_and_nothing_from_elsewhere() -> None:
    async with world(staged=True) as at, aiohttp.ClientSession() as http:
        for path in ("/", "/phone/resident"):
            page = await (await http.get(at.url + path)).text()
            assert not re.search(r"<style|\son\w+=|\sstyle=|https?://", page)
            assert not re.search(r"<script[^>]*></script>", page.replace('" defer></script>', ""))
            assert "Resident &lt;1&gt;" in page
            assert "$" not in page


async def test_static_files_are_packed_and_asked_for_once() -> None:
    async with world() as at, aiohttp.ClientSession(auto_decompress=False) as http:
        page = await (await http.get(at.url + "/", headers={"Accept-Encoding": "identity"})).text()
        total = len(page)
        for address in re.findall(r'(?:src|href)="(/web/static/[^"]+)"', page):
            async with http.get(at.url + address, headers={"Accept-Encoding": "gzip"}) as answer:
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
                assert answer.headers["Content-Encoding"] == "gzip"
                total += len(await answer.read())
                mark = answer.headers["ETag"]
            async with http.get(at.url + address, headers={"If-None-Match": mark}) as again:
                assert (again.status, await again.read()) == (304, b"")
        assert total < 40_000


async def test_fonts_named_by_the_style_are_there_and_small() -> None:
    async with world() as at, aiohttp.ClientSession() as http:
        style = await (await http.get(at.url + "/web/static/chat.css")).text()
        names = re.findall(r"url\((fonts/[^)]+)\)", style)
        assert len(names) == 6
        for name in names:
            async with http.get(f"{at.url}/web/static/{name}") as font:
                assert (await font.read())[:4] == b"wOF2"
                assert font.content_length is not None
                assert font.content_length < 60_000
                assert "immutable" in font.headers["Cache-Control"]
        async with http.get(f"{at.url}/web/static/fonts/OFL.txt") as terms:
            assert "SIL OPEN FONT LICENSE" in await terms.text()


async def test_the_page_has_every_word_it_uses() -> None:
    folder = Path(__file__).parent.parent / "bot" / "pages"
    pages = "".join((folder / name).read_text("utf-8") for name in ("chat.html", "chat.js", "stage.html", "stage.js"))
    used = set(re.findall(r'data-(?:text|label)="(\w+)"|words\.(\w+)|showNote\("(\w+)"\)', pages))
    async with world() as at, aiohttp.ClientSession() as http:
        for language in ("th", "lo", "km", "en", "xx"):
            said = await (await http.get(f"{at.url}/web/texts?language={language}")).json()
            assert {name for found in used for name in found if name} <= said.keys()
            assert all(said.values())


async def test_a_phone_of_the_stage_speaks_in_its_group_and_hears_both_chats() -> None:
    async with world(staged=True) as at, browsing(at, "/phone/officers/web") as phone:
        take = {"id": str(uuid4()), "type": "choice", "value": "take:1", "message": "1", "to": "group"}
        assert (await phone.post("messages", take))[0] == 200
        assert await phone.say("/help", to="private") == 200
        group, private = at.bot.events
        assert (group.chat.chat, group.group, group.sender) == ("g-buengkan", True, "p-officer")
        assert (private.chat.chat, private.group, private.sender) == ("p-officer", False, "p-officer")
        await at.bot.say("g-buengkan", "card")
        await at.bot.say("p-officer", "details")
        await at.bot.say("p-resident", "not here")
        async with phone.line() as line:
            found = await heard(line, 3)
        assert [(d["messages"][0]["text"], d["private"]) for n, d in found if n == "letter"] == [
            ("card", False),
            ("details", True),
        ]


async def test_the_stage_fills_a_day() -> None:
    async with world(staged=True) as at, aiohttp.ClientSession() as http:
        assert (await Browser(http, at.url, "/stage").post("fill"))[:2] == (200, {"count": 17})
        assert (await Browser(http, at.url, "/stage").post("fill", headers={"X-NTS": "0"}))[0] == 403


async def test_the_page_is_not_there_when_it_is_off() -> None:
    assert routes(channel(), ScriptedBot(MemoryMailbox()).handle, load(), None, on=False) == []


async def test_what_is_said_is_one_letter_a_message_and_silence_is_none() -> None:
    spoken = {"text": "a", "buttons": [], "attachments": []}
    silent = {"text": " ", "buttons": [], "attachments": []}
    assert channel().split([spoken, silent, {**silent, "buttons": [["A", "a", "option"]]}]) == [
        [spoken], [{**silent, "buttons": [["A", "a", "option"]]}],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("link", "shown"),
    [("https://a.example", True), ("tel:191", True), ("javascript:alert(1)", False), ("http://a.example", False)],
)
async def test_only_safe_links_reach_the_page(link: str, shown: bool) -> None:
    assert bool((await letter({"text": "x", "buttons": [["L", link, "link"]]}))["buttons"]) is shown


async def test_what_can_be_done_with_a_case_stays_to_be_done() -> None:
    buttons = {name: [[name, name, "option"]] for name in ("h:0123456789abcdef.0", "answer:7:yes", "back")}
    stays = [name for name, b in buttons.items() if "stays" in await letter({"text": "x", "buttons": b})]
    assert stays == ["h:0123456789abcdef.0", "answer:7:yes"]


async def test_the_page_of_a_person_goes_on_in_the_language_they_chose() -> None:
    web = channel()
    for chat, language in (("p-1", "lo"), ("g-1", "km")):
        await web.speak(chat, language)
    assert [(k.chat, k.messages) for k in await web.mailbox.after(["p-1", "g-1"], 0)] == [("p-1", [{"language": "lo"}])]


async def test_only_what_a_browser_shows_and_does_not_run_is_put_into_a_letter() -> None:
    sent = [{"kind": "photo", "mime": mime, "bytes": b"x"} for mime in ("image/png", "image/svg+xml", "text/html")]
    made = await letter(
        {"text": "", "attachments": [*sent, {"kind": "video", "mime": "video/mp4", "bytes": b"v" * 300_001}]}
    )
    assert made["attachments"] == [
        {"kind": "photo", "url": "data:image/png;base64,eA=="}, {"kind": "photo"}, {"kind": "photo"}, {"kind": "video"},
    ]  # fmt: skip


async def test_a_large_photo_is_made_small_enough() -> None:
    out = BytesIO()
    Image.effect_noise((2400, 1800), 80).convert("RGB").save(out, "JPEG", quality=95)
    photo = {"kind": "photo", "mime": "image/jpeg", "bytes": out.getvalue()}
    [shown] = (await letter({"text": "", "attachments": [photo]}))["attachments"]
    assert shown["url"].startswith("data:image/jpeg;base64,")
    assert len(shown["url"]) < INLINE * 1.4 < out.tell()


@pytest.mark.parametrize("content", [b"", b"\xff\xd8 no picture" * 100_000])
def test_what_is_no_picture_is_not_shown(content: bytes) -> None:
    assert shrink(content) == b""
