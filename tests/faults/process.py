"""The bot as a process of its own, started from a config file, and what can be done to it."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRON = {"PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"}
START_SECONDS = 60.0  # two cores and other tests beside; it takes two


@dataclass
class Bot:
    """`how` is empty for the product itself, or names a broken build of tests.faults.broken."""

    config: Path
    how: str = ""
    wrap: Sequence[str] = ()
    url: str = ""
    process: asyncio.subprocess.Process | None = None
    kills: int = field(default=0)

    async def start(self) -> None:
        module = ["tests.faults.broken", self.how] if self.how else ["bot", "run"]
        command = [*self.wrap, sys.executable, "-m", *module, "--config", str(self.config), "--log", "ERROR"]
        log = (self.config.parent / "bot.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=log, cwd=ROOT, env=ENVIRON
        )
        log.close()
        assert self.process.stdout
        async with asyncio.timeout(START_SECONDS):
            line = (await self.process.stdout.readline()).decode()
        assert line.startswith("Listening on "), (self.config.parent / "bot.log").read_text()[-2000:]
        self.url = line.split()[-1].rstrip("/")

    async def kill(self) -> None:
        """kill -9: nothing is finished, nothing is said."""
        assert self.process
        self.url = ""
        self.process.kill()
        await self.process.wait()
        self.kills += 1

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()

    async def end(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
