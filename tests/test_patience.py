"""When people are left in peace: nights, and the holidays of three countries as they are."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import calendar
from handlers.patience import STEPS, Patience, Step

ZONES = [ZoneInfo(name) for name in ("Asia/Bangkok", "Asia/Kathmandu", "UTC")]
HOLIDAYS = {c: frozenset(map(date.fromisoformat, days)) for c, days in calendar.worked_out([2026, 2027]).items()}
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
PATIENCE = st.builds(
    Patience,
    quiet=st.tuples(st.integers(0, 23), st.integers(0, 23)),
    holidays=st.just(HOLIDAYS),
)
COUNTRIES = st.sampled_from(calendar.COUNTRIES)


@given(PATIENCE, COUNTRIES, st.sampled_from(ZONES), MOMENTS)
def test_who_is_woken_is_neither_asleep_nor_on_holiday(
    patience: Patience, country: str, zone: ZoneInfo, at: datetime
) -> None:
    woken = patience.wakes(country, zone, at)
    assert woken >= at
    assert not patience.rests(country, zone, woken)
    assert patience.wakes(country, zone, woken) == woken
    between = [at + timedelta(minutes=20 * n) for n in range(int((woken - at) / timedelta(minutes=20)) + 1)]
    assert all(patience.rests(country, zone, then) for then in between if then < woken), "nobody waits for nothing"


@given(PATIENCE, COUNTRIES, MOMENTS, st.integers(0, 10_000))
def test_who_is_due_later_is_not_woken_sooner(patience: Patience, country: str, at: datetime, minutes: int) -> None:
    later = at + timedelta(minutes=minutes)
    assert patience.wakes(country, ZONES[0], at) <= patience.wakes(country, ZONES[0], later)


@pytest.mark.parametrize(
    ("country", "at", "woken"),
    [
        ("TH", "2026-12-04T20:59", "2026-12-04T20:59"),
        ("TH", "2026-12-04T21:00", "2026-12-06T06:00"),  # the Father's Day is a Saturday
        ("TH", "2026-12-06T22:00", "2026-12-08T06:00"),  # and its Monday instead
        ("LA", "2026-12-02T10:00", "2026-12-03T06:00"),  # the National Day of Laos alone
        ("TH", "2026-12-02T10:00", "2026-12-02T10:00"),
        ("KH", "2026-11-22T23:00", "2026-11-26T06:00"),  # three days of the Water Festival
        ("TH", "2027-04-12T21:30", "2027-04-16T06:00"),  # Songkran
        ("LA", "2027-04-13T21:30", "2027-04-17T06:00"),  # Pi Mai
        ("KH", "2027-04-13T21:30", "2027-04-17T06:00"),  # the Khmer New Year
    ],
)
def test_the_holidays_are_those_of_the_country(country: str, at: str, woken: str) -> None:
    begin = datetime.fromisoformat(at).replace(tzinfo=ZONES[0])
    patience = Patience(quiet=(21, 6), holidays=HOLIDAYS)
    assert f"{patience.wakes(country, ZONES[0], begin).astimezone(ZONES[0]):%Y-%m-%dT%H:%M}" == woken


async def test_a_process_of_its_own_works_out_the_same_days() -> None:
    assert await calendar.load([2026, 2027]) == HOLIDAYS
    assert all(len(days) >= 16 for days in HOLIDAYS.values())


@given(st.sampled_from(["drugs", "people", "scam"]), st.booleans())
def test_the_more_is_at_stake_the_sooner_everybody_knows(kind: str, urgent: bool) -> None:
    patience = Patience(percent={"people": 50, "scam": 200})
    levels = ((urgent, True), (True, False), (False, False))
    life, pressing, other = (
        sum(patience.waits(kind, urgent=now, life=at_risk), timedelta()) for now, at_risk in levels
    )
    assert life < pressing < other
    assert len(patience.waits(kind, urgent=urgent, life=False)) == len(STEPS)
    assert patience.waits("people", urgent=urgent, life=False) < patience.waits("drugs", urgent=urgent, life=False)


def test_a_life_waits_for_nobody() -> None:
    first = Patience().waits("entry", urgent=True, life=True)[: Step.SECRETARY]
    assert set(first) == {timedelta()}
    assert all(one < other for one, other in pairwise(STEPS))
