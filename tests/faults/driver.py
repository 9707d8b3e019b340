"""Residents who send whole reports, each event again and again until it is answered 200, as the platforms do."""

import asyncio
import json
import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp

from bot.dispatcher import ASK_SECONDS
from tests.doubles.line import Call, FakeLine
from tests.doubles.telegram import TelegramDouble
from tests.faults.process import Bot
from tests.house import PIN, SECRET

Step = str | tuple[float, float]
FIRST = ("/start", "a:language:en", "a:consent:yes")
AGAIN = ("/start",)
REPORT: tuple[Step, ...] = ("a:kind:drugs", PIN, "a:when:now", "", "a:send:ask")
PATIENCE = 0.05  # seconds before an event that was not answered 200 is delivered again
SETTLED = 0.1  # seconds: what was in the sockets of a process that was killed has been read by the doubles
STRANGE = 1_000_000  # above the numbers that the double gives its messages
TWICE = 0.05  # of the events are delivered twice although they were answered: platforms do that


@dataclass
class Ledger:
    """What was answered 200: the promises that the checker holds the bot to."""

    acknowledged: int = 0
    refused: int = 0
    reports: dict[str, list[str]] = field(default_factory=dict)  # chat -> words of its finished reports
    slowest: float = 0.0


def words(chat: str, number: int) -> str:
    """What tells one report from every other."""
    return f"report {number} of {chat}"


def steps(chat: str, number: int) -> Iterator[Step]:
    yield from FIRST if number == 0 else AGAIN
    for step in REPORT:
        yield step or words(chat, number)


@dataclass
class Resident:
    """One person on one channel. `think` is the longest pause between two messages, in seconds."""

    chat: str
    bot: Bot
    http: aiohttp.ClientSession
    ledger: Ledger
    dice: random.Random
    line: FakeLine | None = None
    think: float = 0.25
    twice: float = TWICE
    done: int = 0
    last: int = 0

    async def live(self, enough: asyncio.Event) -> None:
        """Report after report; the one that was begun when it is enough is finished."""
        while not enough.is_set():
            await self.report()

    async def report(self) -> None:
        for step in steps(self.chat, self.done):
            await self.send(step)
            await asyncio.sleep(self.dice.random() * self.think)
        self.ledger.reports.setdefault(self.chat, []).append(words(self.chat, self.done))
        self.done += 1

    async def send(self, step: Step) -> None:
        path, body, headers = self.on_line(step) if self.line else self.on_telegram(step)
        while not await self.deliver(path, body, headers):
            self.ledger.refused += 1
            await asyncio.sleep(PATIENCE)
        self.ledger.acknowledged += 1
        if self.dice.random() < self.twice:
            await self.deliver(path, body, headers)

    async def deliver(self, path: str, body: bytes, headers: Mapping[str, str]) -> bool:
        if not self.bot.url:
            return False
        asked = asyncio.get_running_loop().time()
        try:
            async with self.http.post(self.bot.url + path, data=body, headers=headers) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        finally:
            self.ledger.slowest = max(self.ledger.slowest, asyncio.get_running_loop().time() - asked)

    def on_line(self, step: Step) -> tuple[str, bytes, Mapping[str, str]]:
        assert self.line
        match step:
            case (latitude, longitude):
                pin = {"id": f"{self.dice.getrandbits(60)}", "type": "location"}
                event = self.line.event(
                    "message", self.chat, message=pin | {"latitude": latitude, "longitude": longitude}
                )
            case str() if step.startswith("a:"):
                event = self.line.event("postback", self.chat, postback={"data": step})
            case _:
                event = self.line.says(self.chat, str(step))
        return "/line", *self.line.webhook(event)

    def on_telegram(self, step: Step) -> tuple[str, bytes, Mapping[str, str]]:
        """`message_id` of a pressed button is none that the double knows: what would be edited is sent anew."""
        self.last += 1
        chat = {"id": int(self.chat), "type": "private"}
        sender = {"id": int(self.chat), "is_bot": False, "first_name": "x"}
        message = {"message_id": STRANGE + self.last, "date": 0, "chat": chat, "from": sender}
        update: dict[str, Any] = {"update_id": int(self.chat) * 100_000 + self.last}
        match step:
            case (latitude, longitude):
                update["message"] = message | {"location": {"latitude": latitude, "longitude": longitude}}
            case str() if step.startswith("a:"):
                press = {"id": f"{self.chat}-{self.last}", "from": sender, "data": step, "chat_instance": "1"}
                update["callback_query"] = press | {"message": message}
            case _:
                update["message"] = message | {"text": step}
        return "/telegram", json.dumps(update).encode(), {"X-Telegram-Bot-Api-Secret-Token": SECRET}


@dataclass
class Town:
    """Residents of both channels, the doubles they write through, and the bot that is broken."""

    bot: Bot
    telegram: TelegramDouble
    line: FakeLine
    http: aiohttp.ClientSession
    seed: int
    ledger: Ledger = field(default_factory=Ledger)
    sent_at_kills: list[int] = field(default_factory=list)
    killed_at: list[datetime] = field(default_factory=list)
    seconds_at_kills: list[float] = field(default_factory=list)  # of the loop's clock
    residents: list[Resident] = field(default_factory=list)

    def settle(self, each: int) -> None:
        """So many residents on each channel; the first of both never meets a fault: they are the witnesses."""
        for n in range(each):
            self.residents.append(self.resident(str(5000 + n), None))
            self.residents.append(self.resident(f"U{n:032x}", self.line))

    def resident(self, chat: str, line: FakeLine | None) -> Resident:
        return Resident(chat, self.bot, self.http, self.ledger, random.Random(f"{self.seed} {chat}"), line)

    @property
    def witnesses(self) -> list[Resident]:
        return self.residents[:2]

    async def kill(self) -> None:
        await self.bot.kill()
        await self.cut_short()

    async def cut_short(self) -> None:
        """A process does nothing more from now on: a note of what Telegram had been sent by then."""
        await asyncio.sleep(SETTLED)
        self.sent_at_kills.append(len(self.telegram.messages))
        self.seconds_at_kills.append(asyncio.get_running_loop().time() - SETTLED)
        self.killed_at.append(self.line.now())

    def heard(self, chat: str) -> list[str]:
        """What a chat was shown, in order."""
        if chat.lstrip("-").isdecimal():
            return [m.get("text", "") for (to, _), m in self.telegram.messages.items() if to == int(chat)]
        return self.line.texts(chat)

    def between(self, chat: str, place: int) -> list[Call]:
        """The requests to LINE from the one that brought the message at this place of what a chat heard to the one that
        brought the next."""
        numbers = [n for n, (to, _) in enumerate(self.line.delivered) if to == chat][place : place + 2]
        first, last = (next(i for i, c in enumerate(self.line.calls) if n in c.shown) for n in numbers)
        return [call for call in self.line.calls[first : last + 1] if self._to(call) == chat]

    def too_late(self, chat: str, place: int) -> bool:
        """Whether what came again on LINE was a reply once, its process was killed, and no other could send before its
        token was too old to be asked."""
        first, *_, last = self.between(chat, place)
        killed = bisect_right(self.killed_at, first.at) < bisect_right(self.killed_at, last.at)
        return killed and "replyToken" in first.body and self._age(first, last.at) >= ASK_SECONDS

    def tries(self, chat: str, place: int) -> list[str]:
        """How what came twice on LINE got there: each request with its time, the life it was made in, its way and the
        answer."""
        told = [f"{chat}: {self.heard(chat)[place][:60]!r}"]
        for call in self.between(chat, place):
            way = (
                f"reply, {self._age(call, call.at):.1f} s old" if "replyToken" in call.body else f"push {call.key[:8]}"
            )
            life = bisect_right(self.killed_at, call.at)
            told.append(f"  {call.at:%H:%M:%S.%f} in life {life}: {way}: {call.status}")
        return told

    def _to(self, call: Call) -> str:
        body = call.body if isinstance(call.body, dict) else {}
        token = body.get("replyToken", "")
        return self.line.given[token][0] if token else str(body.get("to", ""))

    def _age(self, reply: Call, at: datetime) -> float:
        """Seconds since the event whose token a reply carried."""
        return (at - self.line.given[reply.body["replyToken"]][1]).total_seconds()

    def twice_after(self, kill: int, chat: str, place: int) -> str:
        """How long before a kill that message came to Telegram which came again after it."""
        sent = [came for (to, _), came in self.telegram.came.items() if to == int(chat)][place]
        return f"Telegram, kill {kill}: a message to {chat} came {self.seconds_at_kills[kill] - sent:.3f} s before it"

    def killed_after(self, chat: str, place: int) -> int:
        """Which kill ended the process that sent a chat the message at this place of what it heard on Telegram."""
        numbers = [n for n, (to, _) in enumerate(self.telegram.messages) if to == int(chat)]
        return bisect_right(self.sent_at_kills, numbers[place])
