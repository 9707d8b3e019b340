"""What LINE charges for, on both databases: counted once, folded while there is little left, never lost."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from bot.channels import SendError
from bot.gauge import Gauge
from handlers.effects import Dismiss, Enroll, LinkGroup, UnlinkGroup
from handlers.events import Address, Choice, Command, Fate, Outcome, Place, Removed, Text, Tick
from handlers.meter import Level, Meter, day_of, midnight, turn
from storage import directory, meter
from storage.core import CASES, METER_DAY, METER_MONTH, OUTBOX
from tests.town import Town

KAN, THEIRS = Address("line", "g-kan"), Address("telegram", "g-kan")
CHIEF, LINE_CHIEF = Address("telegram", "chief"), Address("line", "chief")
MEMBERS = 30
STEPS = (Choice("a:language:en"), Choice("a:consent:yes"), Choice("a:kind:drugs"), Place(18.36, 103.65))
LAST = (Choice("a:when:now"), Text("A boat without lights"), Choice("a:send:ask"))
NOVEMBER, DIGEST = date(2026, 11, 1), Tick("digest", {"since": "2026-11-23"})
FULL = SendError("quota", 3_600.0, charged=False)


@pytest.fixture
async def kan(town: Town) -> Town:
    """A district with a group of thirty on LINE, and a coordinator on Telegram; the plan has 1,000 messages."""
    town.channels["line"].sizes[KAN.chat] = MEMBERS
    town.channels["line"].limit = 1_000
    changes = (
        LinkGroup(KAN, "TH3801", "th"),
        Enroll(CHIEF.chat, "coordinator", "*", CHIEF, "en"),
    )
    await town.database.write(lambda c: directory.change(c, town.store, changes))
    await town.enlist(KAN, "o1")
    await town.gauge.read()
    return town


async def report(town: Town, who: str, channel: str = "telegram") -> str:
    """A report; its number."""
    before = await numbers(town)
    for body in (Command("start"), *STEPS, *LAST):
        await town.says(Address(channel, who), body)
    (new,) = await numbers(town) - before
    return new


async def numbers(town: Town) -> set[str]:
    return await town.database.read(lambda c: set(c.execute(select(CASES.c.number)).scalars()))


async def act(town: Town, chat: Address, command: str, args: str, token: str = "", who: str = "o1") -> None:
    await town.says(chat, Command(command, args), sender=who, reply_token=token)


async def used(town: Town, told: int) -> None:
    """LINE says that so much is used."""
    town.channels["line"].told = told
    await town.gauge.read()
    await town.deliver()


async def account(town: Town) -> Meter:
    return await town.database.read(lambda c: meter.load(c, town.store))


async def waits(town: Town) -> int:
    return await town.database.read(meter.waiting)


def shown(town: Town, chat: Address) -> list[str]:
    return [part["text"] for part in town.sent(chat.channel, chat.chat)]


def requests(town: Town, chat: Address) -> int:
    return sum(1 for to, *_ in town.channels[chat.channel].sent if to == chat.chat)


async def test_a_push_costs_every_member_and_an_answer_nothing(kan: Town) -> None:
    number = await report(kan, "r1")
    assert (await account(kan)).counted == MEMBERS
    await act(kan, KAN, "take", number, token="t1")
    assert "t1" in [token for *_, token in kan.channels["line"].sent]
    assert (await account(kan)).counted == MEMBERS, "the card below came by the reply token"
    await act(kan, KAN, "checking", number)
    assert (await account(kan)).counted == 2 * MEMBERS
    await kan.says(Address("line", "r2"), Command("start"))
    assert (await account(kan)).counted == 2 * MEMBERS + 1
    assert (await account(kan)).sizes == {KAN: MEMBERS}


async def test_a_row_is_charged_once_however_often_it_is_said_that_it_left(kan: Town) -> None:
    dispatcher = kan.dispatcher
    for body in (Command("start"), *STEPS, *LAST):
        await kan.turns.handle([kan.event(Address("web", "r1"), body)])
    row = next(r for r in (await dispatcher._due(99))[0] if r.chat == KAN.chat)
    sent = Outcome(row.id, Fate.SENT, cost=MEMBERS)
    await kan.turns.handle([kan.event(KAN, sent), kan.event(KAN, sent, id="again")])
    await kan.turns.handle([kan.event(KAN, sent, id="by another process")])
    assert (await account(kan)).counted == MEMBERS


async def test_processes_agree_and_a_restart_forgets_nothing(kan: Town) -> None:
    await report(kan, "r1")
    await used(kan, 500)
    other = Gauge(kan.database, kan.store, kan.channels["line"], kan.turns.handle)
    await other.fresh()
    await kan.gauge.fresh()
    assert other.meter == kan.gauge.meter
    assert (other.meter.used, other.meter.limit, other.meter.counted) == (500, 1_000, MEMBERS)


async def test_news_wait_for_the_next_report_when_the_month_will_not_last(kan: Town) -> None:
    await kan.database.write(lambda c: directory.change(c, kan.store, [LinkGroup(THEIRS, "TH3801", "th")]))
    await kan.enlist(THEIRS, "o1")
    first = await report(kan, "r1")
    await used(kan, 790)
    kan.clock.tick(minutes=1)
    await kan.gauge.fresh()
    assert (await account(kan)).level is Level.FOLDED
    before = requests(kan, KAN)
    await act(kan, THEIRS, "take", first)
    await act(kan, THEIRS, "checking", first)
    assert requests(kan, KAN) == before
    assert await waits(kan) == 2
    counted = (await account(kan)).counted
    await report(kan, "r2")
    assert await waits(kan) == 0
    assert (await account(kan)).counted == counted + MEMBERS, "for the report, and nothing for the news"
    *_, news, alert = shown(kan, KAN)
    assert first in news
    assert "🔍" in news, "the newest of a case is all there is to say"
    assert "🙋" not in news
    assert "⏳" in alert


async def test_news_come_with_the_next_answer_and_it_costs_nothing(kan: Town) -> None:
    await kan.database.write(lambda c: directory.change(c, kan.store, [LinkGroup(THEIRS, "TH3801", "th")]))
    await kan.enlist(THEIRS, "o1")
    first, second = await report(kan, "r1"), await report(kan, "r2")
    await used(kan, 960)
    counted = (await account(kan)).counted
    await act(kan, THEIRS, "take", first)
    await act(kan, THEIRS, "take", second)
    await kan.says(KAN, DIGEST, id="digest 1")
    await kan.says(KAN, DIGEST, id="digest 2")
    assert await waits(kan) == 4
    await act(kan, KAN, "cases", "", token="t1")
    assert await waits(kan) == 0
    news, answer = shown(kan, KAN)[-2:]
    assert first in news
    assert second in news
    assert news.count("📋") == 1, "of two digests the newer"
    assert answer.startswith("เรื่องที่ค้างอยู่")
    assert (await account(kan)).counted == counted


async def test_a_digest_carries_what_waited(kan: Town) -> None:
    await kan.database.write(lambda c: directory.change(c, kan.store, [LinkGroup(THEIRS, "TH3801", "th")]))
    await kan.enlist(THEIRS, "o1")
    first = await report(kan, "r1")
    await used(kan, 790)
    await act(kan, THEIRS, "take", first)
    assert await waits(kan) == 1
    counted = (await account(kan)).counted
    await kan.says(KAN, DIGEST)
    assert await waits(kan) == 0
    assert first in shown(kan, KAN)[-2]
    assert shown(kan, KAN)[-1].startswith("📋")
    assert (await account(kan)).counted == counted + MEMBERS


async def test_coordinators_hear_of_each_stage_once(kan: Town) -> None:
    for told in (790, 800, 810, 949):
        await used(kan, told)
    (warning,) = shown(kan, CHIEF)
    assert "800 of 1000" in warning
    for told in (950, 980):
        await used(kan, told)
    assert len(shown(kan, CHIEF)) == 2
    again = Gauge(kan.database, kan.store, kan.channels["line"], kan.turns.handle)
    await again.read()
    await kan.deliver()
    assert len(shown(kan, CHIEF)) == 2
    kan.clock.now = turn(kan.clock()).replace(hour=20)
    await used(kan, 0)
    await used(kan, 801)
    assert len(shown(kan, CHIEF)) == 3, "and in the next month again"


async def test_what_line_refuses_falls_to_telegram_and_leaves_when_the_month_turns(kan: Town) -> None:
    """Reports in the second half of a month that has nothing left; then December."""
    line = kan.channels["line"]
    changes = (LinkGroup(THEIRS, "TH3801", "th"), Enroll("chief", "coordinator", "*", LINE_CHIEF, "th"))
    await kan.database.write(lambda c: directory.change(c, kan.store, changes[1:]))
    await used(kan, 990)
    told = len(shown(kan, CHIEF))
    line.failures.append(FULL)
    first = await report(kan, "r1")
    assert [first in text for text in shown(kan, KAN)] == []
    cards = [text for text in shown(kan, CHIEF) if first in text]
    assert len(cards) == 1, "where a district has no other group its coordinators elsewhere get the card"
    assert len([text for text in shown(kan, CHIEF)[told:] if "LINE takes no more" in text]) == 1
    assert any("LINE" in text for text in shown(kan, LINE_CHIEF)), "one message still fits where thirty do not"

    await kan.database.write(lambda c: directory.change(c, kan.store, changes[:1]))
    heard = len(shown(kan, CHIEF))
    second = await report(kan, "r2")
    third = await report(kan, "r3")
    assert requests(kan, KAN) == 0
    assert [number for number in (second, third) if any(number in text for text in shown(kan, THEIRS))] == [
        second,
        third,
    ]
    assert len(shown(kan, CHIEF)) == heard, "told once"
    assert await waits(kan) == 3

    for hours in (1, 5, 24):
        kan.clock.tick(hours=hours)
        await used(kan, 990)
    assert requests(kan, KAN) == 0
    assert await waits(kan) == 3

    kan.clock.now = midnight(date(2026, 12, 1))
    await used(kan, 991)
    assert requests(kan, KAN) == 0, "by LINE's clock it is November still"
    kan.clock.tick(minutes=5)
    await used(kan, 0)
    assert await waits(kan) == 0
    assert [number for number in (first, second, third) if any(number in t for t in shown(kan, KAN))] == [
        first,
        second,
        third,
    ]
    december = await account(kan)
    assert december.counted == MEMBERS, "three cards in one request"
    assert (december.refused, december.warned, december.level) == (0, 0, Level.ALL)
    assert [r for r in shown(kan, THEIRS) if first in r] == []


async def test_an_hour_after_a_refusal_one_try_says_whether_there_is_room(kan: Town) -> None:
    line = kan.channels["line"]
    line.failures.append(FULL)
    await report(kan, "r1")
    assert await waits(kan) == 1
    kan.clock.tick(minutes=61)
    line.failures.append(FULL)
    await report(kan, "r2")
    assert line.failures == []
    assert (await account(kan)).shut
    assert await waits(kan) == 1, "the second took the first along"
    line.limit = 5_000
    kan.clock.tick(minutes=61)
    await used(kan, 1_000)
    assert await waits(kan) == 0
    assert requests(kan, KAN) == 2


async def test_who_is_written_to_alone_waits_too_where_not_even_one_message_fits(kan: Town) -> None:
    line, resident = kan.channels["line"], Address("line", "r1")
    number = await report(kan, "r1", "line")
    line.failures.append(FULL)
    await act(kan, CHIEF, "take", number, who=CHIEF.chat)
    line.failures.clear()
    await used(kan, 1_000)
    nudges = [t for t in shown(kan, resident) if t == kan.store.words["en"].t("There is a message for you.")]
    assert len(nudges) + await waits(kan) >= 1
    await kan.says(resident, Command("status"), reply_token="t1")
    there = [t for t in shown(kan, resident) if t == kan.store.words["en"].t("There is a message for you.")]
    assert len(there) == 1


async def test_the_month_is_japans_in_the_books_too(kan: Town) -> None:
    kan.clock.now = midnight(date(2026, 12, 1))
    kan.clock.tick(seconds=-1)
    await report(kan, "r1")
    kan.clock.tick(seconds=1)
    await report(kan, "r2")
    days = await kan.database.read(lambda c: [tuple(r) for r in c.execute(METER_DAY.select().order_by("day"))])
    assert dict(days) == {date(2026, 11, 30): MEMBERS, date(2026, 12, 1): MEMBERS}
    assert day_of(kan.clock()) == date(2026, 12, 1)
    assert (await account(kan)).counted == MEMBERS
    await used(kan, 30)
    assert await kan.database.read(lambda c: len(c.execute(METER_MONTH.select()).all())) == 2
    assert await kan.database.read(lambda c: len(c.execute(OUTBOX.select()).all())) == 0


async def both(town: Town, setting: str) -> None:
    """The district has a group on Telegram as well, and the operator chose what LINE's hears."""
    town.store.rules = replace(town.store.rules, line_groups=setting)
    await town.database.write(lambda c: directory.change(c, town.store, [LinkGroup(THEIRS, "TH3801", "th")]))
    await town.enlist(THEIRS, "o1")


@pytest.mark.parametrize(("setting", "alerts", "news", "digests"), [
    ("always", 1, 1, 1),
    ("alerts", 1, 0, 0),
    ("fallback", 0, 0, 0),
])  # fmt: skip
async def test_settings_choose_what_line_hears_beside_telegram(
    kan: Town, setting: str, alerts: int, news: int, digests: int
) -> None:
    await both(kan, setting)
    number = await report(kan, "r1")
    assert requests(kan, KAN) == alerts
    await act(kan, THEIRS, "take", number)
    assert requests(kan, KAN) == alerts + news
    await kan.says(KAN, DIGEST)
    assert requests(kan, KAN) == alerts + news + digests
    await kan.says(THEIRS, DIGEST)
    assert shown(kan, THEIRS)[-1].startswith("📋")


async def test_who_has_a_case_on_line_hears_its_news_there(kan: Town) -> None:
    await both(kan, "alerts")
    number = await report(kan, "r1")
    await act(kan, KAN, "take", number, token="t1")
    before = requests(kan, KAN)
    await kan.says(CHIEF, Command("checking", number))
    assert requests(kan, KAN) == before + 1


async def test_line_is_the_way_again_when_the_bot_is_taken_out_of_the_telegram_group(kan: Town) -> None:
    await both(kan, "fallback")
    first = await report(kan, "r1")
    assert requests(kan, KAN) == 0
    await kan.says(THEIRS, Removed())
    assert any(first in text for text in shown(kan, KAN))
    second = await report(kan, "r2")
    assert any(second in text for text in shown(kan, KAN))


async def test_a_group_that_is_ours_no_more_hears_nothing_of_what_waited(kan: Town) -> None:
    kan.channels["line"].failures.append(FULL)
    first = await report(kan, "r1")
    assert await waits(kan) == 1
    await kan.database.write(lambda c: directory.change(c, kan.store, [UnlinkGroup(KAN)]))
    assert await waits(kan) == 0
    kan.clock.now = midnight(date(2026, 12, 1))
    await used(kan, 0)
    assert not any(first in text for text in shown(kan, KAN))


async def test_whoever_lost_the_role_hears_nothing_of_what_waited(kan: Town) -> None:
    first = await report(kan, "r1")
    await act(kan, KAN, "take", first, token="t1")
    kan.channels["line"].sizes[KAN.chat] = 1
    kan.channels["line"].failures.append(FULL)
    await act(kan, KAN, "details", first, token="t2")
    assert await waits(kan) == 1, "the details for the officer alone"
    await kan.database.write(lambda c: directory.change(c, kan.store, [Dismiss("line", "o1")]))
    assert await waits(kan) == 0


async def test_a_report_that_was_taken_back_does_not_leave_when_the_month_turns(kan: Town) -> None:
    """Neither its own card, nor as it went along with another one that LINE refused as well."""
    line = kan.channels["line"]
    line.failures.append(FULL)
    first = await report(kan, "r1")
    kan.clock.tick(minutes=61)
    line.failures.append(FULL)
    second = await report(kan, "r2")
    third = await report(kan, "r3")
    assert await waits(kan) == 2
    for who, number in (("r1", first), ("r3", third)):
        await withdrawn(kan, Address("telegram", who), number)
    kan.clock.now = midnight(date(2026, 12, 1))
    await used(kan, 0)
    cards = [text for text in shown(kan, KAN) if "💊" in text]
    assert [number for number in (first, second, third) if any(number in text for text in cards)] == [second]


async def withdrawn(town: Town, chat: Address, number: str) -> None:
    """The resident takes a report back."""
    short = number.replace("-", "")
    await town.says(chat, Command("status"))
    for value in (f"my:show:{short}", f"my:withdraw:{short}", f"my:gone:{short}"):
        await town.says(chat, Choice(value))
