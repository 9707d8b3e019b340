"""APScheduler says what time it is: it feeds ticks into Turns and does nothing else."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.calendar import Holidays, load
from bot.turns import Unavailable
from handlers.events import CLOCK, Address, Incoming, Tick
from storage import audit, climbing, clock, directory, presence, remarks, retention, rotation, shifts
from storage.database import Database, gone
from storage.files import Files
from storage.store import Store
from storage.turn import inbox_key

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)
CATCH_UP = timedelta(hours=6)  # a digest that is older than this is overtaken by the next one
GRACE = int(CATCH_UP.total_seconds())  # APScheduler's own default of 1 s drops a digest while the loop is busy
LOOKED_BACK = 14  # days; a chat that had no digest for longer begins anew
PURGE_MINUTES = 30
ROTATE_MINUTES = 60
ROOM_SECONDS = 60
QUESTION_MINUTES = 10
LADDER_SECONDS = 10  # a look costs one read of an index; where a life is at risk nobody waits longer for the next step
HOLIDAYS_AGAIN = timedelta(hours=1)  # until they are asked for again where they could not be had
MOST_LOOKS = 20  # at once, of a hundred cases each: after a down time much may be due
METER_MINUTES = 5
BEAT_SECONDS = 10
DIGEST_SECONDS = 10  # this machine may come to the time earlier than the database by whose clock a digest is due
AGAIN = 10.0  # seconds until a digest that the database did not take is tried again


def steps(due: Sequence[climbing.Due], now: datetime) -> list[Incoming]:
    """The events of cases that are due: of one name in every process, and another one when a case comes back later."""
    return [
        Incoming(
            f"step:{one.number}:{one.step + 1}:{one.at}",
            now,
            CLOCK,
            "",
            Tick("step", {"number": one.number, "step": str(one.step)}),
            group=True,
        )
        for one in due
    ]


async def alone() -> None:
    """There is no other clock to agree with."""


class Schedule:
    """Digests at their times, once however many processes run: the event's id is the same in all of them."""

    def __init__(
        self,
        database: Database,
        store: Store,
        handle: Callable[[Sequence[Incoming]], Awaitable[None]],
        times: Sequence[time],
        zone: ZoneInfo,
        keep: retention.Keep,
        files: Files,
        witness: audit.Witness,
        share: Callable[[int], None] = lambda _: None,
        *,
        again: float = AGAIN,
        name: str = "",
        steady: Callable[[], float] | None = None,
        look: Callable[[], None] = lambda: None,
        holidays: Callable[[Sequence[int]], Awaitable[Holidays]] = load,
        meter: Callable[[], Awaitable[None]] | None = None,
        agree: Callable[[], Awaitable[None]] = alone,
    ) -> None:
        self._database, self._store, self._handle = database, store, handle
        self._times, self._zone, self._keep, self._files = times, zone, keep, files
        self._again, self._look, self._holidays, self._meter = again, look, holidays, meter
        self._learning, self._known = asyncio.Lock(), datetime.min.replace(tzinfo=zone)  # until when holidays are known
        self._witness, self._steady, self._agree = witness, steady, agree
        self._began = self._beginning(store.now())
        self._told: datetime | None = None  # the slot of the last digest
        self.stopped = ""  # why nothing is deleted
        self._share, self._name = share, name or secrets.token_hex(8)
        self._scheduler: AsyncIOScheduler | None = None

    async def start(self) -> None:
        """From now on the clock speaks. The process listens already, and APScheduler takes 40 ms to import."""
        await asyncio.to_thread(import_module, "apscheduler.schedulers.asyncio")
        self._scheduler = self._planned()
        self._scheduler.start()
        await self.digest()

    def _planned(self) -> "AsyncIOScheduler":
        from apscheduler.schedulers.asyncio import AsyncIOScheduler
        from apscheduler.triggers.cron import CronTrigger

        made = AsyncIOScheduler(timezone=self._zone)
        for at in self._times:
            trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=self._zone)
            made.add_job(self.digest, trigger, misfire_grace_time=GRACE, coalesce=True)
        made.add_job(self.purge, "interval", minutes=PURGE_MINUTES, misfire_grace_time=None, coalesce=True)
        made.add_job(self.rotate, "interval", minutes=ROTATE_MINUTES, misfire_grace_time=None, coalesce=True)
        made.add_job(self._look, "interval", seconds=ROOM_SECONDS, misfire_grace_time=None, coalesce=True)
        if self._meter:
            at_once = {"next_run_time": datetime.now(self._zone)}
            made.add_job(
                self._meter, "interval", minutes=METER_MINUTES, misfire_grace_time=None, coalesce=True, **at_once
            )
        made.add_job(self.questions, "interval", minutes=QUESTION_MINUTES, misfire_grace_time=None, coalesce=True)
        made.add_job(self.ladder, "interval", seconds=LADDER_SECONDS, misfire_grace_time=None, coalesce=True)
        if self._database.dialect == "postgresql":
            made.add_job(self.beat, "interval", seconds=BEAT_SECONDS, coalesce=True, misfire_grace_time=None)
            made.add_job(self.digest, "interval", seconds=DIGEST_SECONDS, coalesce=True, misfire_grace_time=None)
        return made

    async def digest(self) -> None:
        """The latest digest that is due: after a down time it is caught up, a second call changes nothing."""
        slot = self.latest(self._store.now())
        while slot and slot != self._told:
            try:
                await self._tell(slot)
                self._told = slot
                return
            except Exception as bad:
                if not (isinstance(bad, Unavailable) or gone(bad)):
                    raise
                log.warning("digest waits", extra={"action": "digest", "error": type(bad).__name__})
            await asyncio.sleep(self._again)

    async def _tell(self, slot: datetime) -> None:
        await self._database.read(partial(directory.refresh, store=self._store))
        readers = self.readers()
        earlier = self._before(slot)
        keys = {chat: [inbox_key(chat.channel, self._id(chat, one)) for one in earlier] for chat, _ in readers}
        told = await self._database.read(partial(shifts.last, keys=keys))
        events = [self._event(chat, group, slot, told.get(chat, earlier[0])) for chat, group in readers]
        await self._handle(events)
        log.info("digest", extra={"action": "digest", "count": len(events)})

    def latest(self, now: datetime) -> datetime | None:
        """The last slot at or before `now`, unless it is too old to be of use."""
        local = now.astimezone(self._zone)
        days = (local.date(), local.date() - timedelta(days=1))
        slots = [datetime.combine(day, at, self._zone) for day in days for at in self._times]
        past = max((s for s in slots if s <= local), default=None)
        return past if past and local - past <= CATCH_UP else None

    def readers(self) -> list[tuple[Address, bool]]:
        people = self._store.directory
        groups = [(chat, True) for chat in people.groups]
        return groups + [(m.chat, False) for m in people.members.values() if m.role == "coordinator"]

    def _before(self, slot: datetime) -> list[datetime]:
        """The slots before this one, the newest first, as far back as anybody's last digest is looked for."""
        days = (slot.date() - timedelta(days=n) for n in range(LOOKED_BACK + 1))
        slots = [datetime.combine(day, at, self._zone) for day in days for at in self._times]
        return sorted((one for one in slots if one < slot), reverse=True)

    def _id(self, chat: Address, slot: datetime) -> str:
        return f"digest:{self._store.tag(chat)}:{slot:%Y-%m-%dT%H:%M}"

    def _event(self, chat: Address, group: bool, slot: datetime, since: datetime) -> Incoming:
        """`since`: when this chat had its last digest, or should have had it."""
        return Incoming(
            id=self._id(chat, slot),
            at=self._store.now(),
            chat=chat,
            sender="" if group else self._person(chat),
            body=Tick("digest", {"since": since.isoformat()}),
            group=group,
        )

    def _person(self, chat: Address) -> str:
        return next((m.person for m in self._store.directory.members.values() if m.chat == chat), "")

    async def questions(self) -> None:
        """What waited for an answer too long: questions to residents, cases offered to another place."""
        now = self._store.now()
        over = await self._database.read(partial(remarks.due, now=now))
        ticks = {
            f"question:{question}": Tick("question expired", {"number": number, "question": str(question)})
            for question, number in over
        }
        offers = await self._database.read(partial(remarks.offers, now=now))
        ticks |= {f"offer:{number}:{until}": Tick("handover over", {"number": number}) for number, until in offers}
        events = [Incoming(id_, now, CLOCK, "", tick, group=True) for id_, tick in ticks.items()]
        if events:
            await self._handle(events)
            log.info("questions closed", extra={"action": "questions", "count": len(events)})

    async def ladder(self) -> None:
        """Cases that nobody took in time make their next step."""
        try:
            for _ in range(MOST_LOOKS):
                now = self._store.now()
                due = await self._database.read(partial(climbing.due, now=now))
                if due:
                    await self._learn(now)
                    await self._handle(steps(due, now))
                    log.info("steps", extra={"action": "ladder", "count": len(due)})
                if len(due) < climbing.MOST_DUE:
                    break
        except Exception as bad:
            if not (isinstance(bad, Unavailable) or gone(bad)):
                raise
            log.warning("ladder waits", extra={"action": "ladder", "error": type(bad).__name__})

    async def _learn(self, now: datetime) -> None:
        """The holidays of this year and the next, once a year; without them every day is like any other."""
        async with self._learning:
            if now < self._known:
                return
            year = now.astimezone(self._zone).year
            try:
                days = await self._holidays((year, year + 1))
            except (OSError, ValueError) as bad:
                log.error("holidays not known", extra={"action": "holidays", "error": type(bad).__name__})
                self._known = now + HOLIDAYS_AGAIN
                return
            self._known = datetime(year + 1, 1, 1, tzinfo=self._zone)
            rules = self._store.rules
            self._store.rules = replace(rules, patience=replace(rules.patience, holidays=days))

    async def purge(self) -> None:
        """What has outlived its time goes; nothing at all while the clock or the amount is doubtful."""
        now = self._store.now()
        run = partial(retention.purge, store=self._store, keep=self._keep, drift=self._drift(now))
        try:
            gone, files = await self._database.write(run)
        except clock.Stopped as doubtful:
            self.stopped = str(doubtful)
            log.error("nothing is deleted, see `ntswatch check`", extra={"action": "purge", "error": self.stopped})
            await self._database.write(partial(clock.stop, now=now, why=self.stopped))
            return
        self.stopped, self._began = "", self._beginning(now)
        for file in files:
            await self._files.drop(file)
        await asyncio.to_thread(self._files.tidy, self._store.now() - self._keep.half_report)
        if files:
            await self._database.write(partial(retention.forget_files, files=files))
        log.info("purged", extra={"action": "purge", "count": gone})
        self._witness.note(await self._database.read(audit.head))

    def _beginning(self, now: datetime) -> tuple[datetime, float] | None:
        return (now, self._steady()) if self._steady else None

    def _drift(self, now: datetime) -> timedelta:
        """What the clock moved beyond the time that passed, since the last run that was right."""
        if self._began is None or self._steady is None:
            return timedelta(0)
        then, seconds = self._began
        return now - then - timedelta(seconds=self._steady() - seconds)

    async def arrive(self) -> None:
        """Take over from those that died: the one before us on this machine, most likely. Before anything is sent."""
        if self._database.dialect != "postgresql":
            return
        await self._agree()
        self._began = self._beginning(self._store.now())
        dead = await self._database.write(partial(presence.bury, store=self._store, name=self._name))
        if dead:
            log.warning("took over", extra={"action": "arrive", "count": dead})
        await self.beat()

    async def rotate(self) -> None:
        """What lives is under this week's keys, and old keys go; none while the clock is doubtful."""
        now = self._store.now()
        look = partial(clock.doubt, now=now, longest=self._keep.longest_pause, drift=self._drift(now))
        doubtful = await self._database.read(look)
        gone = await rotation.turn(self._database, self._store, sure=not doubtful)
        log.info("keys turned", extra={"action": "rotate", "count": gone})

    async def beat(self) -> None:
        """Be counted, keep to a fair share of the platforms' limits, and free what a frozen process holds."""
        if ended := await self._database.write(presence.cut_off):
            log.warning("a process stood still and was cut off", extra={"action": "beat", "count": ended})
        await self._database.stand(self._name)
        await self._agree()
        self._share(await self._database.write(partial(presence.beat, store=self._store, name=self._name)))

    async def leave(self) -> None:
        """The others need not wait until they miss us."""
        if self._database.dialect != "postgresql":
            return
        try:
            await self._database.write(partial(presence.leave, store=self._store, name=self._name))
        except Exception as bad:
            if not gone(bad):
                raise
            log.warning("left without a word", extra={"action": "leave", "error": type(bad).__name__})

    def stop(self) -> None:
        if self._scheduler and self._scheduler.running:
            self._scheduler.shutdown(wait=False)
