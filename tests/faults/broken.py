"""Builds that are broken on purpose: a checker that does not find them out proves nothing.

`python -m tests.faults.broken HOW --config FILE`. HOW is one of BUILDS below.
"""

import argparse
import asyncio
import os
import sqlite3
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

from bot import logs, reading
from bot.app import App, build, running
from bot.channels import Outgoing
from bot.commands import _serve
from handlers.events import Incoming, Outcome

LATE = 0.3  # seconds between the promise and the deed


class Wrapped:
    """Something that passes on all it is asked, but for what a subclass does worse."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class EarlyTurns(Wrapped):
    """Answers 200 before the commit."""

    async def handle(self, events: Sequence[Incoming]) -> None:
        if any(isinstance(e.body, Outcome) for e in events):
            await self.real.handle(events)
        else:
            asyncio.get_running_loop().call_later(LATE, lambda: asyncio.ensure_future(self.real.handle(events)))


class ForgetfulTurns(Wrapped):
    """Takes a redelivered event for a new one."""

    async def handle(self, events: Sequence[Incoming]) -> None:
        await self.real.handle([replace(e, id=uuid.uuid4().hex) for e in events])


class HastyChannel(Wrapped):
    """Says that it sent, then sends."""

    async def send(self, out: Outgoing) -> str:
        asyncio.get_running_loop().call_later(LATE, lambda: asyncio.ensure_future(self.real.send(out)))
        return ""


def early(app: App) -> None:
    app.turns = EarlyTurns(app.turns)  # type: ignore[assignment]


def no_dedupe(app: App) -> None:
    app.turns = ForgetfulTurns(app.turns)  # type: ignore[assignment]


def send_then_forget(app: App) -> None:
    hasty: Mapping[str, Any] = {name: HastyChannel(c) for name, c in app.channels.items()}
    app.dispatcher._channels = hasty


def no_spool(app: App) -> None:
    """Has nowhere to put what the database does not take."""
    app.turns._spool = None


def no_sync(_: App) -> None:
    """`synchronous=NORMAL`: a commit that a power cut undoes."""

    def relax(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    event.listen(Pool, "checkout", lambda c, *_: relax(c) if isinstance(c, sqlite3.Connection) else None)


BUILDS: Mapping[str, Callable[[App], None]] = {
    "early": early,
    "no-dedupe": no_dedupe,
    "send-then-forget": send_then_forget,
    "no-spool": no_spool,
    "no-sync": no_sync,
}


async def run(how: str, config: Path) -> int:
    app = build(reading.read(config, {}))
    BUILDS[how](app)
    async with running(app):
        await _serve(app, None, "Listening on {url}")
    return 0


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("how", choices=sorted(BUILDS))
    asked.add_argument("--config", type=Path, required=True)
    asked.add_argument("--log", default="ERROR")
    given = asked.parse_args()
    logs.start(given.log)
    os.environ.pop("NTSWATCH_FAULTS", None)
    return asyncio.run(run(given.how, given.config))


if __name__ == "__main__":
    sys.exit(main())
