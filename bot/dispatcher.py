"""Drains the outbox: oldest first in every chat, paced per channel and per chat; a dead chat blocks nobody."""

import asyncio
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from bot import folding, resuming
from bot.attachments import Attachments
from bot.channels import Channel, Outgoing, SendError, Spent
from bot.gauge import Gauge
from bot.pace import Pacer
from bot.turns import Unavailable
from bot.turnstile import Turnstile
from handlers import contact
from handlers.events import Address, Fate, Incoming, Outcome, Tick
from handlers.translating import about
from storage import outbox
from storage.database import Database, gone
from storage.outbox import Row, chat_of
from storage.store import Store

if TYPE_CHECKING:  # imported where one is set up: it brings aiohttp
    from bot.translating import Translator

log = logging.getLogger(__name__)
AT_ONCE = 64  # sends under way; the platforms answer within a second, so this is far beyond their limits
GIVE_UP = timedelta(hours=24)  # LINE forgets a retry key after a day, and an alert of yesterday is in the digest
# Another process may have died after its commit and before its send, and nothing wakes us for what it left.
OTHERS_SECONDS = 5.0
AGAIN = 30.0  # seconds until a message for a channel that is off is looked at again
FEW = 10  # tries; with fewer the day did not pass, the clock jumped
FIRST_RETRY, LONGEST_RETRY = 1.0, 300.0  # seconds, doubled with full jitter in between
# Seconds after the event: until then a reply token may be asked whether it was used, and its refusal means that it was.
# LINE takes one for a minute, and a request takes 8 seconds at most.
ASK_SECONDS, KNOWN_SECONDS = 50, 58
# Of a claim: a request that begins later may end when the row is another process's already. Whoever was frozen for so
# long, or waits for a database, leaves it to them.
OURS = outbox.LEASE.total_seconds() - 10
QUOTA = "quota"  # what a SendError says when the month's messages are used up
KEYS = uuid.UUID("b9d5f0a2-3f0e-4c51-8d0e-5b1f3c6a7e21")


class Waits(Exception):
    """It is not pushed now (`bot.gauge`); `why` is news or quota."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Dispatcher:
    """Sends what is due and reports each outcome as an event, through the same Turns as everything else."""

    def __init__(
        self,
        database: Database,
        store: Store,
        channels: Mapping[str, Channel],
        attachments: Attachments,
        handle: Callable[[Sequence[Incoming]], Awaitable[None]],
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = monotonic,
        jitter: Callable[[], float] = random.random,
        name: str = "",
        gauge: Gauge | None = None,
        translator: "Translator | None" = None,
    ) -> None:
        self._database, self._store, self._channels, self._handle = database, store, channels, handle
        self._translator = translator
        self._gauge, self._priced = gauge, gauge.name if gauge else ""
        self._attachments, self._now, self._clock, self._jitter = attachments, now, clock, jitter
        self._pacers = {name: Pacer(channel.pace) for name, channel in channels.items()}
        self._turnstiles = {name: Turnstile(channel.pace.apart) for name, channel in channels.items()}
        self._written = asyncio.Event()  # cleared while the database takes nothing: whatever left would be in doubt
        self._written.set()
        self._wake = asyncio.Event()
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._lanes: set[str] = set()
        self._ours: set[str] = set()  # chats in which this process dealt with the oldest that it found at its start
        self._closing = False
        self._began, self._name = now(), name  # of this process, which tells its claims from others'
        self.sent = 0
        self.failed = 0
        self.denied: set[str] = set()  # channels whose platform does not take our token

    def wake(self) -> None:
        self._wake.set()

    def share(self, processes: int) -> None:
        """Leave room for the other processes of the same accounts."""
        for pacer in self._pacers.values():
            pacer.share(processes)

    async def run(self) -> None:
        """Until cancelled. What is under way is finished by `close`."""
        while True:
            self._wake.clear()
            try:
                pause = await self.sweep()
            except Exception as down:  # whatever it is: who stopped here would answer nobody any more
                log.error("outbox not readable", extra={"action": "sweep", "error": type(down).__name__})
                pause = FIRST_RETRY
            if self._database.dialect == "postgresql":
                pause = OTHERS_SECONDS if pause is None else min(pause, OTHERS_SECONDS)
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def sweep(self) -> float | None:
        """Start what may leave now; seconds until something may leave again, None when nothing waits."""
        room = AT_ONCE - len(self._sending)
        if room <= 0:
            return None
        asked = self._clock()
        rows, later = await self._due(room)
        if self._gauge and any(row.channel == self._priced for row in rows):
            await self._gauge.fresh()
        waits = [max(0.0, (later - self._now()).total_seconds())] if later else []
        held: list[tuple[Row, datetime]] = []
        for row in rows:
            wait = self._wait(row) if row.channel in self._channels else AGAIN
            if wait > 0 or room <= 0:
                waits.append(wait)
                held.append((row, self._now() + timedelta(seconds=wait)))
                continue
            self._start(row, asked)
            room -= 1
        if held and self._database.dialect == "postgresql":  # claimed and not sent: anybody may have them then
            await self._database.write(partial(outbox.put_back, rows=held))
        return min(waits, default=None)

    async def _due(self, most: int) -> tuple[list[Row], datetime | None]:
        most, busy = max(most, AT_ONCE) * 2, tuple(self._lanes)
        work = partial(outbox.due, store=self._store, now=self._now(), most=most, busy=busy, process=self._name)
        return await (
            self._database.write(work) if self._database.dialect == "postgresql" else self._database.look(work)
        )

    def _wait(self, row: Row) -> float:
        if row.kind != "say":
            return 0.0
        return self._pacers[row.channel].wait(
            chat_of(row.lane), self._channels[row.channel].is_group(row.chat), self._clock()
        )

    def _start(self, row: Row, since: float) -> None:
        if row.kind == "say":
            self._pacers[row.channel].take(
                chat_of(row.lane), self._channels[row.channel].is_group(row.chat), self._clock()
            )
        self._lanes.add(row.lane)
        self._sending[row.id] = asyncio.create_task(self._deliver(row, since))

    async def _deliver(self, row: Row, since: float) -> None:
        """Send it, if it is still ours then; `since`: the clock's time of its claim."""
        try:
            row = await self._carrying(await self._folded(row))
            async with self._turnstiles[row.channel].passing(row.lane) as answered:
                await self._written.wait()
                if self._closing or self._lapsed(since):
                    return
                tried = await self._try(row)
                answered()
                outcome = resuming.given_up(row, tried, self._now())
                await self._write_down([*resuming.resumed(row, outcome), self._event(row, outcome)])
                if self._gauge and (outcome.cost or outcome.fate is Fate.WAITS):
                    self._gauge.stale()
                if row.made < self._began:
                    self._ours.add(row.lane)
        except Exception as bad:  # before it could be tried: the database, or a fault of ours. It is still there.
            log.error("not dealt with", extra={"action": row.kind, "row": row.id, "error": type(bad).__name__})
            await asyncio.sleep(FIRST_RETRY)
        finally:
            self._lanes.discard(row.lane)
            self._sending.pop(row.id, None)
            self.wake()

    def _lapsed(self, since: float) -> bool:
        return self._database.dialect == "postgresql" and self._clock() - since > OURS

    async def _folded(self, row: Row) -> Row:
        """The row with the alerts behind it that its group's pace would keep waiting, written down before it is sent.

        A row that may have left stays as it is: a platform that knows it again by its key takes nothing more with it.
        """
        group = self._channels[row.channel].is_group(row.chat)
        if not group or row.attempts or not folding.is_alert(row) or self._in_doubt(row):
            return row
        if self._held(row):  # each falls to another chat by itself
            return row
        room = self._pacers[row.channel].room(chat_of(row.lane), group, self._clock())
        if row.waiting <= room + 1:
            return row
        behind = partial(outbox.behind, store=self._store, first=row, now=self._now(), most=folding.MOST)
        try:
            waiting = await self._database.look(behind)
            rest = folding.together(row, waiting) if len(waiting) > room else []
            if not rest:
                return row
            one = folding.fold([row, *rest])
            await self._database.write(partial(outbox.merge, store=self._store, into=one, rest=rest))
        except Exception as bad:
            if not gone(bad):
                raise
            return row  # each by itself, then
        return one

    async def _carrying(self, row: Row) -> Row:
        """The row with what waited for something to leave to its chat."""
        if self._gauge is None or row.channel != self._priced or self._in_doubt(row):
            return row
        return row if self._held(row) and not self._fresh_token(row) else await self._gauge.carry(row)

    def _held(self, row: Row) -> str:
        """Why a push of this row has to wait; one that may have left already is asked for again."""
        if self._gauge is None or row.channel != self._priced or self._in_doubt(row):
            return ""
        return self._gauge.holds(row)

    def _fresh_token(self, row: Row) -> bool:
        payload = row.payload or {}
        return bool(payload.get("token")) and row.way != "push" and self._age(payload) < outbox.REPLY_SECONDS

    def _event(self, row: Row, outcome: Outcome) -> Incoming:
        """The outcome of a try as an event, like everything else."""
        return Incoming(
            id=f"{row.id}:{row.attempts}",
            at=self._now(),
            chat=Address(row.channel, row.chat),
            sender="",
            body=outcome,
            group=self._channels[row.channel].is_group(row.chat),
        )

    async def _write_down(self, events: Sequence[Incoming]) -> None:
        """Until it stands: a row that left and is still there would be sent twice, and Telegram knows no retry key."""
        while True:
            try:
                await self._handle(events)
            except Unavailable:
                self._written.clear()
                await asyncio.sleep(FIRST_RETRY)
            else:
                self._written.set()
                return

    async def _try(self, row: Row) -> Outcome:
        if row.payload is None or not (row.chat or row.kind == "fetch"):
            return Outcome(row.id, Fate.DEAD, why="address or key gone")
        card = int(row.payload.get("card", 0))
        if row.rule and (kept := self._kept(row)):
            return kept
        try:
            message, result, cost = await self._send(row, row.payload)
        except Waits as wait:
            return Outcome(row.id, Fate.WAITS, why=wait.why, card=card)
        except SendError as bad:
            self.failed += 1
            if bad.denied and row.channel not in self.denied:
                await self.deny(row.channel)
            return self._failed(row, bad, card)
        except Exception as bad:  # a fault of ours: without an outcome the row would be tried again at once, for ever
            self.failed += 1
            strange = SendError(type(bad).__name__, FIRST_RETRY)
            strange.unsure = True
            return self._failed(row, strange, card)
        self.sent += 1
        self.denied.discard(row.channel)
        asks = int(row.payload.get("asks", 0))
        return Outcome(row.id, Fate.SENT, message=message, card=card, result=result, cost=cost, asks=asks)

    def _kept(self, row: Row) -> Outcome | None:
        """The reporter's own rule about being written to first; None: it may leave now."""
        now = self._now()
        at = contact.allowed(row.rule, now, self._store.rules.zone)
        if at is None:
            fate = Fate.HELD if row.rule == contact.AFTER else Fate.DROPPED
            return Outcome(row.id, fate, why=row.rule)
        return Outcome(row.id, Fate.LATER, due=at, why="wait quiet") if at > now else None

    async def _send(self, row: Row, payload: Mapping[str, Any]) -> tuple[str, Mapping[str, str], int]:
        """Its id, what it brought, and for how many people the platform charges."""
        channel = self._channels[row.channel]
        match row.kind:
            case "fetch":
                return "", await self._attachments.bring(channel, payload), 0
            case "translate":
                return "", await self._translated(payload), 0
            case "menu":
                await channel.speak(row.chat, payload["language"], payload.get("rank", ""))
                return "", {}, 0
            case resuming.CHECK:
                return resuming.word(await channel.member(row.chat, resuming.person(row))), {}, 0
            case "erase":
                await channel.erase(row.chat, payload["messages"])
                return "", {}, 0
            case "leave":
                chat, ours = Address(row.channel, row.chat), self._store.directory
                if chat not in ours.groups and chat not in ours.asked:
                    await channel.leave(row.chat)
                return "", {}, 0
        parts = await self._attachments.prepare(row.channel, payload["parts"])
        out = Outgoing(row.chat, parts, str(uuid.uuid5(KEYS, str(row.id))))
        message, cost = await self._say(channel, row, payload, out)
        return message, {}, cost

    async def _translated(self, payload: Mapping[str, Any]) -> Mapping[str, str]:
        if self._translator is None:  # switched off since it was asked
            raise SendError("translation off", None)
        return await self._translator.translate(payload)

    async def _say(self, channel: Channel, row: Row, payload: Mapping[str, Any], out: Outgoing) -> tuple[str, int]:
        """By its reply token while that is fresh, then by push, which the platform knows again by its key.

        Who takes a row over has to use what was used before, or it comes twice: the token, until it is written down
        that it is pushed.
        """
        token, again = payload.get("token", ""), self._in_doubt(row)
        if token and row.way != "push":
            age = self._age(payload)
            if age < (ASK_SECONDS if again else outbox.REPLY_SECONDS):
                try:
                    return await channel.send(replace(out, reply_token=token, again=again)), 0
                except Spent:
                    if again and self._age(payload) < KNOWN_SECONDS:
                        return "", 0
            if age < ASK_SECONDS:  # later nobody asks
                await self._database.write(partial(outbox.pushed, row=row.id))
        if self._gauge is None or row.channel != self._priced:
            return await channel.send(out), 0
        return await self._push(self._gauge, channel, row, out)

    async def _push(self, gauge: Gauge, channel: Channel, row: Row, out: Outgoing) -> tuple[str, int]:
        """A push that is charged for, and what it cost. Raises Waits."""
        if why := self._held(row):
            raise Waits(why)
        try:
            message = await channel.send(out)
        except SendError as bad:
            if bad.why != QUOTA:
                raise
            raise Waits(await gauge.refused(row)) from bad
        return message, await gauge.cost(row)

    def _age(self, payload: Mapping[str, Any]) -> float:
        """Seconds since the event whose reply token this is."""
        return float(self._now().timestamp() - payload["until"] + outbox.REPLY_SECONDS)

    def _in_doubt(self, row: Row) -> bool:
        """Whether it may have been sent already. SQLite does not say who tried what: there, the oldest of a chat, if it
        is older than this process."""
        if row.way == "any":
            return True
        if self._database.dialect == "postgresql":
            return bool(row.claimed)
        return row.made < self._began and row.lane not in self._ours

    async def deny(self, channel: str) -> None:
        """The token was revoked or changed while we run: said once a day by the other channels."""
        self.denied.add(channel)
        log.error("the platform refuses the token", extra={"action": "token", "channel": channel})
        now = self._now()
        tick = Tick("denied", {"channel": channel})
        await self._write_down([Incoming(f"denied:{now:%Y-%m-%d}", now, Address(channel, "token"), "", tick)])

    def _failed(self, row: Row, bad: SendError, card: int) -> Outcome:
        """What to do next, as the error says; after a day nothing any more."""
        now, unsure = self._now(), bad.unsure or self._in_doubt(row)
        log.warning("not sent", extra={"action": row.kind, "row": row.id, "channel": row.channel, "error": bad.why})
        if row.kind == "translate" and row.payload:
            return untranslated(row, row.payload, bad, now)
        if bad.moved_to:
            ours = Address(row.channel, row.chat) in self._store.directory.groups
            fate = Fate.LATER if ours else Fate.DEAD  # nobody moves a chat that is not ours, so it would never end
            return Outcome(row.id, fate, due=now, why="wait moved", moved_to=bad.moved_to)
        if bad.retry_after is None or (now - row.made > GIVE_UP and (row.attempts >= FEW or not bad.charged)):
            other = row.payload.get("otherwise", {}) if row.payload else {}
            lost = {"file": row.payload["file"], "state": "missing"} if row.kind == "fetch" and row.payload else {}
            return Outcome(row.id, Fate.DEAD, why=bad.why, gone=bad.gone, card=card, otherwise=other, result=lost)
        if bad.whole_channel:
            self._pacers[row.channel].hold(bad.retry_after, self._clock())
        if not bad.charged:
            due = now + timedelta(seconds=bad.retry_after * (1 + 0.1 * self._jitter()))
            return Outcome(row.id, Fate.LATER, due=due, why=f"wait {bad.why}"[:80], unsure=unsure)
        longest = min(LONGEST_RETRY, max(bad.retry_after, FIRST_RETRY * 2**row.attempts))
        due = now + timedelta(seconds=bad.retry_after / 2 + longest * self._jitter())
        return Outcome(row.id, Fate.LATER, due=due, why=bad.why[:80], unsure=unsure)

    @property
    def busy(self) -> bool:
        return bool(self._sending)

    async def close(self) -> None:
        """Finish what is on its way; what has not left stays in the outbox."""
        self._closing = True
        await self.settle()

    async def settle(self) -> None:
        """Wait for what is under way."""
        while self._sending:
            await asyncio.gather(*self._sending.values(), return_exceptions=True)


def untranslated(row: Row, payload: Mapping[str, Any], bad: SendError, now: datetime) -> Outcome:
    """An officer waits: one more try, then a word to them; and nothing of it lies among the dead letters."""
    if bad.retry_after is not None and not row.attempts:
        return Outcome(row.id, Fate.LATER, due=now + timedelta(seconds=bad.retry_after), why=bad.why)
    state = "declined" if bad.retry_after is None else "away"
    return Outcome(row.id, Fate.DROPPED, why=bad.why, result={**about(payload), "state": state})
