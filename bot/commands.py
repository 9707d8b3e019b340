"""What the command line does, one function a command."""

import asyncio
import csv
import os
import pwd
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from os import environ
from pathlib import Path
from typing import NoReturn, TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

import locales
from bot import logs, loop, reading, tryout
from bot.agreed import Agreed
from bot.app import App, build, keep, real, rules, running
from bot.channels import SendError
from bot.server import serve
from bot.settings import Settings
from bot.webchat import Stage
from handlers.world import Directory, Memory, World
from locales import LANGUAGES
from storage import audit, clock, codes, directory, gazetteer, operations, recounting, schema
from storage.database import opened
from storage.held import Work
from storage.keystore import Keystore
from storage.retention import due
from storage.vault import Vault

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


async def _run(settings: Settings) -> NoReturn:
    now, steady = Agreed(real), partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    app = build(settings, now=now, steady=steady, agree=now.agree)
    async with running(app):
        await _serve(app, None, "Listening on {url}")
    loop.leave(0)


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
    if given.seat and (given.role != "officer" or given.scope not in atlas.districts):
        raise Cannot("a seat is an officer's, in one district: ntswatch invite officer --seat police --district TH3801")
    code = asyncio.run(_invite(settings, given))
    print(f"Hand this over in person. Good for 24 hours, once. Send it to the bot as: /join {code}")
    print(code)
    return 0


async def _invite(settings: Settings, given: Namespace) -> str:
    app = build(settings)
    try:
        await app.database.write(schema.migrate)
        told = {"role": given.role, "scope": given.scope, "seat": given.seat}
        work = partial(codes.invite, store=app.store, purpose="join", **told)
        return await app.database.write(recorded(settings, work, "invited", **told))
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


def recorded(settings: Settings, work: Work[T], action: str, **facts: str) -> Work[T]:
    """The same work, and in its transaction a line of the history."""

    def both(connection: Connection) -> T:
        done, now = work(connection), datetime.now(UTC)
        vault = Vault(Keystore.open(settings.seal.keystore, lambda: now))
        audit.operator(connection, vault, now, action, account=account(), **facts)
        return done

    return both


def account() -> str:
    """Whose hands are on the command line, as far as the machine knows; a container's account may have no name."""
    try:
        return environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def retention(settings: Settings, given: Namespace) -> int:
    now = datetime.now(UTC)
    print(f"It is {now.astimezone(settings.zone):%Y-%m-%d %H:%M} here ({settings.digest.timezone}).")
    if halted := asyncio.run(_upkeep(settings, clock.stopped)):
        print(f"Nothing is deleted since {halted[0].astimezone(settings.zone):%Y-%m-%d %H:%M}: {halted[1]}.")
    for name, old, there in asyncio.run(_upkeep(settings, partial(due, now=now, keep=keep(settings)))):
        if old:
            print(f"{old} of {there} {name} have had their time.")
    if given.action == "allow":
        asyncio.run(_upkeep(settings, recorded(settings, partial(clock.allow, now=now), "retention allowed")))
        print("The next run, within half an hour, deletes them.")
    return 0


def figures(settings: Settings, given: Namespace) -> int:
    """Prove that the counters are what the cases and the tombstones say, or make them so."""
    count = partial(recounting.differences, zone=settings.zone)
    wrong = asyncio.run(_upkeep(settings, count))
    print("\n".join(wrong) or "The counters equal the cases.")
    if given.action == "check" or not wrong:
        return 1 if wrong else 0
    make = partial(recounting.rebuild, zone=settings.zone)
    asyncio.run(_upkeep(settings, recorded(settings, make, "figures rebuilt")))
    left = asyncio.run(_upkeep(settings, count))
    print("\n".join(left) or "Made anew: now they do.")
    return 1 if left else 0


def outbox(settings: Settings, given: Namespace) -> int:
    match given.action:
        case "retry":
            again = partial(operations.retry, ids=given.id, now=datetime.now(UTC))
            count = asyncio.run(_upkeep(settings, recorded(settings, again, "dead letters retried")))
            print(f"{count} will be sent again.")
        case "drop":
            gone = partial(operations.drop, ids=given.id)
            print(f"{asyncio.run(_upkeep(settings, recorded(settings, gone, 'dead letters dropped')))} dropped.")
        case _:
            for line in asyncio.run(_upkeep(settings, operations.dead)):
                print(line)
    return 0


def export(settings: Settings, given: Namespace) -> int:
    try:
        since = date.fromisoformat(given.since) if given.since else None
    except ValueError:
        raise Cannot("--since: write the day as YYYY-MM-DD") from None
    today = datetime.now(settings.zone).date()
    work = partial(operations.published, today=today) if given.public else operations.export
    rows = asyncio.run(_upkeep(settings, recorded(settings, partial(work, since=since), "exported", since=given.since)))
    csv.writer(sys.stdout).writerows(rows)
    return 0


def poster(settings: Settings, given: Namespace) -> int:
    from bot import poster

    district: str = given.district.upper()
    atlas = gazetteer.load()
    if district not in atlas.districts:
        raise Cannot(
            f"{given.district}: no such district; write a code such as TH3801 (`ntswatch where LAT LON` finds it)"
        )
    opens = {"web": settings.server.public_url if settings.web.chat else ""}
    opens |= {name: link for name, link in asyncio.run(_opens(settings)).items() if link}
    opens |= {name: link for name, link in (("telegram", given.telegram), ("line", given.line)) if link}
    try:
        links = poster.links(opens, district, given.village)
    except poster.TooLong:
        raise Cannot("--village: too long for a link; at most 14 Thai, Lao or Khmer letters") from None
    if not links:
        raise Cannot("the bot is reached by nothing yet: set telegram.token, line.channel_secret or server.public_url")
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        for file in poster.write(given.out, atlas, links, district, given.village, settings.emergency.by_country):
            print(file)
    except OSError as bad:  # a container's own folder is read-only
        raise Cannot(
            f"{given.out}: cannot be written to ({bad.strerror}); name a folder of the bot's account with --out"
        ) from None
    return 0


def voices_(settings: Settings, given: Namespace) -> int:
    """`th/kind.m4a  missing`, and under it the words as the bot says them now."""
    from bot import voices

    if given.language and given.language not in LANGUAGES:
        raise Cannot(f"{given.language}: no such language; write one of {', '.join(LANGUAGES)}")
    there = voices.load(settings.voice.folder)
    world = World(datetime.now(UTC), locales.load(), gazetteer.load(), rules(settings, None, there), Directory())
    for language in (given.language,) if given.language else LANGUAGES:
        for name, words in voices.words(replace(world, language=language, memory=Memory(language))):
            state = "there" if there.get(f"{language}/{name}") else "missing"
            print(f"{language}/{name}{voices.END}  {state}")
            print("\n".join(f"    {line}" for line in words.splitlines() if line.strip()))
    return 0


async def _opens(settings: Settings) -> dict[str, str]:
    """Channel -> the address that opens the bot, asked of the platforms that are set up. Raises Cannot."""
    app = build(settings)
    found = {}
    try:
        for name, channel in app.channels.items():
            await channel.introduce()
            found[name] = channel.link
    except SendError as bad:
        raise Cannot(f"{name}: the platform refused ({bad.why}); check its token, or give --{name}") from None
    finally:
        for channel in app.channels.values():
            await channel.close()
    return found


def check(settings: Settings, given: Namespace) -> int:
    from bot import checking

    problems = [*reading.exposed(given.config, environ), *asyncio.run(checking.look(settings))]
    print("\n".join(problems) or "Nothing is wrong.")
    return 1 if problems else 0


def bench(_: Settings, given: Namespace) -> int:
    from bot.bench import run

    return run(given.json, full=given.full)
