"""LINE's price: a push costs one message for everybody who gets it. What is used, what is left, what may still leave.

The arithmetic, all of it by LINE's own days, which are Japan's:

    used      what LINE said last and what was counted since, or our own count of the month where that is more
    a day     our count of the last seven days (today's part included), for each day since then, one at least
    forecast  used + a day x days left of the month
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import IntEnum
from math import ceil

from handlers.events import Address
from handlers.values import dataclass

JAPAN = timezone(timedelta(hours=9))  # LINE reports by days of UTC+9 (reference, "get number of sent push messages")
WINDOW = 7  # days: every weekday once
WARN, LAST = 80, 95  # percent of what the plan has
PROBE = timedelta(hours=1)  # after LINE refused; then one try says whether the month turned or the plan has grown
NEWS, ROUND = "news", "digest"  # what may wait: an officer's move in another chat, the picture of the day


class Level(IntEnum):
    """What leaves by push to LINE's groups."""

    ALL = 0
    FOLDED = 1  # news come with the next digest, or whatever leaves before
    ALERTS = 2  # news and digests come with the next answer or alert
    NOTHING = 3  # LINE refuses


@dataclass(frozen=True, slots=True)
class Meter:
    """One month's account at one moment. `days` are pushes counted by us, by Japan's day, of this month and the last
    seven days; `since` is the first day that was ever counted.

    `limit` is the plan's, None where it has none or LINE has not told. LINE said that `told` were used when we had
    counted `then`. `refused` is for how few recipients LINE last refused a push, 0 for none; `warned` the stage that
    the coordinators know of, in percent.
    """

    now: datetime
    days: Mapping[date, int] = field(default_factory=dict)
    since: date | None = None
    limit: int | None = None
    read: datetime | None = None
    told: int = 0
    then: int = 0
    refused: int = 0
    refused_at: datetime | None = None
    warned: int = 0
    waiting: int = 0
    sizes: Mapping[Address, int] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        """Ours, of this month."""
        today = day_of(self.now)
        return sum(n for day, n in self.days.items() if (day.year, day.month) == (today.year, today.month))

    @property
    def used(self) -> int:
        return max(self.counted, self.told + self.counted - self.then)

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def a_day(self) -> float:
        first = day_of(self.now) - timedelta(days=WINDOW - 1)
        begins = midnight(max(first, self.since or day_of(self.now)))
        lately = sum(n for day, n in self.days.items() if day >= first)
        return lately / max(1.0, (self.now - begins) / timedelta(days=1))

    @property
    def forecast(self) -> int:
        """What will be used when the month ends."""
        return self.used + ceil(self.a_day * ((turn(self.now) - self.now) / timedelta(days=1)))

    @property
    def percent(self) -> int:
        """Of the plan, rounded down; 0 where it has no limit."""
        return 0 if self.limit is None else 100 if self.limit == 0 else self.used * 100 // self.limit

    @property
    def shut(self) -> bool:
        """LINE refused lately; an hour later one try is worth it again."""
        return bool(self.refused and self.refused_at and self.now - self.refused_at < PROBE)

    @property
    def level(self) -> Level:
        if self.refused:
            return Level.NOTHING
        if self.limit is None:
            return Level.ALL
        return Level.ALERTS if self.percent >= LAST else Level.FOLDED if self.forecast > self.limit else Level.ALL

    @property
    def stage(self) -> int:
        """What coordinators are warned of: 0, 80, 95, or 100 when LINE refuses."""
        reached = (stage for stage in (LAST, WARN) if self.limit is not None and self.percent >= stage)
        return 100 if self.refused else next(reached, 0)

    def holds(self, news: str, urgent: bool, cost: int) -> str:
        """Why a push must wait: `news` for the next request to this chat, `quota` for the month's turn; empty: go."""
        if self.shut and cost >= self.refused:
            return "quota"
        if not news or urgent:
            return ""
        level = min(self.level, Level.ALERTS)
        return "news" if level is Level.ALERTS or (level is Level.FOLDED and news != ROUND) else ""

    @property
    def opens(self) -> bool:
        """Whether what LINE refused may be tried again: it was not just now, and by LINE's own count there is room."""
        if not self.refused or self.shut:
            return False
        return self.limit is None or self.used + self.refused <= self.limit


def day_of(at: datetime) -> date:
    return at.astimezone(JAPAN).date()


def month_of(at: datetime) -> str:
    return f"{day_of(at):%Y-%m}"


def midnight(day: date) -> datetime:
    """When a day of LINE's begins."""
    return datetime.combine(day, time(), JAPAN).astimezone(UTC)


def turn(at: datetime) -> datetime:
    """When LINE's next month begins."""
    today = day_of(at)
    return midnight(date(today.year + today.month // 12, today.month % 12 + 1, 1))
