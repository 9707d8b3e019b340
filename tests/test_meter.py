"""LINE's price: the arithmetic of the account, as laws, and what it lets leave."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.meter import JAPAN, NEWS, ROUND, Level, Meter, day_of, midnight, month_of, turn

NOON = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)  # noon of the 16th in Japan: half of November is left, and half a day
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))  # noqa: DTZ001
COUNTS = st.dictionaries(st.integers(0, 40), st.integers(0, 500), max_size=20)


def account(now: datetime, back: dict[int, int], **more: object) -> Meter:
    """An account with so many messages so many days ago."""
    days = {day_of(now) - timedelta(days=ago): n for ago, n in back.items()}
    return Meter(now, days, min(days, default=None), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "month", "turns"),
    [
        ("2026-11-30T14:59", "2026-11", "2026-11-30T15:00"),  # a minute to midnight in Japan, 21:59 in Bangkok
        ("2026-11-30T15:00", "2026-12", "2026-12-31T15:00"),
        ("2026-12-31T16:30", "2027-01", "2027-01-31T15:00"),
        ("2028-02-01T00:00", "2028-02", "2028-02-29T15:00"),
    ],
)
def test_the_month_turns_at_midnight_in_japan(at: str, month: str, turns: str) -> None:
    now = datetime.fromisoformat(at + "+00:00")
    assert month_of(now) == month
    assert turn(now) == datetime.fromisoformat(turns + "+00:00")


def test_the_arithmetic_by_an_example() -> None:
    """70 in the last seven days, of which six and a half have passed: 10.8 a day, 14.5 days to go."""
    meter = account(NOON, dict.fromkeys(range(7), 10) | {15: 30}, limit=300, told=120, then=100)
    assert meter.counted == 100
    assert (meter.used, meter.left) == (120, 180)
    assert meter.a_day == pytest.approx(70 / 6.5)
    assert meter.forecast == 120 + 157  # 70 / 6.5 x 14.5 = 156.2, rounded up
    assert (meter.percent, meter.level, meter.stage) == (40, Level.ALL, 0)


def test_of_a_new_account_a_day_is_a_whole_day() -> None:
    """A group of 30 hears of one report in the first hour: that is no rate of 720 a day."""
    meter = account(midnight(date(2026, 11, 1)) + timedelta(hours=1), {0: 30})
    assert meter.a_day == 30
    assert meter.forecast == 30 + 899


@given(MOMENTS, COUNTS, st.integers(0, 2_000), st.integers(0, 2_000))
def test_the_forecast_never_falls_short_of_what_is_used(
    now: datetime, back: dict[int, int], told: int, then: int
) -> None:
    meter = account(now, back, told=told, then=then, limit=1_000)
    assert meter.forecast >= meter.used >= max(meter.counted, 0)
    assert meter.left == max(0, 1_000 - meter.used)


@given(MOMENTS, COUNTS, st.integers(1, 100))
def test_a_push_more_never_makes_it_less(now: datetime, back: dict[int, int], more: int) -> None:
    before, after = account(now, back, limit=500), account(now, back | {0: back.get(0, 0) + more}, limit=500)
    assert after.used == before.used + more
    assert after.forecast >= before.forecast
    assert (after.level, after.stage) >= (before.level, before.stage)


@given(MOMENTS, st.integers(1, 200))
def test_the_same_every_day_is_forecast_to_the_day(now: datetime, a_day: int) -> None:
    """Just before midnight of any day: what was pushed every day of the month, times the days of the month."""
    night = midnight(day_of(now) + timedelta(days=1)) - timedelta(milliseconds=1)
    meter = account(night, dict.fromkeys(range(40), a_day))
    days = (turn(night) - midnight(day_of(night).replace(day=1))).days
    assert abs(meter.forecast - a_day * days) <= 1


@given(MOMENTS, COUNTS)
def test_what_was_pushed_before_the_month_is_not_of_it(now: datetime, back: dict[int, int]) -> None:
    meter = account(now, back)
    mine = [n for ago, n in back.items() if month_of(now - timedelta(days=ago)) == month_of(now)]
    assert meter.counted == sum(mine)


def spent(percent: int, forecast: bool = False, **more: object) -> Meter:
    """An account of 1,000 with so much used by LINE's word, at the month's end or in its middle."""
    now = NOON if forecast else turn(NOON) - timedelta(minutes=1)
    days = {day_of(now): 100} if forecast else {}
    return Meter(now, days, day_of(now), 1_000, told=percent * 10, then=sum(days.values()), read=now, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("meter", "level", "stage", "held"),
    [
        (Meter(NOON), Level.ALL, 0, ()),
        (spent(79), Level.ALL, 0, ()),
        (spent(80), Level.ALL, 80, ()),
        (spent(50, forecast=True), Level.FOLDED, 0, (NEWS,)),
        (spent(95), Level.ALERTS, 95, (NEWS, ROUND)),
        (spent(99, refused=30), Level.NOTHING, 100, (NEWS, ROUND)),
        (Meter(NOON, limit=0, read=NOON), Level.ALERTS, 95, (NEWS, ROUND)),
    ],
)
def test_what_leaves_at_each_stage(meter: Meter, level: Level, stage: int, held: tuple[str, ...]) -> None:
    assert (meter.level, meter.stage) == (level, stage)
    assert tuple(news for news in (NEWS, ROUND) if meter.holds(news, False, 1)) == held
    assert meter.holds("", False, 1) == ""
    assert meter.holds(NEWS, True, 1) == "", "what is urgent is an alert"


def test_what_line_refused_is_not_tried_for_an_hour_and_smaller_chats_are_still_written_to() -> None:
    meter = spent(98, refused=30, refused_at=turn(NOON) - timedelta(minutes=2))
    assert meter.shut
    assert [meter.holds("", True, cost) for cost in (31, 30, 29, 1)] == ["quota", "quota", "", ""]
    assert not meter.opens
    later = Meter(meter.now, limit=1_000, told=980, refused=30, refused_at=meter.now - timedelta(hours=1))
    assert not later.shut
    assert later.holds("", False, 30) == "", "one try"
    assert not later.opens, "by LINE's own count there is no room"
    assert Meter(meter.now, limit=1_000, told=970, refused=30, refused_at=later.refused_at).opens


def test_days_are_japans() -> None:
    assert day_of(datetime(2026, 11, 23, 15, 0, tzinfo=UTC)) == date(2026, 11, 24)
    assert midnight(date(2026, 11, 24)).astimezone(JAPAN).hour == 0
