"""What the command line does, one function a command."""

import asyncio
import csv
import signal
import sys
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from bot import logs, loop, tryout
from bot.app import App, build, running
from bot.server import serve
from bot.settings import Settings
from bot.webchat import Stage
from storage import codes, directory, gazetteer, operations, schema
from storage.database import Work, opened

T = TypeVar("T")


def try_(settings: Settings, given: Namespace) -> int:
    told = tryout.settings(settings)
    if given.port is not None:
        told = replace(told, server=replace(told.server, port=given.port))
    logs.start("WARNING")
    return loop.run(_try(told))


async def _try(settings: Settings) -> int:
    app = build(settings, alert_delay=0.0)
    async with running(app):
        await tryout.people(app)
        await _serve(app, tryout.stage(app), "Open {url} – three phones on this machine. Ctrl-C stops.")
    return 0


def run(settings: Settings, given: Namespace) -> int:
    logs.start(given.log)
    return loop.run(_run(settings))


async def _run(settings: Settings) -> int:
    app = build(settings)
    async with running(app):
        await _serve(app, None, "Listening on {url}")
    return 0


async def _serve(app: App, stage: Stage | None, greeting: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host = app.settings.server.host
    await serve(app, stage, stop, lambda port: print(greeting.format(url=f"http://{host}:{port}/"), flush=True))


def invite(settings: Settings, given: Namespace) -> int:
    atlas = gazetteer.load()
    known = {"*", *atlas.districts, *(f"P:{p}" for p in atlas.provinces)}
    if given.scope not in known:
        print(
            f"{given.scope}: no such district or province; write a code such as TH3801, P:TH-38 or *", file=sys.stderr
        )
        return 2
    code = asyncio.run(_invite(settings, given))
    print(f"Hand this over in person. Good for 24 hours, once. Send it to the bot as: /join {code}")
    print(code)
    return 0


async def _invite(settings: Settings, given: Namespace) -> str:
    app = build(settings)
    try:
        await app.database.write(schema.migrate)
        work = partial(codes.invite, store=app.store, purpose="join", role=given.role, scope=given.scope)
        return await app.database.write(work)
    finally:
        await app.database.close()


def where(settings: Settings, given: Namespace) -> int:
    if given.point == ["-"]:
        return _where_many(sys.stdin)
    point = _point(given.point)
    if point is None:
        print("write two numbers, latitude and longitude: ntswatch where 18.36 103.65", file=sys.stderr)
        return 2
    found = gazetteer.load().at(*point)
    print(",".join(found) or "-")
    for line in asyncio.run(_reached(settings, found)):
        print(line)
    return 0


def _where_many(lines: Iterable[str]) -> int:
    atlas = gazetteer.load()
    for line in lines:
        point = _point(line.split())
        print(",".join(atlas.at(*point)) if point else "")
    return 0


def _point(words: list[str]) -> tuple[float, float] | None:
    try:
        latitude, longitude = map(float, words)
    except ValueError:
        return None
    return latitude, longitude


async def _reached(settings: Settings, districts: tuple[str, ...]) -> list[str]:
    """The groups of every district, by the scope they serve; nothing where no database was made yet."""
    app = build(settings)
    try:
        if not await app.database.write(schema.at_head):
            return []
        await app.database.read(partial(directory.refresh, store=app.store))
        return [line for code in districts for line in operations.reached(app.store, code)]
    finally:
        await app.database.close()


def migrate(settings: Settings, _: Namespace) -> int:
    asyncio.run(_write(settings, schema.migrate))
    print("The database has the newest schema.")
    return 0


async def _write(settings: Settings, work: Work[T]) -> T:
    async with opened(settings.database.url) as database:
        return await database.write(work)


def outbox(settings: Settings, given: Namespace) -> int:
    match given.action:
        case "retry":
            count = asyncio.run(_write(settings, partial(operations.retry, ids=given.id, now=datetime.now(UTC))))
            print(f"{count} will be sent again.")
        case "drop":
            print(f"{asyncio.run(_write(settings, partial(operations.drop, ids=given.id)))} dropped.")
        case _:
            for line in asyncio.run(_write(settings, operations.dead)):
                print(line)
    return 0


def export(settings: Settings, given: Namespace) -> int:
    rows = asyncio.run(_write(settings, partial(operations.export, since=given.since)))
    csv.writer(sys.stdout).writerows(rows)
    return 0


def backup(settings: Settings, given: Namespace) -> int:
    if given.file.exists():
        print(f"{given.file} is there already; name a new file", file=sys.stderr)
        return 2
    if not settings.database.url.startswith("sqlite"):
        print("PostgreSQL is backed up by its own tools: pg_dump, or a base backup with its WAL", file=sys.stderr)
        return 2
    asyncio.run(operations.backup(settings.database.url, given.file))
    print(f"Copied to {given.file}. The keys are not in it; keep them elsewhere.")
    return 0


def check(settings: Settings, given: Namespace) -> int:
    from bot import checking

    problems = asyncio.run(checking.look(settings))
    print("\n".join(problems) or "Nothing is wrong.")
    return 1 if problems else 0


def bench(_: Settings, given: Namespace) -> int:
    from bot.bench import run

    return run(given.json, full=given.full)
