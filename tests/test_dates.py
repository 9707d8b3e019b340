"""Dates are written as officials write them and read as residents type them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.dates import (
    ago_text,
    day_bounds,
    day_text,
    daypart,
    duration_text,
    local_day,
    moment_text,
    read_date,
)
from handlers.numbers import native

BANGKOK = ZoneInfo("Asia/Bangkok")
TODAY = date(2026, 11, 23)
LANGUAGES = ("th", "lo", "km", "en")
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
LONG_MONTHS = {
    "th": "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
    "lo": "ມັງກອນ ກຸມພາ ມີນາ ເມສາ ພຶດສະພາ ມິຖຸນາ ກໍລະກົດ ສິງຫາ ກັນຍາ ຕຸລາ ພະຈິກ ທັນວາ",
    "km": "មករា កុម្ភៈ មីនា មេសា ឧសភា មិថុនា កក្កដា សីហា កញ្ញា តុលា វិច្ឆិកា ធ្នូ",
    "en": "January February March April May June July August September October November December",
}


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("th", "23 พ.ย. 2569", "23 พ.ย. 2569 เวลา 14:05 น."),
        ("lo", "23 ພະຈິກ 2026", "23 ພະຈິກ 2026 ເວລາ 14:05 ໂມງ"),
        ("km", "23 វិច្ឆិកា 2026", "23 វិច្ឆិកា 2026 ម៉ោង 14:05"),
        ("en", "23 Nov 2026", "23 Nov 2026, 14:05"),
        ("?", "23 Nov 2026", "23 Nov 2026, 14:05"),
    ],
)
def test_written_dates(language: str, day: str, moment: str) -> None:
    assert day_text(TODAY, language) == day
    assert moment_text(datetime(2026, 11, 23, 7, 5, tzinfo=UTC), BANGKOK, language) == moment


@given(DAYS, st.integers(0, 5 * 365), st.sampled_from(LANGUAGES), st.booleans())
def test_what_we_write_we_read(day: date, later: int, language: str, natively: bool) -> None:
    text = day_text(day, language)
    assert read_date(native(text, language) if natively else text, day + timedelta(days=later)) == day


@given(DAYS, st.integers(0, 5 * 365), st.sampled_from("/-."), st.sampled_from([0, 543]), st.booleans())
def test_figures_of_both_eras_are_read(day: date, later: int, sign: str, ahead: int, short: bool) -> None:
    year = day.year + ahead
    text = sign.join((f"{day.day:02}", f"{day.month}", f"{year % 100:02}" if short else f"{year}"))
    assert read_date(text, day + timedelta(days=later)) == day


@given(DAYS, st.integers(0, 5 * 365))
def test_iso_dates_are_read(day: date, later: int) -> None:
    assert read_date(day.isoformat(), day + timedelta(days=later)) == day


@given(DAYS, st.integers(0, 364), st.sampled_from("/-"))
def test_without_a_year_it_is_the_latest_such_day(day: date, later: int, sign: str) -> None:
    assert read_date(f"{day.day}{sign}{day.month}", day + timedelta(days=later)) == day


@pytest.mark.parametrize("language", LANGUAGES)
def test_full_month_names_are_read(language: str) -> None:
    for month, name in enumerate(LONG_MONTHS[language].split(), start=1):
        assert read_date(f"5 {name} 2026", date(2026, 12, 31)) == date(2026, month, 5)
        assert read_date(f"5{name}", date(2026, 12, 31)) == date(2026, month, 5)


@pytest.mark.parametrize(
    "text",
    [
        "23/11",
        "23 / 11 / 69",
        "23–11–2569",
        "๒๓/๑๑/๒๕๖๙",
        "23 พ.ย.",
        "23 พย 69",
        "23 พฤศจิกา",
        "วันที่ 23 เดือน พ.ย. พ.ศ. 2569",
        "23 เดือน 11 ปี 2569",
        "ວັນທີ 23 ເດືອນ 11 ປີ 2026",
        "ວັນທີ ໒໓ ພະຈິກ ຄ.ສ. 2026",
        "ថ្ងៃទី២៣ ខែវិច្ឆិកា ឆ្នាំ២០២៦",
        "ថ្ងៃទី 23 ខែ 11 ឆ្នាំ 2026",
        "November 23rd, 2026",
        "23rd of November",
        "on 23 NOV 2026",
        "วันนี้",
        "ມື້ນີ້",
        "ថ្ងៃនេះ",
        "Today",
    ],
)
def test_ways_to_type_today(text: str) -> None:
    assert read_date(text, TODAY) == TODAY


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("เมื่อวาน", 1),
        ("เมื่อวานนี้", 1),
        ("ມື້ວານນີ້", 1),
        ("ม\u0e37\u0e49อวาน", None),
        ("ម្សិល\u200bមិញ", 1),
        ("YESTERDAY", 1),
        ("เมื่อวานซืน", 2),
        ("3 วันก่อน", 3),
        ("เมื่อ ๓ วันที่แล้ว", 3),
        ("3 ມື້ກ່ອນ", 3),
        ("໓ວັນກ່ອນ", 3),
        ("3 ថ្ងៃមុន", 3),
        ("៣ថ្ងៃមុន", 3),
        ("1 day ago", 1),
        ("3 days ago", 3),
        ("3000 days ago", None),
    ],
)
def test_days_told_from_today(text: str, days: int | None) -> None:
    assert read_date(text, TODAY) == (None if days is None else TODAY - timedelta(days=days))


@pytest.mark.parametrize(
    "text",
    [
        *("24/11/2026", "24/11/69", "22/11/2021", "31/2", "32/1", "0/1", "11/23"),
        *("10.30", "23.11", "", "23", "23 xyz", "23/11" + " " * 5000),
    ],
)
def test_no_date_the_future_and_the_far_past(text: str) -> None:
    assert read_date(text, TODAY) is None


def test_five_years_back_and_the_leap_day() -> None:
    assert read_date("23/11/2021", TODAY) == date(2021, 11, 23)
    assert read_date("29/2", TODAY) == date(2024, 2, 29)
    assert read_date("29/2/2024", date(2029, 2, 28)) == date(2024, 2, 29)


@given(st.text(max_size=120) | st.text("0123456789/-. ๓พยນមdays agoวันก่อน", max_size=20), st.dates())
def test_reading_never_fails_nor_tells_the_future(text: str, today: date) -> None:
    day = read_date(text, today)
    assert day is None or day <= today


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "night"), (4, "night"), (5, "morning"), (12, "afternoon"), (17, "evening"), (21, "night")]
)
def test_parts_of_the_day(hour: int, part: str) -> None:
    assert daypart(datetime(2026, 11, 23, hour, tzinfo=BANGKOK).astimezone(UTC), BANGKOK) == part


@given(DAYS, st.sampled_from(["Asia/Bangkok", "Asia/Vientiane", "Asia/Phnom_Penh", "Europe/London"]))
def test_a_day_is_where_its_moments_are(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    begin, end = day_bounds(day, zone)
    assert begin.tzinfo is end.tzinfo is UTC
    assert local_day(begin, zone) == local_day(end - timedelta(seconds=1), zone) == day
    assert local_day(end, zone) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("minutes", "texts"),
    [
        (-5, ("0 นาที", "0 ນາທີ", "0 នាទី", "0 min")),
        (12, ("12 นาที", "12 ນາທີ", "12 នាទី", "12 min")),
        (185, ("3 ชม. 5 นาที", "3 ຊົ່ວໂມງ 5 ນາທີ", "3 ម៉ោង 5 នាទី", "3 h 5 min")),
        (180, ("3 ชม.", "3 ຊົ່ວໂມງ", "3 ម៉ោង", "3 h")),
        (2 * 1440 + 65, ("2 วัน 1 ชม.", "2 ມື້ 1 ຊົ່ວໂມງ", "2 ថ្ងៃ 1 ម៉ោង", "2 d 1 h")),
    ],
)
def test_durations(minutes: int, texts: tuple[str, ...]) -> None:
    assert tuple(duration_text(minutes, language) for language in LANGUAGES) == texts


def test_how_long_ago() -> None:
    assert ago_text(12, "th") == "12 นาทีที่แล้ว"
    assert ago_text(12, "lo") == "12 ນາທີກ່ອນ"
    assert ago_text(12, "km") == "12 នាទីមុន"
    assert ago_text(12, "en") == "12 min ago"
    assert ago_text(0, "en") == "just now"
