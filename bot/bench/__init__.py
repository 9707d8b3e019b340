"""`ntswatch bench`: measures side by side, in one run, what speed is promised. Nothing of the product imports this."""

import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from os import cpu_count, getloadavg
from pathlib import Path

import orjson

from bot.bench.promises import PROMISES, Measured

PARTS: Mapping[str, str] = {
    "turns": "bot.bench.durable",
    "postgres": "bot.bench.shared",
    "reports": "bot.bench.reports",
    "sending": "bot.bench.sending",
    "reading": "bot.bench.reading",
    "upkeep": "bot.bench.upkeep",
    "crowds": "bot.bench.crowds",
    "starting": "bot.bench.starting",
}
VERSIONS = ("ntswatch", "sqlalchemy", "orjson", "aiohttp", "python-telegram-bot", "line-bot-sdk", "asyncpg", "uvloop")


def run(json_path: Path | None, *, full: bool) -> int:
    """Measure everything, print the table, write the JSON. Files lie in the working directory, not on a RAM disk."""
    found = Measured()
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        for name, module in PARTS.items():
            print(f"{name} ...", file=sys.stderr, flush=True)
            place = Path(folder) / name
            place.mkdir()
            measure: Callable[..., Measured] = import_module(module).measure
            found.add(measure(place, full=full))
    print("\n".join(table(found)))
    if json_path:
        json_path.write_bytes(orjson.dumps(report(found), option=orjson.OPT_INDENT_2))
    return 0


def table(found: Measured) -> list[str]:
    """Every promise with what was measured."""
    lines = [f"{'ratio':<26}{'measured':>10}  {'promised':>10}  kept  what"]
    for name, promise in PROMISES.items():
        if name in found.ratios:
            value = found.ratios[name]
            kept = "yes" if promise.kept(value) else "NO"
            lines.append(f"{name:<26}{value:>10.3g}  {promise.shown:>10}  {kept:<4}  {promise.text}")
        else:
            why = found.skipped.get(name, "not measured")
            lines.append(f"{name:<26}{'skipped':>10}  {promise.shown:>10}        {why}")
    return lines


def report(found: Measured) -> dict[str, object]:
    """What `--json` writes: the ratios by their names, then all that stands behind them."""
    promised = {n: {"bound": p.bound, "at_least": p.at_least, "what": p.text} for n, p in PROMISES.items()}
    return {
        **found.ratios,
        "skipped": found.skipped,
        "raw": found.raw,
        "promised": promised,
        "machine": machine(),
        "measured_at": datetime.now(UTC).isoformat(),
    }


def machine() -> dict[str, object]:
    return {
        "processor": _processor(),
        "cores": cpu_count(),
        "load": getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in VERSIONS if _installed(name)},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except ModuleNotFoundError:
        return False
