"""The public holidays of the three countries, worked out in a process of its own.

The library takes half a second and 46 MB, which a process never gives back; what we need of it are some fifty dates a
year. It is asked when the first step of the ladder is due, and when a year begins.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence, Set
from datetime import date

import orjson

COUNTRIES = ("TH", "LA", "KH")
SECONDS = 60.0  # it takes two on a small machine; after this the steps go on as on any other day
Holidays = Mapping[str, Set[date]]


async def load(years: Sequence[int]) -> Holidays:
    """The days of these years, by country. Raises OSError where they cannot be had."""
    command = (sys.executable, "-m", "bot.calendar", *map(str, years))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        process.kill()
        raise
    if process.returncode:
        raise ChildProcessError(f"exit {process.returncode}")
    return {country: frozenset(map(date.fromisoformat, days)) for country, days in orjson.loads(out).items()}


async def none(years: Sequence[int]) -> Holidays:
    """Every day is like any other."""
    return {}


def worked_out(years: Sequence[int]) -> dict[str, list[str]]:
    """The same, here and now."""
    from holidays import country_holidays

    return {c: sorted(day.isoformat() for day in country_holidays(c, years=list(years))) for c in COUNTRIES}


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(worked_out([int(year) for year in sys.argv[1:]])))
