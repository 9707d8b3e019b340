"""Builds everything from the settings; start and stop order."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

import locales
from bot import calendar, voices
from bot.attachments import Attachments
from bot.channels import Channel, Poison, SendError
from bot.channels.web import Web
from bot.connect import connect, splits
from bot.dispatcher import Dispatcher
from bot.gauge import Gauge, Priced
from bot.lasting import AGAIN, lasting
from bot.lookout import Lookout
from bot.media import Links, Uploads
from bot.room import Probe, Room, taken
from bot.scan import Scanner
from bot.schedule import Schedule, alone
from bot.settings import Escalation, Media, Settings
from bot.turns import Turns, Unavailable
from bot.webstore import Letters
from handlers.events import Incoming, Tick
from handlers.history import Watch
from handlers.patience import Patience
from handlers.sparing import PRICED
from handlers.world import Kept, Rules
from storage import audit, casekeys, database, directory, gazetteer, quarantine, schema
from storage.files import Files
from storage.keystore import Keystore
from storage.mailbox import Mailbox
from storage.retention import Keep
from storage.shelf import Folder, Shelf
from storage.spool import Spool
from storage.store import Store
from storage.vault import Recipient, Vault

if TYPE_CHECKING:
    from bot.translating import Translator

log = logging.getLogger(__name__)
NOTICE = "2026-11"  # version of the safety note a resident agrees to; a new one is shown again
STOP_SECONDS = 7.0  # sends under way may take this long at the end; the service manager waits ten
DATABASE_AGAIN = 2.0  # seconds until a database that is not there is asked again
NOT_THERE = "the database of database.url is not there"
NOT_MADE = "the newest schema could not be made, and nothing was changed"


@dataclass
class App:
    """The parts of one process, built but not started."""

    settings: Settings
    keystore: Keystore
    database: database.Database
    store: Store
    files: Files
    witness: audit.Witness
    links: Links | None
    web: Web
    channels: Mapping[str, Channel]
    turns: Turns
    dispatcher: Dispatcher
    schedule: Schedule
    room: Room
    voices: voices.Voices
    gauge: Gauge | None = None
    ready: set[str] = field(default_factory=set)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    acknowledging: set[asyncio.Task[None]] = field(default_factory=set)

    async def handle(self, events: Sequence[Incoming | Poison], channel: str) -> None:
        """Events of one webhook body or poll; what nobody could read is set aside. Raises Unavailable."""
        for poison in (e for e in events if isinstance(e, Poison)):
            put = partial(
                quarantine.put_raw,
                store=self.store,
                channel=channel,
                event_id=poison.id,
                raw=poison.raw,
                why="unreadable",
            )
            try:
                await self.database.write(put)
            except Exception as bad:
                if not database.gone(bad):
                    raise
                raise Unavailable from None
            log.error("update not readable", extra={"action": "quarantine", "channel": channel})
        heard = [e for e in events if not isinstance(e, Poison)]
        await self.turns.handle(heard)
        for press in (e.press for e in heard if e.press):
            self.acknowledging.add(task := asyncio.create_task(self.channels[channel].acknowledge(press)))
            task.add_done_callback(self.acknowledging.discard)

    async def start(self) -> None:
        """Schema, dispatcher, then the platforms: one that is down does not keep the others waiting. The schedule
        begins when somebody can be answered (bot.server)."""
        await self._database_ready()
        self.turns.on_commit(self.dispatcher.wake)
        await self.schedule.arrive()
        self.turns.recover()
        self.room.look()
        parts = {"dispatcher": self.dispatcher.run, "lookout": self.lookout.run}
        parts |= {name: partial(self._open, channel) for name, channel in self.channels.items()}
        self.tasks += [asyncio.create_task(lasting(part, name)) for name, part in parts.items()]

    @cached_property
    def lookout(self) -> Lookout:
        return Lookout(
            self.channels, self.ready, self.dispatcher.denied, self.settings.server.public_url, self._tell_of
        )

    async def _tell_of(self, channel: str, what: str) -> None:
        """Every coordinator hears of a trouble, once an hour however many processes see it."""
        if what == "token":
            await self.dispatcher.deny(channel)
            return
        now = self.store.now()
        tick = Tick("trouble", {"channel": channel})
        watching = [m for m in self.store.directory.members.values() if m.role == "coordinator"]
        events = [
            Incoming(f"trouble:{channel}:{self.store.tag(m.chat)}:{now:%Y-%m-%dT%H}", now, m.chat, m.person, tick)
            for m in watching
        ]
        await self.turns.handle(events)

    async def _database_ready(self) -> None:
        """The newest schema and the directory; waits for a database that is not there yet, or does not take the schema:
        the disk may be full, or a table of somebody else's in the way."""
        while True:
            try:
                await self.database.write(schema.migrate)
                return await self.database.look(partial(directory.refresh, store=self.store))
            except Exception as bad:
                if not (database.gone(bad) or isinstance(bad, DBAPIError)):
                    raise
                why = NOT_MADE if await self._is_older() else NOT_THERE
                log.error(f"{why}; trying again", extra={"error": database.reason(bad)})
            await asyncio.sleep(DATABASE_AGAIN)

    async def _is_older(self) -> bool:
        """Whether the database answers, and has another schema than the newest."""
        try:
            return not await self.database.read(schema.at_head)
        except Exception as bad:
            if not (database.gone(bad) or isinstance(bad, DBAPIError)):
                raise
            return False

    async def _open(self, channel: Channel) -> None:
        """Register at the platform, again and again until it takes it; then poll, where polling is set."""
        while True:
            try:
                await channel.start(self.settings.server.public_url)
                break
            except SendError as bad:
                log.error("channel not started", extra={"channel": channel.name, "error": bad.why})
                await asyncio.sleep(AGAIN)
        self.ready.add(channel.name)
        links = {name: c.link for name, c in self.channels.items() if c.link}
        self.store.rules = replace(self.store.rules, bot_link=links)
        self.dispatcher.wake()
        while channel.name == "telegram" and self.settings.telegram.mode == "polling":
            try:
                await channel.poll(partial(self.handle, channel=channel.name))  # type: ignore[attr-defined]
            except Unavailable:
                await asyncio.sleep(1.0)  # nothing was confirmed: the same updates come again
            except Exception:  # whatever it is: a process that hears nothing more, and lives, is worse
                log.exception("updates not handled", extra={"channel": channel.name, "action": "poll"})
                await asyncio.sleep(1.0)

    async def stop(self) -> None:
        """Take in and begin nothing more, finish what is in hand, keep the rest for the next start."""
        self.schedule.stop()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.dispatcher.close()
                await asyncio.gather(*self.acknowledging)
        except TimeoutError:
            log.warning("sends left under way", extra={"action": "stop"})
        await self.turns.close()
        await self.schedule.leave()
        for channel in self.channels.values():
            await channel.close()
        await self.database.close()


def real() -> datetime:
    """What time it is."""
    return datetime.now(UTC)


def build(
    settings: Settings,
    *,
    now: Callable[[], datetime] = real,
    alert_delay: float | None = None,
    steady: Callable[[], float] | None = None,
    agree: Callable[[database.Database], Awaitable[None]] | None = None,
    probe: Probe = taken,
) -> App:
    """Everything, from the settings. `alert_delay` in seconds overrides the settings' minutes (none in `try`);
    `steady` is a clock in seconds that nobody sets, to hold `now` against; `agree` sets `now` by the database's.
    """
    words, atlas = locales.load(), gazetteer.load()
    keystore = Keystore.open(settings.seal.keystore, now)
    vault = Vault(keystore)
    base = database.connect(settings.database.url)
    files = Files(shelf(settings.media), vault, lambda file: base.read(partial(casekeys.find, vault=vault, file=file)))
    recorded = voices.load(settings.voice.folder)
    store = Store(vault, words, atlas, rules(settings, alert_delay, recorded), {}, now)
    store.recipients = tuple(map(Recipient.read, settings.seal.archive_recipients))
    web = Web(Letters(Mailbox(base, store)), Uploads(files), now)
    channels = connect(settings, web, words, now)
    store.splits = splits(channels)
    # Beside the media: the database's own folder is the first to be full, and PostgreSQL has none here.
    spool = Spool(beside(settings) / "spool", vault, now)
    turns = Turns(base, store, most=settings.limits.batch, spool=spool)
    _, key = keystore.current("web")
    fetched = shows_files(settings)
    links = Links(settings.server.public_url, key.derive(b"media links"), now) if fetched else None
    name = secrets.token_hex(8)  # of this process, among the others on one database
    attachments = Attachments(files, links, scanner(settings), recorded, settings.server.public_url)
    gauge = gauged(base, store, channels.get(PRICED), turns)
    machine = translator(settings)
    dispatcher = Dispatcher(
        base, store, channels, attachments, turns.handle, now=now, name=name, gauge=gauge, translator=machine
    )
    witness = audit.Witness(beside(settings) / "witness.json")
    room = roominess(settings, store, probe)
    schedule = Schedule(
        base,
        store,
        turns.handle,
        settings.digest.times,
        settings.zone,
        keep(settings),
        files,
        witness,
        dispatcher.share,
        name=name,
        steady=steady,
        look=room.look,
        holidays=calendar.load if settings.escalation.holidays else calendar.none,
        meter=partial(metered, gauge, dispatcher) if gauge else None,
        agree=partial(agree, base) if agree else alone,
    )
    parts = (links, web, channels, turns, dispatcher, schedule, room, recorded, gauge)
    return App(settings, keystore, base, store, files, witness, *parts)


def gauged(base: database.Database, store: Store, channel: object, turns: Turns) -> Gauge | None:
    """What watches the account of a channel that charges for messages; None where it is off."""
    return Gauge(base, store, channel, turns.handle) if isinstance(channel, Priced) else None


async def metered(gauge: Gauge, dispatcher: Dispatcher) -> None:
    """LINE is asked what it counted; what may leave by that leaves."""
    if await gauge.read():
        dispatcher.wake()


def translator(settings: Settings) -> "Translator | None":
    told = settings.translation
    if not told.url:
        return None
    from bot.translating import Translator  # it brings aiohttp, which the web page alone has no need of

    return Translator(told.url, told.api_key)


def shows_files(settings: Settings) -> bool:
    """Whether LINE can fetch a photo from us: it does so by https alone."""
    return settings.server.public_url.startswith("https://")


def scanner(settings: Settings) -> Scanner | None:
    return Scanner(settings.media.clamd) if settings.media.clamd else None


def beside(settings: Settings) -> Path:
    """Where this machine keeps what must not depend on the database."""
    return settings.media.folder.parent


def roominess(settings: Settings, store: Store, probe: Probe) -> Room:
    """The disks of files, spool and, where it is a file, the database."""
    folders = [settings.media.folder]
    url = make_url(settings.database.url)
    if url.get_backend_name() == "sqlite" and url.database:
        folders.append(Path(url.database).parent)

    def tell(files: bool) -> None:
        if files != store.rules.files:
            store.rules = replace(store.rules, files=files)

    limits = settings.limits
    return Room(folders, limits.disk_files_percent / 100, limits.disk_stop_percent / 100, tell, probe)


def shelf(media: Media) -> Shelf:
    """Where sealed files lie."""
    if not media.store:
        return Folder(media.folder)
    from storage.bucket import Bucket  # it needs an extra, as the settings have said

    return Bucket(
        media.store,
        endpoint=media.s3_endpoint,
        region=media.s3_region,
        access_key=media.s3_access_key,
        secret_key=media.s3_secret_key,
    )


def address(settings: Settings) -> str:
    """Where people reach this server; on a machine of one's own the page of `try` does."""
    server = settings.server
    if server.public_url or not settings.web.chat or server.host not in ("127.0.0.1", "localhost"):
        return server.public_url.rstrip("/")
    return f"http://{server.host}:{server.port}" if server.port else ""


def rules(settings: Settings, alert_delay: float | None, recorded: voices.Voices) -> Rules:
    limits, watched = settings.limits, settings.watch
    fetches = settings.server.public_url.startswith("https://")  # LINE takes pictures and sounds from there alone
    return Rules(
        zone=settings.zone,
        emergency=settings.emergency.by_country,
        notice=NOTICE,
        page=address(settings),
        half_report_hours=limits.half_report_hours,
        alert_delay=limits.alert_delay_minutes * 60 if alert_delay is None else alert_delay,
        code_minutes=limits.code_minutes,
        reports_an_hour=limits.reports_an_hour,
        two_person_close=settings.desk.two_person_close,
        membership_minutes=settings.desk.membership_minutes,
        invite_hours=settings.desk.invite_hours,
        second_link=settings.desk.second_link,
        link_wait_hours=settings.desk.link_wait_hours,
        handover_hours=settings.desk.handover_hours,
        answer_days=settings.desk.answer_days,
        line_groups=settings.line.groups,
        overdue_new_hours=settings.desk.overdue_new_hours,
        overdue_open_hours=settings.desk.overdue_open_hours,
        hidden={"line": ("video", "voice", "document", *(() if shows_files(settings) else ("photo",)))},
        translates=bool(settings.translation.url),
        spoken={name: recorded.by_language for name in ("telegram", "web", *(("line",) if fetches else ()))},
        pictured=frozenset({"telegram", *(("line",) if fetches else ())}),
        kept=Kept(
            settings.retention.half_report_hours,
            settings.retention.contact_days,
            settings.retention.media_days,
            settings.retention.closed_days,
            settings.retention.false_days,
            settings.retention.withdrawn_days,
        ),
        patience=patience(settings.escalation),
        watch=Watch(
            watched.details_an_hour,
            watched.others_cases_a_day,
            watched.night_details,
            watched.misses_an_hour,
            (watched.night_begins, watched.night_ends),
        ),
    )


def patience(wait: Escalation) -> Patience:
    quiet = (wait.quiet_begins, wait.quiet_ends)
    return Patience(wait.life, wait.urgent, wait.other, dict(wait.percent_by_kind), quiet)


def keep(settings: Settings) -> Keep:
    kept = settings.retention
    return Keep(
        inbox=timedelta(days=kept.inbox_days),
        letters=timedelta(days=kept.letters_days),
        half_report=timedelta(hours=kept.half_report_hours),
        quarantine=timedelta(days=kept.quarantine_days),
        dead_letter=timedelta(days=kept.dead_letter_days),
        contact=timedelta(days=kept.contact_days),
        closed=timedelta(days=kept.closed_days),
        closed_by_kind={kind: timedelta(days=days) for kind, days in kept.closed_days_by_kind},
        false=timedelta(days=kept.false_days),
        withdrawn=timedelta(days=kept.withdrawn_days),
        open=timedelta(days=kept.open_days),
        practice=timedelta(days=kept.practice_days),
        media=timedelta(days=kept.media_days),
        history=timedelta(days=kept.history_days),
        longest_pause=timedelta(days=kept.longest_pause_days),
        most_share=kept.most_share,
        most_rows=kept.most_rows,
    )


@asynccontextmanager
async def running(app: App) -> AsyncIterator[App]:
    """A started app that is stopped at the end, whatever happens."""
    try:
        await app.start()
        yield app
    finally:
        await app.stop()
