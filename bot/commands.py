"""What the command line does, one function a command."""

import asyncio
import csv
import signal
import sys
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from bot import logs, loop, tryout
from bot.app import App, build, running
from bot.server import serve
from bot.settings import Settings
from bot.webchat import Stage
from storage import codes, directory, gazetteer, operations, schema
from storage.database import Work, opened

T = TypeVar("T")
NO_DATABASE = "there is no database of this version yet; run `ntswatch migrate`"


class Cannot(Exception):
    """The command cannot be carried out; says why, and what to do."""


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
    try:
        await serve(app, stage, stop, lambda port: print(greeting.format(url=f"http://{host}:{port}/"), flush=True))
    except OSError as bad:
        where = f"{host}:{app.settings.server.port}"
        raise Cannot(f"{where}: cannot be listened on ({bad.strerror}); write another server.port, or --port") from None


def invite(settings: Settings, given: Namespace) -> int:
    atlas = gazetteer.load()
    known = {"*", *atlas.districts, *(f"P:{p}" for p in atlas.provinces)}
    if given.scope not in known:
        raise Cannot(f"{given.scope}: no such district or province; write a code such as TH3801, P:TH-38 or *")
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
        raise Cannot("write two numbers, latitude and longitude: ntswatch where 18.36 103.65")
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
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None  # false for NaN as well


async def _reached(settings: Settings, districts: tuple[str, ...]) -> list[str]:
    """The groups of every district, by the scope they serve; nothing where no database was made yet."""
    if not _is_made(settings):
        return []
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


def _is_made(settings: Settings) -> bool:
    """Whether there is a database file; a server's database is asked, not looked for."""
    url = make_url(settings.database.url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


async def _write(settings: Settings, work: Work[T]) -> T:
    try:
        async with opened(settings.database.url) as database:
            return await database.write(work)
    except (DBAPIError, OSError) as bad:
        raise Cannot(f"the database is not reachable ({type(bad).__name__}); check database.url") from None


async def _upkeep(settings: Settings, work: Work[T]) -> T:
    """Work on a database that is there; none is made here. Raises Cannot."""

    def checked(connection: Connection) -> T:
        if not schema.at_head(connection):
            raise Cannot(NO_DATABASE)
        return work(connection)

    if not _is_made(settings):
        raise Cannot(NO_DATABASE)
    return await _write(settings, checked)


def outbox(settings: Settings, given: Namespace) -> int:
    match given.action:
        case "retry":
            count = asyncio.run(_upkeep(settings, partial(operations.retry, ids=given.id, now=datetime.now(UTC))))
            print(f"{count} will be sent again.")
        case "drop":
            print(f"{asyncio.run(_upkeep(settings, partial(operations.drop, ids=given.id)))} dropped.")
        case _:
            for line in asyncio.run(_upkeep(settings, operations.dead)):
                print(line)
    return 0


def export(settings: Settings, given: Namespace) -> int:
    try:
        since = date.fromisoformat(given.since) if given.since else None
    except ValueError:
        raise Cannot("--since: write the day as YYYY-MM-DD") from None
    rows = asyncio.run(_upkeep(settings, partial(operations.export, since=since)))
    csv.writer(sys.stdout).writerows(rows)
    return 0


def backup(settings: Settings, given: Namespace) -> int:
    if not settings.database.url.startswith("sqlite"):
        raise Cannot("PostgreSQL is backed up by its own tools: pg_dump, or a base backup with its WAL")
    if not _is_made(settings):
        raise Cannot(NO_DATABASE)
    try:
        asyncio.run(operations.backup(settings.database.url, given.file))
    except FileExistsError:
        raise Cannot(f"{given.file} is there already; name a new file") from None
    except OSError as bad:
        raise Cannot(
            f"{given.file}: cannot be written ({bad.strerror}); name a file in a folder that is there"
        ) from None
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
