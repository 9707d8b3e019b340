"""`ntswatch check`: what is wrong, each with what to do about it. Nothing is changed."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from bot import reading as told
from bot import voices
from bot.agreed import lag
from bot.app import App, build, real
from bot.channels import SendError
from bot.scan import Scanner
from bot.settings import Settings
from storage import audit, clock, directory, operations, schema
from storage.database import gone
from storage.shelf import Unreachable

WRONG_CLOCK = timedelta(seconds=5)  # more than a reading takes, less than a lease or a reply token lasts
PATIENCE = 20.0  # seconds for one platform, or the store, to answer
NOBODYS = "0" * 32  # the id of a file; real ones are random


async def look(settings: Settings, now: Callable[[], datetime] = real) -> list[str]:
    """Everything that is wrong; empty when nothing is."""
    app = build(settings, now=now)
    try:
        return [
            *told.warnings(settings),
            *voices.problems(settings.voice.folder),
            *app.keystore.problems(),
            *await _database(app),
            *await _media(app),
            *await _scanner(app),
            *await _platforms(app),
            *await _account(app),
        ]
    finally:
        for channel in app.channels.values():
            await channel.close()
        await app.database.close()


async def _database(app: App) -> list[str]:
    try:
        if not await app.database.write(schema.at_head):
            return ["database: the schema is not the newest; run `ntswatch migrate`"]
    except Exception as bad:  # whatever the driver raises
        return [f"database: not reachable ({type(bad).__name__}); check database.url"]
    await app.database.read(partial(directory.refresh, store=app.store))
    _, lost, aside = await app.database.read(operations.waiting)
    found = []
    if lost:
        found.append(f"outbox: {lost} message(s) could not be sent; look with `ntswatch outbox list`")
    if aside:
        found.append(f"quarantine: {aside} event(s) could not be read or handled; tell the developers the log lines")
    verify = partial(audit.verify, vault=app.store.vault, seen=app.witness.seen())
    if broken := await app.database.read(verify):
        found.append(f"history: {broken}; compare with a backup, and find out who can write to the database")
    if halted := await app.database.read(clock.stopped):
        since, why = halted
        found.append(
            f"retention: nothing is deleted since {since:%Y-%m-%d %H:%M} UTC, because {why}; set the clock right, or "
            "look with `ntswatch retention` and then let it run with `ntswatch retention allow`"
        )
    return [*found, *await _clock(app), *_people(app)]


async def _clock(app: App) -> list[str]:
    """Whether this machine and the one of PostgreSQL have the same time."""
    if app.database.dialect != "postgresql" or abs(ahead := await lag(app.database, app.store.now)) < WRONG_CLOCK:
        return []
    side = "behind" if ahead > timedelta(0) else "ahead of"
    return [
        f"clock: this machine is {abs(ahead).total_seconds():.0f} s {side} the database's, by which the bot goes; set "
        "both right and let them be kept so (NTP)"
    ]


def _people(app: App) -> list[str]:
    people, atlas = app.store.directory, app.store.gazetteer
    found = []
    if not any(m.role == "coordinator" for m in people.members.values()):
        found.append("coordinators: there is none; run `ntswatch invite coordinator` and hand the code over")
    active = [d.code for d in atlas.districts.values() if people.switched.get(d.code, d.programme)]
    alone = [code for code in active if not people.of_scope(code)]
    if alone:
        found.append(f"groups: {len(alone)} of {len(active)} districts have no group of their own: {', '.join(alone)}")
    return found


async def _blind(app: App, name: str) -> list[str]:
    """Groups whose platform does not tell the bot who comes and goes."""
    groups = [g for g in app.store.directory.groups.values() if g.chat.channel == name]
    blind = [g.scope for g in groups if not await app.channels[name].sees(g.chat.chat)]
    if not blind:
        return []
    where = ", ".join(sorted(blind))
    return [
        f"{name}: the bot is no administrator in {len(blind)} of {len(groups)} groups, so it is not told who comes and "
        f"goes there: {where}; make it one"
    ]


async def _scanner(app: App) -> list[str]:
    place = app.settings.media.clamd
    if not place or await Scanner(place, PATIENCE).alive():
        return []
    return ["media.clamd: the scanner does not answer; files of residents wait until it does"]


async def _media(app: App) -> list[str]:
    """Whether the store answers: it must know that a file which nobody has is not there."""
    if not app.settings.media.store:
        return []
    try:
        async with asyncio.timeout(PATIENCE):
            await app.files.get(NOBODYS)
    except Unreachable as bad:
        return [f"media.store: is not usable ({bad}); check the bucket, media.s3_endpoint and what the key may do"]
    except TimeoutError:
        return ["media.store: does not answer; check media.s3_endpoint"]
    return []


async def _account(app: App) -> list[str]:
    """Whether LINE's messages last until the month ends, and what waits for them."""
    if app.gauge is None:
        return []
    try:
        account = await app.gauge.asked()
    except SendError:
        return []  # said by its channel
    except Exception as bad:
        if not gone(bad):
            raise
        return []  # said of the database
    found = []
    if account.limit is not None and account.forecast > account.limit:
        found.append(
            f"line: at the pace of the last 7 days it will be {account.forecast} messages by the end of the month, and "
            f"the plan has {account.limit}; a larger plan, or `line.groups`, see docs/line-costs.md"
        )
    if account.waiting:
        found.append(f"line: {account.waiting} message(s) wait for something to leave to their chat, or for next month")
    return found


async def _platforms(app: App) -> list[str]:
    found = []
    for name, channel in app.channels.items():
        if name == "web":
            continue
        try:
            async with asyncio.timeout(PATIENCE):
                found += await channel.check(app.settings.server.public_url)
                found += await _blind(app, name)
        except SendError as bad:
            found.append(f"{name}: the platform refused ({bad.why}); check its token")
        except TimeoutError:
            found.append(f"{name}: the platform does not answer")
    return found
