"""Dates and times as people of each country write, say and type them; the store keeps UTC."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import regex

from handlers.fold import skeleton
from locales import Words

BUDDHIST: Final = 543
"""Years that the Buddhist era, official in Thailand, is ahead of the common one."""
FIRST_BUDDHIST_YEAR: Final = 2401
"""A typed year from here on is Buddhist: nobody reports what happened in the 25th century."""
MOST_YEARS_BACK: Final = 5
"""An older date in a report is a slip of the finger more often than a memory."""
LONGEST: Final = 100
"""Characters of the longest text that is tried as a date; ours and the official forms need under 60."""

# Thai as in Unicode CLDR; Khmer has no short forms, and villagers do not read the Lao ones, which may be typed.
MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "th": ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."),
    "lo": ("ມັງກອນ", "ກຸມພາ", "ມີນາ", "ເມສາ", "ພຶດສະພາ", "ມິຖຸນາ", "ກໍລະກົດ", "ສິງຫາ", "ກັນຍາ", "ຕຸລາ", "ພະຈິກ", "ທັນວາ"),
    "km": ("មករា", "កុម្ភៈ", "មីនា", "មេសា", "ឧសភា", "មិថុនា", "កក្កដា", "សីហា", "កញ្ញា", "តុលា", "វិច្ឆិកា", "ធ្នូ"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
_LONG_MONTHS: Final = """\
มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม
มกรา กุมภา มีนา เมษา พฤษภา มิถุนา กรกฎา สิงหา กันยา ตุลา พฤศจิกา ธันวา
ມ.ກ. ກ.ພ. ມ.ນ. ມ.ສ. ພ.ພ. ມິ.ຖ. ກ.ລ. ສ.ຫ. ກ.ຍ. ຕ.ລ. ພ.ຈ. ທ.ວ.
January February March April May June July August September October November December"""
_CLOCK: Final = {"th": "{} เวลา {} น.", "lo": "{} ເວລາ {} ໂມງ", "km": "{} ម៉ោង {}", "en": "{}, {}"}
# Days, hours, minutes; some time ago; this minute.
_UNITS: Final = {
    "th": ("{} วัน", "{} ชม.", "{} นาที", "{}ที่แล้ว", "เมื่อสักครู่"),
    "lo": ("{} ມື້", "{} ຊົ່ວໂມງ", "{} ນາທີ", "{}ກ່ອນ", "ຫວ່າງກີ້ນີ້"),
    "km": ("{} ថ្ងៃ", "{} ម៉ោង", "{} នាទី", "{}មុន", "អម្បាញ់មិញ"),
    "en": ("{} d", "{} h", "{} min", "{} ago", "just now"),
}
_PARTS: Final = ((5, "night"), (12, "morning"), (17, "afternoon"), (21, "evening"))

_SPOKEN: Final = {
    0: "วันนี้|ມື້ນີ້|ວັນນີ້|ថ្ងៃនេះ|today",
    1: "เมื่อวาน|เมื่อวานนี้|ມື້ວານ|ມື້ວານນີ້|ວານນີ້|ម្សិលមិញ|ម្សិលម៉ិញ|yesterday",
    2: "เมื่อวานซืน|เมื่อวานซืนนี้|วานซืน|ມື້ຊືນ|ມື້ຊືນນີ້|ម្សិលម្ង៉ៃ|the day before yesterday",
}


def _joined(text: str) -> str:
    return skeleton(text).translate({ord(" "): None, ord("."): None})


def _any(words: str) -> str:
    return "|".join(regex.escape(word) for word in sorted(map(skeleton, words.split("|")), key=len, reverse=True))


_DAYS_BACK: Final = {_joined(word): days for days, words in _SPOKEN.items() for word in words.split("|")}
# Spellings met in the wild beside the official ones.
_ALSO_TYPED: Final = {"sept": 9, "កុម្ភះ": 2, "កុម្ភ:": 2, "កុម្ភ": 2, "ມີຖຸນາ": 6, "ພຶສຈິກາ": 11, "พฤศจิ": 11}
_MONTH_ROWS: Final = (*MONTHS.values(), *(row.split() for row in _LONG_MONTHS.splitlines()))
_MONTHS: Final = {_joined(name): month for row in _MONTH_ROWS for month, name in enumerate(row, start=1)} | {
    _joined(name): month for name, month in _ALSO_TYPED.items()
}
_AGO: Final = regex.compile(
    rf"(?:{_any('เมื่อ|ເມື່ອ|កាលពី')})?\s*([0-9]{{1,4}})\s*"
    rf"(?:{_any('วัน|ວັນ|ມື້|ថ្ងៃ|day|days')})\s*"
    rf"(?:{_any('ก่อน|ที่แล้ว|มาแล้ว|ก่อนหน้านี้|ກ່ອນ|ກ່ອນໜ້ານີ້|ກ່ອນນີ້|ແລ້ວ|ທີ່ແລ້ວ|ຜ່ານມາ|ທີ່ຜ່ານມາ|មុន|កន្លងទៅ|ago')})"
)
_MONTH_OR_YEAR: Final = regex.compile(
    rf"\s*(?:{_any('เดือน|ปี พ.ศ|ปี ค.ศ|ปี|พ.ศ|ค.ศ|พศ|คศ|ເດືອນ|ປີ ຄ.ສ|ປີ|ພ.ສ|ຄ.ສ|ພສ|ຄສ|ខែ|ឆ្នាំ|ព.ស|គ.ស')})\.?\s*"
)
_DAY_WORDS: Final = regex.compile(rf"(?:{_any('เมื่อวันที่|วันที่|ວັນທີ|ວັນທີ່|ມື້ວັນທີ|ថ្ងៃទី|ទី|ថ្ងៃ')}|on\b)\s*(?=[0-9])")
_BORDERS: Final = regex.compile(r"\s*([/,\p{Pd}\u2212])\s*")
_ISO: Final = regex.compile(r"(?P<year>[0-9]{4})([/.-])(?P<month>[0-9]{1,2})\2(?P<day>[0-9]{1,2})")
# Without a year only "/" and "-": "10.30" is a time.
_NUMERIC: Final = regex.compile(
    r"(?P<day>[0-9]{1,2})(?:([/.-])(?P<month>[0-9]{1,2})\2(?P<year>[0-9]{4}|[0-9]{2})|[/-](?P<month>[0-9]{1,2}))"
)
_NAMED: Final = regex.compile(
    r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?:\s+of\b)?[\s/.-]*(?P<month>[^\d\s/-][^\d/-]*?)"
    r"(?:[\s/,-]*(?P<year>[0-9]{4}|[0-9]{2}))?"
)
_MONTH_FIRST: Final = regex.compile(
    r"(?P<month>[a-z]{3,9})\.?[\s-]*(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?:[\s,-]+(?P<year>[0-9]{4}))?"
)


def day_text(day: date, language: str) -> str:
    """`23 พ.ย. 2569` in Thai (Buddhist year), `23 Nov 2026` and its like in the other languages."""
    months = MONTHS.get(language, MONTHS["en"])
    return f"{day.day} {months[day.month - 1]} {day.year + BUDDHIST if language == 'th' else day.year}"


def moment_text(at: datetime, zone: ZoneInfo, language: str) -> str:
    """The day and the time of day, to the minute, of `at` (aware) in `zone`."""
    local = at.astimezone(zone)
    return _CLOCK.get(language, _CLOCK["en"]).format(day_text(local.date(), language), f"{local:%H:%M}")


def duration_text(minutes: int, language: str) -> str:
    """`12 นาที`, `3 ชม. 5 นาที`, `2 วัน 3 ชม.`: the two largest units, rounded down."""
    days, rest = divmod(max(0, minutes), 24 * 60)
    amounts = (days, *divmod(rest, 60))
    first = next((place for place, amount in enumerate(amounts) if amount), 2)
    units = _UNITS.get(language, _UNITS["en"])
    said = [units[place].format(amounts[place]) for place in range(first, min(first + 2, 3))]
    return said[0] if len(said) == 1 or not amounts[first + 1] else " ".join(said)


def ago_text(minutes: int, language: str) -> str:
    """How long ago something was, `3 ชม. 5 นาทีที่แล้ว`; less than a minute is "just now"."""
    *_, ago, just_now = _UNITS.get(language, _UNITS["en"])
    return ago.format(duration_text(minutes, language)) if minutes > 0 else just_now


def rough(words: Words, language: str, span: timedelta) -> str:
    """A span in whole hours: its minutes would lead to the minute at which somebody was seen typing."""
    hours = int(span.total_seconds() // 3600)
    return duration_text(hours * 60, language) if hours > 0 else words.t("less than an hour")


def daypart(at: datetime, zone: ZoneInfo) -> str:
    """`morning` from 5, `afternoon` from 12, `evening` from 17, `night` from 21 o'clock in `zone`."""
    hour = at.astimezone(zone).hour
    return next((part for end, part in _PARTS if hour < end), "night")


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day of `at` (aware) in `zone`."""
    return at.astimezone(zone).date()


def within(hour: int, start: int, end: int) -> bool:
    """Whether a local hour lies in start..end; a span may run through midnight (18 to 6)."""
    return start <= hour < end if start <= end else hour >= start or hour < end


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When `day` begins in `zone` and when the next one does, both UTC."""
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return begin.astimezone(UTC), end.astimezone(UTC)


def read_date(text: str, today: date) -> date | None:
    """The day a person means, or None when it is unreadable, in the future, or over `MOST_YEARS_BACK` years ago.

    Day before month, except ISO. Years may be Buddhist or have two digits. Without a year it is the latest such day.
    """
    if len(text) > LONGEST:
        return None
    words = skeleton(text)
    if (days := _days_back(words)) is not None:
        ordinal = today.toordinal() - days
        return _recent(date.fromordinal(ordinal), today) if ordinal > 0 else None
    plain = _DAY_WORDS.sub("", _MONTH_OR_YEAR.sub("/", words))
    plain = _BORDERS.sub(lambda m: m[1] if m[1] in "/," else "-", plain).strip()
    for shape in (_ISO, _NUMERIC, _NAMED, _MONTH_FIRST):
        if found := shape.fullmatch(plain):
            month = found["month"]
            number = int(month) if month.isdigit() else _MONTHS.get(_joined(month.rstrip(",")), 0)
            year = found["year"] if "year" in found.groupdict() else None
            return _resolved(int(found["day"]), number, year or "", today)
    return None


def _days_back(words: str) -> int | None:
    if found := _AGO.fullmatch(words):
        return int(found[1])
    return _DAYS_BACK.get(_joined(words))


def _resolved(day: int, month: int, year: str, today: date) -> date | None:
    """The latest possible day that was: a year of two digits may be of either era."""
    if not year:
        years = list(range(today.year, today.year - MOST_YEARS_BACK - 1, -1))
    elif len(year) == 2:
        years = [today.year - (today.year + ahead - int(year)) % 100 for ahead in (0, BUDDHIST)]
    else:
        years = [int(year) - BUDDHIST if int(year) >= FIRST_BUDDHIST_YEAR else int(year)]
    for candidate in years:
        try:
            found = _recent(date(candidate, month, day), today)
        except ValueError:
            continue
        if found:
            return found
    return None


def _recent(day: date, today: date) -> date | None:
    oldest = (today.year - MOST_YEARS_BACK, today.month, today.day)
    return day if day <= today and (day.year, day.month, day.day) >= oldest else None
