"""Who goes through while the one before is on its way, to the hundredth of a second."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bot.turnstile import AT_LEAST, REMEMBERED, WRITING, Turnstile
from tests import virtual

APART = 1 / 30
QUICK, WRITTEN = 0.005, 0.003  # seconds until an answer, and until it is written down
ALMOST = 0.9 * AT_LEAST  # slower than usual, and still waited for
HUNG = 30.0


@dataclass
class Road:
    """What passed a turnstile: when, and how many before it were not through."""

    turnstile: Turnstile = field(default_factory=lambda: Turnstile(APART))
    inside: int = 0
    left: list[float] = field(default_factory=list)
    doubts: list[int] = field(default_factory=list)

    async def go(self, lane: str, answer: float = QUICK, writing: float = WRITTEN) -> None:
        async with self.turnstile.passing(lane) as answered:
            self.left.append(asyncio.get_running_loop().time())
            self.doubts.append(self.inside)
            self.inside += 1
            await asyncio.sleep(answer)
            answered()
            await asyncio.sleep(writing)
            self.inside -= 1

    async def usual(self, answer: float = QUICK) -> None:
        """So long that it is known what is usual."""
        for _ in range(40):
            await self.go("usual", answer)
        self.left.clear()
        self.doubts.clear()

    async def all(self, answers: Sequence[float], writing: float = WRITTEN) -> None:
        await asyncio.gather(*(self.go(f"lane {n}", seconds, writing) for n, seconds in enumerate(answers)))

    @property
    def gaps(self) -> list[float]:
        return [after - before for before, after in zip(self.left, self.left[1:], strict=False)]


def test_one_after_the_other_however_many_wait() -> None:
    async def story() -> list[int]:
        road = Road()
        await road.usual()
        await road.all([QUICK] * 100)
        return road.doubts

    assert virtual.run(story()) == [0] * 100


def test_an_answer_that_takes_a_little_longer_is_waited_for() -> None:
    async def story() -> list[int]:
        road = Road()
        await road.usual()
        await road.all([QUICK, ALMOST, *[QUICK] * 10])
        return road.doubts

    assert virtual.run(story()) == [0] * 12


def test_one_that_hangs_keeps_the_others_a_moment_once_and_then_not_at_all() -> None:
    async def story() -> list[float]:
        road = Road()
        await road.usual()
        gaps = []
        for _ in range(2):
            road.left.clear()
            hanging = asyncio.create_task(road.go("hangs", HUNG))
            await asyncio.sleep(0)
            await road.go("next")
            gaps += road.gaps
            await hanging
        return gaps

    once, again = virtual.run(story())
    assert once == pytest.approx(AT_LEAST)
    assert again == pytest.approx(APART)


def test_a_chat_that_answers_again_is_waited_for_again() -> None:
    async def story() -> list[int]:
        road = Road()
        await road.usual()
        hanging = asyncio.create_task(road.go("hangs", HUNG))
        await asyncio.sleep(0)
        await road.go("next")
        await hanging
        await road.go("hangs")
        road.doubts.clear()
        await asyncio.gather(road.go("hangs", ALMOST), road.go("next"))
        return road.doubts

    assert virtual.run(story()) == [0, 0]


def test_a_chat_that_was_only_late_is_waited_for_the_next_time() -> None:
    """On a machine that is busy many are, and each that is not waited for may come twice."""

    async def story() -> list[int]:
        road = Road()
        await road.usual()
        await asyncio.gather(road.go("late", 0.5), road.go("next"))
        await asyncio.sleep(1.0)
        road.doubts.clear()
        await asyncio.gather(road.go("late", ALMOST), road.go("next"))
        return road.doubts

    assert virtual.run(story()) == [0, 0]


def test_lanes_that_hung_are_not_kept_in_mind_for_ever() -> None:
    async def story() -> int:
        road = Road()
        await asyncio.gather(*(road.go(f"hangs {n}", 10_000.0) for n in range(REMEMBERED + 20)))
        return len(road.turnstile._hung)

    assert 0 < virtual.run(story()) <= REMEMBERED


@pytest.mark.parametrize("answer", [0.2, 1.0])
def test_a_burst_does_not_wait_for_each_answer_of_a_slow_platform(answer: float) -> None:
    async def story() -> float:
        road = Road()
        await road.usual(answer)
        await road.all([answer] * 30)
        return road.left[-1] - road.left[0]

    assert virtual.run(story()) < min(30 * answer, 6.0)


def test_few_wait_for_each_other_even_where_the_platform_is_slow() -> None:
    async def story() -> list[int]:
        road = Road()
        await road.usual(0.2)
        await road.all([0.2] * 4)
        return road.doubts

    assert virtual.run(story()) == [0] * 4


def test_a_process_that_was_not_let_run_reads_its_answers_before_it_goes_on() -> None:
    async def story() -> list[int]:
        road = Road()
        await road.usual()
        loop = asyncio.get_running_loop()
        assert isinstance(loop, virtual.VirtualLoop)
        going = asyncio.create_task(road.all([0.04, QUICK, QUICK]))
        await asyncio.sleep(0.03)
        loop.seconds += 0.5  # asleep, and the answer came meanwhile
        await going
        return road.doubts

    assert virtual.run(story()) == [0, 0, 0]


def test_what_was_answered_is_waited_for_until_it_is_written_down() -> None:
    async def story() -> list[float]:
        road = Road()
        await road.usual()
        await road.all([QUICK, QUICK, QUICK], writing=WRITING / 2)
        await road.all([QUICK, QUICK], writing=HUNG)
        return road.gaps

    assert virtual.run(story()) == pytest.approx(
        [QUICK + WRITING / 2] * 2 + [QUICK + WRITING / 2, QUICK + WRITING], abs=1e-6
    )


def test_where_a_platform_knows_a_message_again_nobody_waits() -> None:
    async def story() -> list[int]:
        road = Road(Turnstile(0.0))
        await road.all([QUICK] * 5)
        return road.doubts

    assert virtual.run(story()) == [0, 1, 2, 3, 4]


def test_in_a_hurry_nobody_waits_for_what_is_written_down() -> None:
    """Where the pace is no matter: what comes together is written down together, which is half of its cost."""

    async def story() -> float:
        road = Road(Turnstile(1e-5))
        await road.usual()
        await road.all([QUICK] * 30, writing=WRITING / 2)
        return road.left[-1] - road.left[0]

    assert virtual.run(story()) < 1.0
