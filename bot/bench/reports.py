"""Whole reports over HTTP: webhook in, eight steps, alert out; ours and a python-telegram-bot's, each a process."""

import asyncio
import itertools
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from bot.bench.peers import MISSING, environment, said, there
from bot.bench.promises import Measured, Pairs
from bot.bench.scene import GROUP, scene
from bot.bench.wire import Caller, serving

PEOPLE = 16  # at once
REPORTS = 96  # a block
ROUNDS = 5
WAIT = 60.0  # seconds for anything; far beyond what any side needs
SECRET = "bench-bench-bench-bench"  # noqa: S105 - opens nothing
NUMBER = re.compile(r"\d{4}-\d{4}")
PORT = re.compile(r"http://[^:]+:(\d+)")
NAMES = ("reports_vs_ptb", "cpu_per_report_vs_ptb", "resident_mb")
STEPS: tuple[dict[str, Any], ...] = (
    {"text": "/start", "entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
    {"press": "a:language:th"},
    {"press": "a:consent:yes"},
    {"press": "a:kind:drugs"},
    {"location": {"latitude": 18.36, "longitude": 103.65}},
    {"press": "a:when:now"},
    {"text": "เห็นเรือไม่เปิดไฟสองลำข้ามมาจากฝั่งโน้น มีคนขนกระสอบลง"},
    {"press": "a:send:ask"},
)


@dataclass
class Side:
    """One bot: its process, its platform, and the residents who talk to it."""

    process: asyncio.subprocess.Process
    port: int
    phone: "Phones"
    chats: Iterator[int] = field(default_factory=lambda: itertools.count(5_000_000))
    updates: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def cpu(self) -> float:
        """Seconds of processor time of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_mb(self) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text("utf-8").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

    async def block(self, reports: int, people: int) -> tuple[float, float]:
        """Reports a second and processor seconds a report, until the last alert arrived."""
        left, wanted = itertools.count(), len(self.phone.alerts) + reports
        cpu, started = self.cpu, monotonic()
        async with asyncio.timeout(WAIT):
            await asyncio.gather(*(self._resident(left, reports) for _ in range(people)))
            await self.phone.alerted(wanted)
        return reports / (monotonic() - started), (self.cpu - cpu) / reports

    async def _resident(self, left: Iterator[int], reports: int) -> None:
        caller = await Caller.to(self.port, SECRET)
        while next(left) < reports:
            chat = next(self.chats)
            for step in STEPS:
                answered = self.phone.expect(chat)
                await caller.post(self._update(chat, step))
                await answered.wait()
        caller.close()

    def _update(self, chat: int, step: dict[str, Any]) -> dict[str, Any]:
        number = next(self.updates)
        who = {"id": chat, "is_bot": False, "first_name": "R", "language_code": "th"}
        message = {"message_id": number, "date": 1_790_000_000, "chat": {"id": chat, "type": "private"}, "from": who}
        if "press" not in step:
            return {"update_id": number, "message": {**message, **step}}
        shown = {**message, "message_id": self.phone.last.get(chat, 1), "text": "?", "from": {**who, "is_bot": True}}
        press = {"id": str(number), "from": who, "chat_instance": "1", "data": step["press"], "message": shown}
        return {"update_id": number, "callback_query": press}


@dataclass
class Phones:
    """What the platform shows: who was answered, and which reports the officers' group has seen."""

    waiting: dict[int, asyncio.Event] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    alerts: set[str] = field(default_factory=set)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def alerted(self, wanted: int) -> None:
        """Until the group has seen so many reports."""
        while len(self.alerts) < wanted:
            self.arrived.clear()
            await self.arrived.wait()

    def expect(self, chat: int) -> asyncio.Event:
        return self.waiting.setdefault(chat, asyncio.Event())

    def heard(self, method: str, fields: dict[str, Any], number: int) -> None:
        if method == "setWebhook":
            self.ready.set()
        if not number:
            return
        chat = int(fields["chat_id"])
        if str(chat) == GROUP.chat:
            self.alerts.update(NUMBER.findall(fields["text"]))
            self.arrived.set()
            return
        self.last[chat] = number
        waiting = self.waiting.pop(chat, None)
        if waiting:
            waiting.set()


def measure(folder: Path, *, full: bool = False) -> Measured:
    if not there("ptb"):
        return Measured(skipped=dict.fromkeys(NAMES, MISSING))
    if not Path("/proc/self/stat").exists():
        return Measured(skipped=dict.fromkeys(NAMES, "processor time of a process is read from /proc"))
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> Measured:
    rates, costs = Pairs(), Pairs()
    async with our_side(folder) as ours, their_side(folder) as theirs:
        for side in (ours, theirs):
            await side.block(PEOPLE * 2, PEOPLE)
        for _ in range(ROUNDS):
            rate, cost = await ours.block(REPORTS, PEOPLE)
            their_rate, their_cost = await theirs.block(REPORTS, PEOPLE)
            rates.put(rate, their_rate)
            costs.put(cost * 1e3, their_cost * 1e3)
        memory, theirs_memory = ours.resident_mb, theirs.resident_mb
    ratios = {"reports_vs_ptb": rates.ratio, "cpu_per_report_vs_ptb": costs.ratio, "resident_mb": memory}
    raw = {**rates.raw("reports", "per_s"), **costs.raw("cpu_per_report", "ms"), "resident_peer_mb": theirs_memory}
    return Measured(ratios, raw)


@asynccontextmanager
async def our_side(folder: Path) -> AsyncIterator[Side]:
    url = f"sqlite+aiosqlite:///{folder}/ours.db"
    async with scene(url, folder):
        pass  # the group is linked now
    told = {
        "NTSWATCH_DATABASE__URL": url,
        "NTSWATCH_SEAL__KEYSTORE": str(folder / "keys"),
        "NTSWATCH_MEDIA__FOLDER": str(folder / "media"),
        "NTSWATCH_SERVER__PORT": "0",
        "NTSWATCH_SERVER__PUBLIC_URL": "https://bench.example",
        "NTSWATCH_TELEGRAM__TOKEN": "4242:bench",
        "NTSWATCH_TELEGRAM__MODE": "webhook",
        "NTSWATCH_TELEGRAM__SECRET_TOKEN": SECRET,
        "NTSWATCH_LIMITS__ALERT_DELAY_MINUTES": "0",
        # The platform's limits are not what is measured; the peer keeps to none.
        "NTSWATCH_LIMITS__TELEGRAM_ALL_PER_SECOND": "100000",
        "NTSWATCH_LIMITS__TELEGRAM_CHAT_PER_SECOND": "1000",
        "NTSWATCH_LIMITS__TELEGRAM_CHAT_BURST": "1000",
        "NTSWATCH_LIMITS__TELEGRAM_GROUP_PER_MINUTE": "60000",
    }
    async with _side(folder, ("-m", "bot", "run", "--log", "ERROR"), "NTSWATCH_TELEGRAM__BASE_URL", told) as side:
        yield side


@asynccontextmanager
async def their_side(folder: Path) -> AsyncIterator[Side]:
    command = ("-m", "benchmarks.ptb", str(folder / "ptb.pickle"), GROUP.chat)
    async with _side(folder, command, "PTB_BASE_URL", {}) as side:
        yield side


@asynccontextmanager
async def _side(folder: Path, command: tuple[str, ...], base: str, told: dict[str, str]) -> AsyncIterator[Side]:
    async with _started(folder, command, base, told):
        pass  # whatever was never imported is compiled now: it costs a process memory that no later one has
    async with _started(folder, command, base, told) as side:
        yield side


@asynccontextmanager
async def _started(folder: Path, command: tuple[str, ...], base: str, told: dict[str, str]) -> AsyncIterator[Side]:
    phones = Phones()
    async with serving(phones.heard) as platform:
        environ = environment(folder, {**told, base: f"http://127.0.0.1:{platform}/bot"})
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, cwd=folder, env=environ, stdout=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(WAIT):
                port = await listening(process)
                await phones.ready.wait()
            yield Side(process, port, phones)
        finally:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def listening(process: asyncio.subprocess.Process) -> int:
    """The port a started bot says it listens on. Raises RuntimeError when it ends without a word."""
    async for line in said(process):
        if found := PORT.search(line.decode()):
            return int(found[1])
    raise RuntimeError(f"the bot ended with {await process.wait()}")
