"""Builds that are broken on purpose: a checker that does not find them out proves nothing.

`python -m tests.faults.broken HOW --config FILE`. HOW is one of BUILDS below. Those that answer or send in a wrong way
do it from the moment on when there is a file `broken` beside the config file: what is right is learnt from them before.
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

import orjson
from sqlalchemy import event
from sqlalchemy.pool import Pool

import bot.app
from bot import logs, reading
from bot.app import App, build, running
from bot.channels import Outgoing
from bot.commands import _serve
from bot.turns import Unavailable
from handlers.events import Incoming, Outcome
from storage.spool import Spool, write

FLAG = "broken"
LATE = 0.3  # seconds between the promise and the deed
HASTE = 2.0  # the same of a message: longer than what a busy machine takes from an answer to the kill


class Wrapped:
    """Something that passes on all it is asked, but for what a subclass does worse once `flag` is there."""

    def __init__(self, real: Any, flag: Path | None = None) -> None:
        self.real, self.flag = real, flag

    @property
    def begun(self) -> bool:
        return self.flag is None or self.flag.exists()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class EarlyTurns(Wrapped):
    """Answers 200 before the commit."""

    async def handle(self, events: Sequence[Incoming]) -> None:
        if not self.begun or any(isinstance(e.body, Outcome) for e in events):
            await self.real.handle(events)
        else:
            asyncio.get_running_loop().call_later(LATE, lambda: asyncio.ensure_future(self.real.handle(events)))


class ForgetfulTurns(Wrapped):
    """Takes a redelivered event for a new one."""

    async def handle(self, events: Sequence[Incoming]) -> None:
        await self.real.handle([replace(e, id=uuid.uuid4().hex) for e in events] if self.begun else events)


class CarelessTurns(Wrapped):
    """Answers 200 although nothing could be kept."""

    async def handle(self, events: Sequence[Incoming]) -> None:
        try:
            await self.real.handle(events)
        except Unavailable:
            if any(isinstance(e.body, Outcome) for e in events):
                raise


class HastyChannel(Wrapped):
    """Says that it sent, then sends."""

    async def send(self, out: Outgoing) -> str:
        if not self.begun:
            return str(await self.real.send(out))
        asyncio.get_running_loop().call_later(HASTE, lambda: asyncio.ensure_future(self.real.send(out)))
        return ""


def early(app: App, flag: Path) -> None:
    app.turns = EarlyTurns(app.turns, flag)  # type: ignore[assignment]


def no_dedupe(app: App, flag: Path) -> None:
    app.turns = ForgetfulTurns(app.turns, flag)  # type: ignore[assignment]


def careless(app: App, _: Path) -> None:
    app.turns = CarelessTurns(app.turns)  # type: ignore[assignment]


def send_then_forget(app: App, flag: Path) -> None:
    hasty: Mapping[str, Any] = {name: HastyChannel(c, flag) for name, c in app.channels.items()}
    app.dispatcher._channels = hasty


class LooseSpool(Spool):
    """Leaves it to the system when a file reaches the disk."""

    def keep(self, number: int, events: Sequence[Incoming]) -> None:
        self._folder.mkdir(exist_ok=True)
        name = f"{number:016d}-{self._process}.events"
        plain = orjson.dumps([write(event) for event in events])
        (self._folder / name).write_bytes(self._vault.seal(plain, f"nts1|spool|events|{name}|1"))


def loose_spool(app: App, _: Path) -> None:
    real: Any = app.turns._spool
    app.turns._spool = LooseSpool(real._folder, real._vault, real._now)


def no_spool(app: App, _: Path) -> None:
    """Has nowhere to put what the database does not take."""
    app.turns._spool = None


def patient(_app: App, _: Path) -> None:
    """Waits at its end for as long as a platform likes."""
    bot.app.STOP_SECONDS = 3_600.0


def no_sync(_app: App, _: Path) -> None:
    """`synchronous=NORMAL`: a commit that a power cut undoes."""

    def relax(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    event.listen(Pool, "checkout", lambda c, *_: relax(c) if isinstance(c, sqlite3.Connection) else None)


def for_ever(_app: App, _: Path) -> None:
    """Lets its transactions stand still for as long as they like."""

    def relax(connection: Any, *_: object) -> None:
        cursor = connection.cursor()
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.close()
        connection.commit()

    event.listen(Pool, "connect", relax)


BUILDS: Mapping[str, Callable[[App, Path], None]] = {
    "careless": careless,
    "early": early,
    "no-dedupe": no_dedupe,
    "send-then-forget": send_then_forget,
    "for-ever": for_ever,
    "loose-spool": loose_spool,
    "no-spool": no_spool,
    "no-sync": no_sync,
    "patient": patient,
}


async def run(how: str, config: Path) -> int:
    app = build(reading.read(config, {}))
    BUILDS[how](app, config.parent / FLAG)
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
