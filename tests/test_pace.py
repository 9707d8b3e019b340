"""Pacing: no chat, no group and no channel gets more than its platform takes; nobody waits for another's limit."""

from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Pace
from bot.pace import Pacer
from handlers.events import Address, Text
from storage import presence
from tests.town import Town

TELEGRAM = Pace(30.0, 1.0, 3, 20 / 60, 20)


def leave(pacer: Pacer, lane: str, group: bool, times: list[float]) -> list[float]:
    """When messages asked for at `times` really leave."""
    left, now = [], 0.0
    for at in times:
        now = max(now, at)
        now += pacer.wait(lane, group, now)
        pacer.take(lane, group, now)
        left.append(now)
    return left


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60).map(sorted))
def test_a_private_chat_gets_a_short_burst_and_then_one_a_second(times: list[float]) -> None:
    left = leave(Pacer(TELEGRAM), "r1", False, times)
    for first in range(len(left)):
        for last in range(first, len(left)):
            assert last - first + 1 <= 3 + (left[last] - left[first]) * 1.0 + 1e-6


@given(st.lists(st.floats(0, 300), min_size=1, max_size=60).map(sorted))
def test_a_group_gets_at_most_its_burst_and_twenty_a_minute(times: list[float]) -> None:
    left = leave(Pacer(TELEGRAM), "g1", True, times)
    for first in range(len(left)):
        for last in range(first, len(left)):
            assert last - first + 1 <= 20 + (left[last] - left[first]) / 3 + 1e-6


def test_all_chats_together_stay_below_the_limit_of_the_account() -> None:
    pacer, now, sent = Pacer(TELEGRAM), 0.0, 0
    for n in range(300):
        now += pacer.wait(f"r{n}", False, now)
        pacer.take(f"r{n}", False, now)
        sent += 1
    assert sent <= 30 + now * 30 + 1e-6


def test_one_chat_at_its_limit_does_not_hold_another() -> None:
    pacer = Pacer(TELEGRAM)
    leave(pacer, "r1", False, [0.0] * 3)
    assert pacer.wait("r1", False, 0.0) > 0.9
    assert pacer.wait("r2", False, 0.0) == 0.0


def test_a_channel_told_to_wait_waits_whole() -> None:
    pacer = Pacer(TELEGRAM)
    pacer.hold(7.0, 100.0)
    assert pacer.wait("anybody", False, 101.0) == 6.0
    assert pacer.wait("anybody", False, 108.0) == 0.0


async def test_the_dispatcher_says_when_to_come_back(town: Town) -> None:
    dispatcher = town.paced(Pace(1000.0, 1.0, 1, 1.0, 1))
    one = Address("telegram", "r1")
    await town.turns.handle([town.event(one, Text("สวัสดี")), town.event(one, Text("ยาเสพติด"))])
    await dispatcher.sweep()
    await dispatcher.settle()
    assert len(town.sent("telegram", "r1")) == 1
    pause = await dispatcher.sweep()
    assert pause is not None
    assert 0 < pause <= 1.0
    town.clock.tick(seconds=pause)
    await dispatcher.sweep()
    await dispatcher.settle()
    assert len(town.sent("telegram", "r1")) == 2


def test_processes_share_what_the_account_may_do() -> None:
    pacers = [Pacer(TELEGRAM) for _ in range(3)]
    for pacer in pacers:
        pacer.share(3)
    sent = 0
    for pacer in pacers:
        now = 0.0
        while now <= 10.0:
            now += pacer.wait(f"r{sent}", False, now)
            pacer.take(f"r{sent}", False, now)
            sent += 1
    assert sent <= 30 + 10 * 30 + 3


async def test_a_process_that_is_not_heard_of_is_not_counted(town: Town) -> None:
    counted = [await town.database.write(partial(presence.beat, store=town.store, name=n)) for n in ("a", "b", "a")]
    assert counted == [1, 2, 2]
    town.clock.tick(seconds=31)
    assert await town.database.write(lambda c: presence.beat(c, town.store, "a")) == 1
