"""What one network address may take: enough for a village behind it, not what all the others need."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import crowd
from bot.channels.web import private_chat
from bot.crowd import Buckets, Crowd, is_near, is_outside, network, origin
from bot.door import MOST_HEADERS, Door
from bot.webchat import COOKIE
from bot.webguard import Refused
from tests.test_web import Browser, world

OUTSIDE = "203.0.113.9"


def request(peer: str, **headers: str) -> Request:
    raw = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "client": (peer, 1), "headers": raw})


# --- whose address it is


@pytest.mark.parametrize(
    ("peer", "forwarded", "whose"),
    [
        (OUTSIDE, "", OUTSIDE),
        (OUTSIDE, "198.51.100.7", OUTSIDE),  # a stranger's word about themselves is nothing
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("172.18.0.2", "10.9.8.7, 198.51.100.7", "198.51.100.7"),  # what the browser claimed comes before it
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("127.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "x" * 500, "x" * 64),
    ],
)
def test_an_address_is_what_we_or_our_proxy_saw(peer: str, forwarded: str, whose: str) -> None:
    given = {"x_forwarded_for": forwarded} if forwarded else {}
    assert origin(request(peer, **given)) == whose


def test_neighbours_and_the_world() -> None:
    assert all(map(is_near, ("127.0.0.1", "::1", "10.1.2.3", "fd00::1", "")))
    assert not any(map(is_near, (OUTSIDE, "8.8.8.8", "2001:db8::1", "example")))
    assert not is_outside(request("10.1.2.3"))
    assert is_outside(request("8.8.8.8"))
    assert is_outside(request("10.1.2.3", x_real_ip="8.8.8.8"))
    assert network("2001:db8::1") == network("2001:db8::2") != network("2001:db8:0:1::1")


# --- how much


def test_a_village_begins_at_once_and_a_botnet_of_one_does_not() -> None:
    now = [0.0]
    many = Crowd(lambda: now[0])
    for _ in range(int(crowd.CHATS_BURST)):
        many.newcomer("village")
    with pytest.raises(Refused) as no:
        many.newcomer("village")
    assert (no.value.status, no.value.wait) == (429, 11)
    many.newcomer("the next village")  # nobody else waits
    now[0] = 11.0
    many.newcomer("village")


def test_all_addresses_together_have_an_end() -> None:
    many = Crowd(lambda: 0.0)
    for n in range(int(crowd.ALL_BURST)):
        many.newcomer(f"a{n}")
    with pytest.raises(Refused):
        many.newcomer("one more")


def test_what_is_remembered_has_an_end() -> None:
    held = Buckets(1.0, 1.0, lambda: 0.0, most=2)
    for name in "abc":
        held.take(name, 1.0, "pace")
    assert [held.knows(name) for name in "abc"] == [False, True, True]


def test_lines_of_one_address_leave_room_for_others() -> None:
    many = Crowd(lambda: 0.0)
    for _ in range(crowd.LINES):
        many.enter("a")
    with pytest.raises(Refused):
        many.enter("a")
    many.enter("b")
    many.leave("a")
    many.enter("a")


# --- over HTTP


async def test_new_chats_of_one_address_are_slowed_and_those_that_are_known_go_on() -> None:
    """A session is only a random number: who invents them is held by the address, not by the number."""
    async with world() as at, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        browser = Browser(http, at.url)

        async def says(secret: str, whence: str = OUTSIDE) -> int:
            headers = {"Cookie": f"{COOKIE}={secret}", "X-Forwarded-For": whence}
            body = {"id": str(uuid4()), "type": "text", "text": "?"}
            return (await browser.post("messages", json=body, headers=headers))[0]

        first, last = "a" * 43, "z" * 43
        assert await says(first) == 200
        forged = [f"{n:043}" for n in range(int(crowd.CHATS_BURST) - 1)]
        assert {await says(secret) for secret in forged} == {200}
        assert await says(last) == 429
        headers = {"Cookie": f"{COOKIE}={last}", "X-Forwarded-For": OUTSIDE, "Content-Type": "image/png"}
        assert (await browser.post("media", data=b"x", headers=headers))[0] == 429
        assert await says(first) == 200
        assert await says(last, "198.51.100.7") == 200
        assert private_chat(last) == at.bot.events[-1].sender


def test_files_of_one_address_have_an_end() -> None:
    held = Crowd(lambda: 0.0)
    for _ in range(30):
        held.file(OUTSIDE, 20_000_000)
    with pytest.raises(Refused):
        held.file(OUTSIDE, 1)
    held.file("198.51.100.7", 20_000_000)


# --- the door


class Hasty(Door):
    header_seconds = 0.2


@asynccontextmanager
async def behind(door: type[Door]) -> AsyncIterator[int]:
    async def hello(_: Request) -> Response:
        return Response("hello")

    config = uvicorn.Config(
        Starlette(routes=[Route("/", hello)]), log_level="critical", lifespan="off", ws="none", http=door
    )
    served, listening = uvicorn.Server(config), socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(served.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        served.should_exit = True
        await task


async def heard(port: int, said: Sequence[bytes]) -> bytes:
    """All that comes back, until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for one in said:
            writer.write(one)
            await writer.drain()
            await asyncio.sleep(0.01)
        async with asyncio.timeout(3):
            return await reader.read()
    except (ConnectionResetError, BrokenPipeError):
        return b""
    finally:
        writer.close()


BEGUN = b"GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize("said", [[], [b"GET"], [BEGUN], [BEGUN + b"\r\n", BEGUN]], ids=["nothing", "a", "b", "kept"])
async def test_whoever_does_not_come_to_an_end_is_put_out(said: list[bytes]) -> None:
    async with behind(Hasty) as port:
        answer = await heard(port, said)
        assert answer.count(b"hello") == (len(said) > 1)


async def test_headers_without_an_end_are_not_kept_in_memory() -> None:
    async with behind(Door) as port:
        flood = [BEGUN, *(b"X-A: " + b"a" * 8_000 + b"\r\n" for _ in range(MOST_HEADERS // 8_000 + 2))]
        assert await heard(port, flood) == b""


async def test_one_who_asks_in_time_is_answered_and_kept() -> None:
    async with behind(Door) as port, aiohttp.ClientSession() as http:
        for _ in range(3):
            async with http.get(f"http://127.0.0.1:{port}/") as answer:
                assert await answer.text() == "hello"
