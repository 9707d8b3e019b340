"""What is promised about speed, by the names that `--json` writes, and how a measured figure compares."""

from collections.abc import Mapping
from dataclasses import field
from statistics import median
from typing import Any

from handlers.values import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """A bound of a ratio (or figure): at least, or at most. `text` says what is compared."""

    text: str
    bound: float
    at_least: bool = False

    def kept(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    @property
    def shown(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:.4g}"


PROMISES: Mapping[str, Promise] = {
    "turns_128_vs_raw": Promise("durable turns/s, 128 waiting, of raw sqlite3 with a commit each", 1.0, True),
    "turn_p50_vs_raw": Promise("time of a lone turn, of the same", 5.0),
    "turns_vs_orm": Promise("durable turns/s, 128 waiting, of an ORM session each", 10.0, True),
    "pg_turns_128_vs_5rt": Promise("the same on PostgreSQL, of asyncpg with five round trips each", 2.0, True),
    "reports_vs_ptb": Promise("whole reports/s over HTTP, of python-telegram-bot with pickles", 3.0, True),
    "cpu_per_report_vs_ptb": Promise("processor time of a report, of the same", 1 / 3),
    "telegram_send_vs_aiohttp": Promise("processor time of a Telegram message, of aiohttp + orjson", 3.0),
    "line_send_vs_aiohttp": Promise("processor time of a LINE message, of aiohttp + orjson", 4.0),
    "telegram_64_vs_alone": Promise("a Telegram message with 64 at once, of one alone", 1.3),
    "line_64_vs_alone": Promise("a LINE message with 64 at once, of one alone", 1.3),
    "summary_1m_vs_100k": Promise("a summary of 7 days over 1,000,000 cases, of 100,000", 3.0),
    "summary_10m_vs_1m": Promise("a summary of 7 days over 10,000,000 cases, of 1,000,000", 2.0),
    "summary_vs_group_by": Promise("the best indexed GROUP BY at 1,000,000, of a summary", 5.0, True),
    "upkeep_vs_write": Promise("a case's write with its daily counters, of the same without", 1.25),
    "burst_p99_vs_p50": Promise("5,000 events waiting: the slowest hundredth, of the median", 5.0),
    "known_100k_vs_10k": Promise("a turn with 100,000 known people, of 10,000", 1.1),
    "start_vs_sqlalchemy": Promise("start to ready, of importing sqlalchemy.ext.asyncio", 1.5),
    "resident_mb": Promise("resident memory after a load of reports, MB", 120.0),
}


@dataclass
class Measured:
    """What one part found: ratios and figures by name, and why something was not measured."""

    ratios: dict[str, float] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Measured") -> None:
        self.ratios.update(other.ratios)
        self.raw.update(other.raw)
        self.skipped.update(other.skipped)


@dataclass
class Pairs:
    """Figures of two sides taken in turn; the ratio is the median of the pairs' ratios, so that load hits both."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    def put(self, ours: float, theirs: float) -> None:
        self.ours.append(ours)
        self.theirs.append(theirs)

    @property
    def ratio(self) -> float:
        return median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def middle(self) -> tuple[float, float]:
        return median(self.ours), median(self.theirs)

    def raw(self, name: str, unit: str) -> dict[str, float]:
        """The medians and the spread, under `name`."""
        ours, theirs = self.middle
        spread = sorted(a / b for a, b in zip(self.ours, self.theirs, strict=True))
        return {
            f"{name}_ours_{unit}": ours,
            f"{name}_peer_{unit}": theirs,
            f"{name}_ratio_lowest": spread[0],
            f"{name}_ratio_highest": spread[-1],
            f"{name}_pairs": len(spread),
        }
