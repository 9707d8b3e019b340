"""How long a case may lie before the next hears of it, and when people are left in peace. Pure arithmetic of times."""

from collections.abc import Mapping, Set
from dataclasses import field
from datetime import date, datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from handlers.dates import within
from handlers.values import dataclass

HOUR = timedelta(hours=1)
LONGEST_REST = 24 * 30  # hours; no country rests longer, whatever the settings say


class Step(IntEnum):
    """Who hears that nobody has taken a case, one after the other."""

    GROUP = 1  # the group that was told already
    SECRETARY = 2  # of the district, in private
    NEIGHBOUR = 3  # the group of the nearest district
    PROVINCE = 4
    COORDINATORS = 5


STEPS = tuple(Step)


@dataclass(frozen=True, slots=True)
class Patience:
    """Minutes from one step to the next, by what is at stake; none: no step is ever made.

    `percent` makes the steps of some kinds come sooner (50: in half the time) or later, but where a life is at risk.
    `quiet` is a span of local hours and `holidays` days by country: nothing that is not urgent makes a step then.
    """

    life: tuple[int, ...] = (0, 0, 5, 5, 5)
    urgent: tuple[int, ...] = (10, 10, 10, 15, 15)
    other: tuple[int, ...] = (60, 60, 120, 240, 240)
    percent: Mapping[str, int] = field(default_factory=dict)
    quiet: tuple[int, int] = (21, 6)
    holidays: Mapping[str, Set[date]] = field(default_factory=dict)

    def waits(self, kind: str, *, urgent: bool, life: bool) -> tuple[timedelta, ...]:
        """The time before each step; empty where there are none."""
        minutes = self.life if life else self.urgent if urgent else self.other
        percent = 100 if life else self.percent.get(kind, 100)
        return tuple(timedelta(minutes=each * percent / 100) for each in minutes)

    def rests(self, country: str, zone: ZoneInfo, at: datetime) -> bool:
        """Whether it is night, or a holiday of that country."""
        local = at.astimezone(zone)
        return within(local.hour, *self.quiet) or local.date() in self.holidays.get(country, ())

    def wakes(self, country: str, zone: ZoneInfo, at: datetime) -> datetime:
        """The first moment from `at` on that is neither night nor holiday there."""
        for _ in range(LONGEST_REST):
            if not self.rests(country, zone, at):
                break
            local = at.astimezone(zone)
            at += HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return at
