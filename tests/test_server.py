"""HTTP as platforms and operators meet it: committed before answered, nobody unsigned, nothing told, alive or not."""

import asyncio
import json
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import server
from storage.core import INBOX, OUTBOX, QUARANTINE
from tests.doubles.line import signature
from tests.doubles.telegram import refused
from tests.house import SECRET, House, OnLine, OnTelegram, OnWeb, until

HEADER = "X-Telegram-Bot-Api-Secret-Token"
RESIDENT, LINER = 7_100_071, "U" + "7" * 32


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path) as made:
        yield made


@contextmanager
def without(house: House, *tables: str) -> Any:
    """The database as it is when something is badly wrong with it."""
    with sqlite3.connect(house.folder / "ntswatch.db", isolation_level=None) as hand:
        for table in tables:
            hand.execute(f"ALTER TABLE {table} RENAME TO gone_{table}")
        try:
            yield
        finally:
            for table in tables:
                hand.execute(f"ALTER TABLE gone_{table} RENAME TO {table}")
    hand.close()


def people(house: House) -> tuple[OnTelegram, OnLine]:
    return OnTelegram(house, RESIDENT), OnLine(house, LINER)


# --- committed, then answered


@pytest.mark.parametrize("who", [0, 1], ids=["telegram", "line"])
async def test_the_answer_waits_for_the_commit(house: House, who: int) -> None:
    hand = sqlite3.connect(house.folder / "ntswatch.db", isolation_level=None)
    hand.execute("BEGIN IMMEDIATE")
    asking = asyncio.create_task(people(house)[who].write("/start"))
    await asyncio.sleep(0.2)
    assert not asking.done()
    hand.execute("ROLLBACK")
    hand.close()
    assert await asking == 200
    assert await house.count(INBOX) == 1
    await house.settled()
    assert (await people(house)[who].screen())[-1].buttons


@pytest.mark.parametrize("who", [0, 1], ids=["telegram", "line"])
async def test_what_the_database_does_not_take_waits_on_disk(house: House, who: int) -> None:
    phone = people(house)[who]
    with without(house, "inbox"):
        assert await phone.write("/start") == 200
        assert (await house.get("/readyz"))[0] == 503
        assert len(list((house.folder / "spool").iterdir())) == 1
    await until(lambda: not house.app.turns.behind)
    assert (await house.get("/readyz"))[0] == 200
    await house.settled()
    assert len(await phone.screen()) == 1


async def test_what_cannot_be_read_or_stored_is_to_be_delivered_again(house: House) -> None:
    with without(house, "quarantine"):
        assert await house.post("/telegram", "?", {HEADER: SECRET}) == (503, b"")
        assert await house.post("/line", b"?", {"X-Line-Signature": signature(b"?")}) == (503, b"")
    assert await house.count(INBOX) == 0
    assert await house.count(QUARANTINE) == 0


async def test_a_delivery_repeated_is_one_message(house: House) -> None:
    start = house.line.says(LINER, "/start")
    for _ in range(3):
        assert await OnLine(house, LINER).deliver(start, start) == 200
    update = json.dumps({"update_id": 9, "message": OnTelegram(house, RESIDENT).message(text="/start")})
    for _ in range(3):
        assert await house.post("/telegram", update, {HEADER: SECRET}) == (200, b"")
    await house.settled()
    assert [len(await phone.screen()) for phone in people(house)] == [1, 1]


# --- nobody unsigned


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/telegram", {}),
        ("/telegram", {HEADER: ""}),
        ("/telegram", {HEADER: SECRET[:-1]}),
        ("/telegram", {HEADER: "ก".encode().decode("latin-1")}),
        ("/line", {}),
        ("/line", {"X-Line-Signature": signature(b"{}", "another secret")}),
        ("/line", {"X-Line-Signature": signature(b"{ }")}),
    ],
)
async def test_a_stranger_is_told_nothing(house: House, path: str, headers: dict[str, str]) -> None:
    assert await house.post(path, b"{}", headers) == (401, b"")
    assert await house.count(QUARANTINE) == 0


async def test_line_s_own_check_of_the_address_is_answered(house: House) -> None:
    body = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
    assert await house.post("/line", body, {"x-line-signature": signature(body)}) == (200, b"")


async def test_more_than_any_platform_sends_is_not_read(house: House) -> None:
    body = BytesIO(b"x" * (server.MOST_BODY + 1))
    async with house.http.post(f"{house.url}/telegram", data=body, headers={HEADER: SECRET}) as answer:
        assert answer.status == 413


# --- bodies that stop, and crowds: straight at the application, where a socket would need seconds


async def ask(app: Any, receive: Callable[[], Any], path: str = "/telegram") -> int:
    """POST with a body of the test's making; the status."""
    said: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    headers = [(HEADER.lower().encode(), SECRET.encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
    await app(scope, receive, send)
    return int(said[0]["status"])


async def test_a_caller_who_hangs_up_is_no_error(house: House) -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert await ask(server.build(house.app), gone) == 408
    assert await house.count(INBOX) == 0


def update(house: House, number: int) -> bytes:
    message = OnTelegram(house, RESIDENT).message(text="/start")
    return json.dumps({"update_id": number, "message": message}).encode()


def coming(body: bytes, go: asyncio.Event | None = None) -> Callable[[], Any]:
    """A body that comes when it may."""

    async def receive() -> dict[str, Any]:
        if go:
            await go.wait()
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def test_beyond_what_fits_platforms_are_asked_to_come_again(house: House) -> None:
    app = server.build(house.app)
    hand = sqlite3.connect(house.folder / "ntswatch.db", isolation_level=None)
    hand.execute("BEGIN IMMEDIATE")  # nothing is committed, so nothing leaves our hands
    asking = [asyncio.create_task(ask(app, coming(update(house, n)))) for n in range(server.AT_ONCE)]
    await asyncio.sleep(0.2)
    assert await ask(app, coming(update(house, 4000))) == 503
    hand.execute("ROLLBACK")
    hand.close()
    assert set(await asyncio.gather(*asking)) == {200}
    assert await ask(app, coming(update(house, 5000))) == 200


async def test_many_who_never_end_their_bodies_do_not_keep_a_platform_out(house: House) -> None:
    app, never = server.build(house.app), asyncio.Event()
    slow = [asyncio.create_task(ask(app, coming(b"", never))) for _ in range(server.READING)]
    await asyncio.sleep(0.05)
    assert await ask(app, coming(update(house, 1))) == 200
    assert await slow[0] == 408  # the one that had taken longest
    assert not slow[1].done()
    for one in slow[1:]:
        one.cancel()
    await asyncio.gather(*slow[1:], return_exceptions=True)


# --- poison


UNREADABLE = (
    b'{"update_id": 77, "message": {"message_id": 1, "date": 1, "chat": {"id": 7100071}, "text": "about Somsak"}}',
    b"about Somsak",
    b'{"update_id": 77, "message": {"message_id": 1, "date": 1e99, "chat": {"id": 7100071, "type": "private"}}}',
)


@pytest.mark.parametrize("body", UNREADABLE)
async def test_an_update_nobody_can_read_does_not_hold_up_its_chat(house: House, body: bytes) -> None:
    for _ in range(2):
        assert await house.post("/telegram", body, {HEADER: SECRET}) == (200, b"")
    assert await house.count(QUARANTINE) == 1
    assert await people(house)[0].write("/start") == 200
    await house.settled()
    assert len(await people(house)[0].screen()) == 1
    sealed = await house.app.database.read(lambda c: c.execute(select(QUARANTINE.c.raw)).scalar_one())
    assert b"Somsak" not in sealed
    assert b"update_id" not in sealed


async def test_one_unreadable_event_of_a_body_leaves_the_others_be(house: House) -> None:
    bad = house.line.says(LINER, "x") | {"message": {"type": "text", "text": 5, "id": "1"}}
    assert await OnLine(house, LINER).deliver(bad, house.line.says(LINER, "/start")) == 200
    await house.settled()
    assert len(await OnLine(house, LINER).screen()) == 1
    assert await house.count(QUARANTINE) == 1


async def test_a_press_stops_spinning_even_when_telegram_refuses_to_hear_of_it(house: House) -> None:
    resident = OnTelegram(house, RESIDENT)
    await resident.write("/start")
    await house.settled()
    house.telegram.fail(refused("query is too old"), method="answerCallbackQuery")
    assert await resident.press("a:language:lo") == 200
    await house.settled()
    assert await resident.press("a:consent:yes") == 200
    await house.settled()
    await until(lambda: len(house.telegram.asked("answerCallbackQuery")) == 2)
    assert await house.count(OUTBOX) == 0


# --- health


async def test_alive_and_ready(house: House) -> None:
    assert await house.get("/healthz") == (200, b'{"alive":true}')
    assert await house.get("/readyz") == (200, b'{"database":true,"waiting":[],"room":true}')


async def test_not_ready_without_its_database_but_alive(house: House) -> None:
    with without(house, "alembic_version"):
        assert await house.get("/readyz") == (503, b'{"database":false,"waiting":[],"room":true}')
        assert (await house.get("/healthz"))[0] == 200


async def test_not_ready_while_a_platform_does_not_know_us(tmp_path: Path) -> None:
    house = House(tmp_path, channels=("telegram",))
    house.telegram.fail(*[refused("no")] * 100)
    opening = asyncio.create_task(house.__aenter__())
    try:
        await until(lambda: house.url)
        await until(lambda: "web" in house.app.ready)
        assert await house.get("/readyz") == (503, b'{"database":true,"waiting":["telegram"],"room":true}')
        assert await OnTelegram(house, RESIDENT).write("/start") == 200
    finally:
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await house.__aexit__()


async def test_figures_are_counts_of_nobody(house: House) -> None:
    for phone in people(house):
        await phone.write("/start")
    await house.settled()
    status, body = await house.get("/metrics")
    text = body.decode()
    assert status == 200
    assert "ntswatch_events_new_total 4.0" in text  # two messages, and how their two answers ended
    assert "ntswatch_sent_total 2.0" in text
    assert 'ntswatch_channel_ready{channel="line"} 1.0' in text
    assert not any(secret in text for secret in (str(RESIDENT), LINER, SECRET, "start"))


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_the_world_is_not_told_how_much_happens(house: House, path: str, header: str) -> None:
    """Whoever asks every second would see when somebody reports."""
    async with house.http.get(house.url + path, headers={header: "203.0.113.9"}) as answer:
        assert (answer.status, await answer.read()) == (404, b"")
    assert (await house.get(path))[0] == 200


@pytest.mark.parametrize("path", ["/telegram", "/healthz", "/metrics", "/media/x", "/nowhere", "/pictures/none", "/"])
async def test_no_answer_can_do_harm_in_a_browser(house: House, path: str) -> None:
    async with house.http.get(house.url + path) as answer:
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Cache-Control" in answer.headers


async def test_a_recording_of_any_claimed_length_is_no_error_of_ours(house: House) -> None:
    async with OnWeb(house) as web:
        url = f"{house.url}/web/media?id={uuid.uuid4()}&seconds={'9' * 5000}"
        async with web._http.post(url, data=b"x", headers={"Content-Type": "image/jpeg"}) as answer:
            assert answer.status in (200, 400)


@pytest.mark.parametrize(
    ("path", "status"), [("/telegram", 405), ("/line", 405), ("/media/x", 404), ("/nowhere", 404), ("/", 200)]
)
async def test_what_is_not_served(house: House, path: str, status: int) -> None:
    assert (await house.get(path))[0] == status
