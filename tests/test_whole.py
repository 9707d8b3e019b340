"""The whole bot from a config file: three channels at once, what reaches whom, and what a failing platform does."""

import asyncio
import base64
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from bot.attachments import Attachments
from bot.channels import Channel, Outgoing
from bot.connect import CHANNELS
from bot.dispatcher import Dispatcher
from handlers.events import Address, Command, Incoming, Tick
from storage.core import CASES, FILE, GROUP, OUTBOX, QUARANTINE
from tests.doubles.telegram import blocked, broken, dropped, migrated, slow, throttled
from tests.house import (
    LINE_GROUP,
    PATIENCE,
    PIN,
    TELEGRAM_GROUP,
    House,
    OnLine,
    OnTelegram,
    OnWeb,
    Phone,
    Shown,
    link,
    report,
    until,
)
from tests.test_server import without
from tests.town import Listener, Town

LAO, KHMER, THAI = "ເຫັນເຮືອບໍ່ມີໄຟ ຢູ່ແຄມນ້ຳ", "ឃើញទូកគ្មានភ្លើងចតក្បែរច្រាំង", "เห็นเรือไม่เปิดไฟจอดใกล้หาดทราย"
NUMBER = re.compile(r"[0-9]{4}-[0-9]{4}")
CHIEF, OFFICER, LINE_OFFICER = 900, 501, "U" + "5" * 32


def jpeg(colour: str = "red") -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken by Somsak"
    Image.new("RGB", (60, 40), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path) as made:
        yield made


@pytest.fixture
async def linked(house: House) -> House:
    """Two groups of Mueang Bueng Kan, one an each app, linked by a coordinator on Telegram."""
    await link(house, OnTelegram(house, 0, TELEGRAM_GROUP), OnTelegram(house, CHIEF))
    await chief_of_line(house)
    return house


async def chief_of_line(house: House) -> None:
    chief = OnTelegram(house, CHIEF)
    await chief.write("/link TH3801")
    await house.settled()
    code = re.search(r"/link (\S+)", (await chief.screen())[-1].text)
    assert code
    await OnLine(house, LINE_OFFICER, LINE_GROUP).write(f"/link {code[1]}")
    await house.settled()
    await house.enlist(Address("telegram", str(OFFICER)), Address("line", LINE_OFFICER))


def groups(house: House) -> tuple[OnTelegram, OnLine]:
    return OnTelegram(house, OFFICER, TELEGRAM_GROUP), OnLine(house, LINE_OFFICER, LINE_GROUP)


async def cards(group: OnTelegram | OnLine, number: str) -> list[Shown]:
    return [s for s in await group.screen() if number in s.text]


def number_in(text: str) -> str:
    found = NUMBER.search(text)
    assert found
    return found[0]


# --- the main job


async def test_reports_of_three_languages_on_three_channels_reach_both_groups_in_thai(linked: House) -> None:
    async with OnWeb(linked) as browser:
        lao, khmer = OnTelegram(linked, 71), OnLine(linked, "U" + "7" * 32)
        said = {
            "lo": await report(lao, linked, "lo", LAO),
            "km": await report(khmer, linked, "km", KHMER),
            "th": await report(browser, linked, "th", THAI),
        }
        assert await linked.count(CASES) == 3
        for language, thanks in said.items():
            words = linked.app.store.words[language]
            assert words.t("Thank you. Your report is number {number}.", number=number_in(thanks)) in thanks
        telegram, line = groups(linked)
        for thanks in said.values():
            number = number_in(thanks)
            for group in (telegram, line):
                (card,) = await cards(group, number)
                assert "ยาเสพติด" in card.text
                assert set(card.buttons) == {f"{do}:{number.replace('-', '')}" for do in ("take", "details", "more")}
                assert not any(words in card.text for words in (LAO, KHMER, THAI))

        first = number_in(said["lo"]).replace("-", "")
        await telegram.press(f"take:{first}")
        await line.press(f"take:{number_in(said['km']).replace('-', '')}")
        await telegram.press(f"take:{number_in(said['th']).replace('-', '')}")
        await linked.settled()
        for language, phone in (("lo", lao), ("km", khmer), ("th", browser)):
            assert (await phone.screen())[-1].text == linked.app.store.words[language].t("There is a message for you.")
        (edited,) = await cards(telegram, number_in(said["lo"]))
        assert f"take:{first}" not in edited.buttons
        assert len(await cards(line, number_in(said["lo"]))) == 2  # LINE cannot edit: a new card stands below the old

        await telegram.press(f"close:{first}")
        await linked.settled()
        await telegram.press(f"close:{first}:acted")
        await linked.settled()
        await lao.press("status")
        await linked.settled()
        assert linked.app.store.words["lo"].t("finished") in (await lao.screen())[-1].text
        chief = OnTelegram(linked, CHIEF)
        await chief.write("/summary")
        await linked.settled()
        picture = (await chief.screen())[-1].text
        assert "3" in picture
        assert sorted(row.status for row in await linked.cases()) == ["closed", "taken", "taken"]
    assert await linked.count(OUTBOX) == 0
    assert await linked.count(QUARANTINE) == 0
    assert {call.status for call in linked.line.calls if "/message/" in call.path} == {200}


async def test_every_channel_goes_by_the_clock_of_the_house(linked: House) -> None:
    """A press has no time of its own on Telegram and the page: it gets it from there too."""
    linked.clock.tick(days=-300)
    async with OnWeb(linked) as page:
        for phone in (OnTelegram(linked, 700), OnLine(linked, LINE_OFFICER), page):
            await report(phone, linked, "th", THAI)
    assert [case.opened for case in await linked.cases()] == [linked.clock()] * 3


async def test_details_go_to_the_one_who_asks(linked: House) -> None:
    number = number_in(await report(OnTelegram(linked, 71), linked, "lo", LAO))
    for group, private in (
        (groups(linked)[0], OnTelegram(linked, OFFICER)),
        (groups(linked)[1], OnLine(linked, LINE_OFFICER)),
    ):
        await group.press(f"details:{number.replace('-', '')}")
        await linked.settled()
        assert any(LAO in s.text for s in await private.screen())
        assert not any(LAO in s.text for s in await group.screen())


async def test_an_officer_who_never_opened_the_bot_is_told_so_in_the_group(linked: House) -> None:
    number = number_in(await report(OnTelegram(linked, 71), linked, "lo", LAO))
    linked.telegram.blocked.add(OFFICER)
    await groups(linked)[0].press(f"details:{number.replace('-', '')}")
    await linked.settled()
    last = (await groups(linked)[0].screen())[-1]
    assert LAO not in last.text
    assert "https://t.me/" in "".join(last.buttons)
    assert await linked.count(OUTBOX, OUTBOX.c.state == "todo") == 0


async def test_a_press_in_a_group_of_line_is_none_of_ours(linked: House) -> None:
    number = number_in(await report(OnTelegram(linked, 71), linked, "lo", LAO)).replace("-", "")
    line = linked.line
    pressed = line.event("postback", LINE_GROUP, "", postback={"data": f"take:{number}"})
    pressed["source"] = {"type": "group", "groupId": LINE_GROUP}
    assert await groups(linked)[1].deliver(pressed) == 200
    await linked.settled()
    assert "/cases" in (await groups(linked)[1].screen())[-1].text
    assert [row.status for row in await linked.cases()] == ["new"]


# --- files


@pytest.mark.parametrize("app", ["telegram", "line", "web"])
async def test_a_photo_is_fetched_at_once_washed_sealed_and_shown_to_the_one_who_asks(linked: House, app: str) -> None:
    async with AsyncExitStack() as stack:
        phones: dict[str, Phone] = {
            "telegram": OnTelegram(linked, 71),
            "line": OnLine(linked, "U" + "7" * 32),
            "web": await stack.enter_async_context(OnWeb(linked)),
        }
        number = number_in(await report(phones[app], linked, "lo", "", photo=jpeg()))
    await fetched(linked)
    assert await linked.count(FILE, FILE.c.state == "kept") == 1
    kept = [p.read_bytes() for p in (linked.folder / "media").rglob("*") if p.is_file()]
    assert len(kept) >= 2  # what officers see, and what came
    assert not any(b"Somsak" in content or b"JFIF" in content for content in kept)

    for group in groups(linked):
        await group.press(f"details:{number.replace('-', '')}")
    await linked.settled()
    uploads = [c for call in linked.telegram.calls if call.files for _, _, c in call.files.values()]
    assert len(uploads) == 1
    assert Image.open(BytesIO(uploads[0])).size == (60, 40)
    assert b"Somsak" not in uploads[0]
    (image,) = [m for chat, m in linked.line.delivered if chat == LINE_OFFICER and m["type"] == "image"]
    status, content = await linked.get(image["originalContentUrl"].removeprefix("https://bot.example.org"))
    assert status == 200
    assert content == uploads[0]


async def test_the_officer_on_the_web_gets_the_bytes(tmp_path: Path) -> None:
    async with House(tmp_path, channels=()) as house, OnWeb(house) as resident, OnWeb(house) as officer:
        await officer.write(f"/join {await house.invite('officer', 'TH3801')}")
        number = number_in(await report(resident, house, "km", "", photo=jpeg("blue")))
        await fetched(house)
        await officer.write(f"/details {number}")
        await house.settled()
        files = [f for s in await officer.screen() for f in s.files]
        assert len(files) == 1
        picture = base64.b64decode(files[0].removeprefix(b"data:image/jpeg;base64,"))
        assert Image.open(BytesIO(picture)).size == (60, 40)


async def test_a_file_that_line_has_deleted_is_said_to_be_missing(linked: House) -> None:
    phone = OnLine(linked, "U" + "7" * 32)
    linked.line.fail("404", "404", only="content")
    number = number_in(await report(phone, linked, "lo", LAO, photo=jpeg()))
    await groups(linked)[0].press(f"details:{number.replace('-', '')}")
    await linked.settled()
    text = "".join(s.text for s in await OnTelegram(linked, OFFICER).screen())
    words = linked.app.store.words["th"]
    assert words.n("{count} file could not be fetched.", "{count} files could not be fetched.", 1, count=1) in text


# --- platforms that fail


async def test_a_group_that_becomes_a_supergroup_in_the_middle_of_an_alert_loses_nothing(linked: House) -> None:
    linked.telegram.fail(migrated(-1009), method="sendMessage", chat=TELEGRAM_GROUP)
    number = number_in(await report(OnLine(linked, "U" + "7" * 32), linked, "lo", LAO))
    await linked.settled()
    moved = OnTelegram(linked, OFFICER, -1009)
    (card,) = await cards(moved, number)
    assert await cards(groups(linked)[0], number) == []
    assert Address("telegram", "-1009") in linked.app.store.directory.groups
    assert await linked.count(GROUP) == 2
    await moved.press(next(iter(card.buttons)))
    await linked.settled()
    assert [row.status for row in await linked.cases()] == ["taken"]


async def test_telegram_says_that_a_group_moved(linked: House) -> None:
    group = groups(linked)[0]
    assert await group.update(message=group.message(migrate_to_chat_id=-1010)) == 200
    number = number_in(await report(OnLine(linked, "U" + "7" * 32), linked, "lo", LAO))
    assert len(await cards(OnTelegram(linked, OFFICER, -1010), number)) == 1


async def test_a_group_that_threw_us_out_passes_its_alert_on(linked: House) -> None:
    linked.telegram.fail(blocked(), method="sendMessage", chat=TELEGRAM_GROUP)
    number = number_in(await report(OnLine(linked, "U" + "7" * 32), linked, "lo", LAO))
    await linked.settled()
    assert set(linked.app.store.directory.groups) == {Address("line", LINE_GROUP)}
    assert any(number in s.text for s in await groups(linked)[1].screen())
    told = [s.text for s in await OnTelegram(linked, CHIEF).screen()]
    assert any("เมืองบึงกาฬ" in text or "Mueang Bueng Kan" in text for text in told[3:])


@pytest.mark.parametrize(
    ("fault", "seconds"), [(throttled(7), 7), (broken(502), 5), (dropped(), 5)], ids=["429", "502", "dropped"]
)
async def test_what_telegram_does_not_take_now_leaves_later(linked: House, fault: object, seconds: float) -> None:
    linked.telegram.fail(fault, method="sendMessage", chat=TELEGRAM_GROUP)  # type: ignore[arg-type]
    number = number_in(await report(OnLine(linked, "U" + "7" * 32), linked, "lo", LAO))
    assert await cards(groups(linked)[0], number) == []
    assert len(await cards(groups(linked)[1], number)) == 1
    await linked.later(seconds=seconds * 2 + 1)
    assert len(await cards(groups(linked)[0], number)) == 1


@pytest.mark.parametrize(
    ("fault", "seconds", "pushes"),
    [("429", 2, 2), ("quota", 3601, 2), ("500", 10, 2), ("lost", 10, 2), ("drop", 10, 2)],
)
async def test_what_line_does_not_take_now_leaves_later_and_once(
    linked: House, fault: str, seconds: float, pushes: int
) -> None:
    linked.line.fail(fault, only="push")
    number = number_in(await report(OnTelegram(linked, 71), linked, "lo", LAO))
    await linked.later(seconds=seconds)
    if fault == "quota":  # what LINE says of itself lets it go, an hour later at the soonest
        await linked.metered()
    assert len(await cards(groups(linked)[1], number)) == 1
    keys = [call.key for call in linked.line.calls if call.path.endswith("/push")]
    assert len(keys) == pushes
    assert len(set(keys)) == 1


async def test_a_reply_token_is_used_before_a_push_and_a_push_when_it_is_too_late(linked: House) -> None:
    phone = OnLine(linked, "U" + "7" * 32)
    linked.line.calls.clear()
    await phone.write("/start")
    await linked.settled()
    assert [call.path.rpartition("/")[2] for call in linked.line.calls] == ["reply"]
    late = phone.event("postback", postback={"data": "a:language:lo"})
    linked.line.tokens.clear()  # LINE forgets them after a minute
    await phone.deliver(late)
    await linked.settled()
    assert [c.path.rpartition("/")[2] for c in linked.line.calls if "/message/" in c.path][1:] == ["reply", "push"]
    assert len(await phone.screen()) == 2


async def test_a_telegram_that_is_down_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.telegram.fail(*[broken(503)] * 200)
    opening = asyncio.create_task(house.__aenter__())
    try:
        await until(lambda: house.url)
        await until(lambda: {"line", "web"} <= house.app.ready)
        phone = OnLine(house, "U" + "7" * 32)
        await phone.write("/start")
        await until(lambda: house.line.delivered)
    finally:
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await house.__aexit__()


async def test_what_waits_when_the_bot_stops_leaves_when_it_starts(linked: House) -> None:
    linked.telegram.fail(broken(), method="sendMessage", chat=TELEGRAM_GROUP)
    number = number_in(await report(OnLine(linked, "U" + "7" * 32), linked, "lo", LAO))
    await linked.close()
    linked.clock.tick(seconds=60)
    await linked.open()
    await linked.settled()
    assert len(await cards(groups(linked)[0], number)) == 1


async def test_a_channel_that_was_switched_off_spoils_no_report(linked: House) -> None:
    """Its group is still linked; what is said there waits until the channel is back."""
    both = linked.config.read_text("utf-8")
    await linked.close()
    linked.config.write_text(re.sub(r"\[telegram\][^\[]*", "", both), "utf-8")
    await linked.open()
    number = await quiet_report(OnLine(linked, "U" + "7" * 32), linked)
    assert await linked.count(QUARANTINE) == 0
    assert len(await cards(groups(linked)[1], number)) == 1
    await linked.close()
    linked.config.write_text(both, "utf-8")
    await linked.open()
    await linked.settled()
    assert len(await cards(groups(linked)[0], number)) == 1


async def quiet_report(phone: OnLine, house: House) -> str:
    """A report while something is left waiting on purpose, so that the bot never settles."""
    steps = ("a:language:lo", "a:consent:yes", "a:kind:drugs", PIN, "a:when:now")
    await answered(house, phone.write("/start"))
    for step in steps:
        await answered(house, phone.press(step) if isinstance(step, str) else phone.share(*step))
    await answered(house, phone.write(LAO))
    await answered(house, phone.press("a:send:ask"))
    await until(lambda: any(chat == LINE_GROUP and NUMBER.search(str(m)) for chat, m in house.line.delivered))
    return number_in(next(s.text for s in reversed(await phone.screen()) if NUMBER.search(s.text)))


async def answered(house: House, doing: Awaitable[int]) -> None:
    before = len(house.line.delivered)
    assert await doing == 200
    await until(lambda: len(house.line.delivered) > before)


async def fetched(house: House) -> None:
    """Every file that was sent is washed, or given up."""
    async with asyncio.timeout(PATIENCE):
        while await house.count(FILE, FILE.c.state == "waiting"):
            await asyncio.sleep(0.02)


# --- said once


async def test_a_message_is_said_once_however_often_the_dispatcher_looks(tmp_path: Path) -> None:
    """A sweep that read the outbox before a delivery was written down must not believe what it read."""
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        await town.turns.handle([town.event(Address("telegram", "r1"), Command("start"))])
        read, go, leave = asyncio.Event(), asyncio.Event(), asyncio.Event()

        class Slow(Listener):
            """A platform that answers when it is let go."""

            async def send(self, out: Outgoing) -> str:
                await leave.wait()
                return await super().send(out)

        class Late:
            """Shows what it read only when it is let go."""

            dialect = "sqlite"
            write, read, close = town.database.write, town.database.read, town.database.close
            stand = town.database.stand

            async def look(self, work: Any) -> Any:
                found = await town.database.look(work)
                read.set()
                await go.wait()
                return found

        town.channels["telegram"] = slow_telegram = Slow("telegram")
        parts = (Attachments(town.files, None), town.turns.handle)
        early = Dispatcher(town.database, town.store, town.channels, *parts, now=town.clock)
        await early.sweep()
        early._database = Late()
        late = asyncio.create_task(early.sweep())
        await read.wait()
        leave.set()
        await early.settle()
        go.set()
        await late
        await early.settle()
        assert len(slow_telegram.sent) == 1


async def test_what_was_sent_while_the_database_was_away_is_not_sent_again(house: House) -> None:
    house.telegram.fail(slow(0.1), method="sendMessage")
    await OnTelegram(house, 71).write("/start")
    await until(lambda: house.telegram.asked("sendMessage"))
    with without(house, "outbox"):
        await until(lambda: house.telegram.messages)
        await asyncio.sleep(0.1)
    await house.settled()
    assert len(house.telegram.asked("sendMessage")) == 1


async def test_a_fault_of_ours_in_a_send_is_tried_again_with_patience(tmp_path: Path) -> None:
    async with Town(f"sqlite+aiosqlite:///{tmp_path}/town.db", tmp_path) as town:
        town.channels["telegram"].failures = [KeyError("words of a person")]  # type: ignore[list-item]
        await town.says(Address("telegram", "r1"), Command("start"))
        assert town.sent("telegram", "r1") == []
        (error,) = await town.database.read(lambda c: c.execute(select(OUTBOX.c.error)).scalars().all())
        assert error == "KeyError"
        town.clock.tick(seconds=10)
        await town.deliver()
        assert len(town.sent("telegram", "r1")) == 1


# --- polling


async def test_polling_confirms_only_what_is_committed(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",), mode="polling") as house:
        resident = OnTelegram(house, 71)
        with contextlib.closing(sqlite3.connect(tmp_path / "ntswatch.db", isolation_level=None)) as hand:
            hand.execute("BEGIN IMMEDIATE")
            await resident.write("/start")
            await asyncio.sleep(0.2)
            assert {asked["offset"] for asked in house.telegram.asked("getUpdates")} == {0}
        await until(lambda: house.telegram.messages)
        await until(lambda: house.telegram.asked("getUpdates")[-1]["offset"] == 1001)
        await house.settled()
        assert len(await resident.screen()) == 1


async def test_polling_is_a_whole_way_in(tmp_path: Path) -> None:
    async with House(tmp_path, channels=("telegram",), mode="polling") as house:
        resident = OnTelegram(house, 71)
        broken_update = {"message": {"message_id": 5, "date": 1, "chat": "?"}}
        await house.telegram.say(broken_update)
        house.telegram._next_update += 1
        await resident.write("/start")
        await until(lambda: house.telegram.messages)
        await resident.press("a:language:lo")
        await until(lambda: house.telegram.asked("answerCallbackQuery"))
        await house.settled()
        assert await house.count(QUARANTINE) == 1


# --- ticks


async def test_a_digest_comes_once_however_often_the_clock_strikes(linked: House) -> None:
    await report(OnTelegram(linked, 71), linked, "lo", LAO)
    group = groups(linked)[0]
    before = len(await group.screen())
    tick = Incoming(
        "digest:x:2026-11-23T18:00",
        linked.clock(),
        Address("telegram", str(TELEGRAM_GROUP)),
        "",
        Tick("digest", {"since": "2026-11-23"}),
        group=True,
    )
    for _ in range(3):
        await linked.app.turns.handle([tick])
    await linked.settled()
    assert len(await group.screen()) == before + 1


# --- the table of channels


def test_the_pace_of_a_group_never_exceeds_what_is_set(house: House) -> None:
    pace = house.app.channels["telegram"].pace
    per_minute = house.app.settings.limits.telegram_group_per_minute
    assert pace.group_burst + 60 * pace.group_per_second <= per_minute


def test_every_channel_of_the_table_is_built_where_it_is_set(house: House) -> None:
    made: dict[str, Channel] = dict(house.app.channels)
    assert set(made) == {*CHANNELS, "web"}
    assert all(channel.name == name for name, channel in made.items())
