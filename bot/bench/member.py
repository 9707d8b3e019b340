"""One process of several on one PostgreSQL: takes turns when it is told to, and says how many it took."""

import sys
from pathlib import Path

from bot import loop
from bot.bench.durable import step_times
from bot.bench.scene import STEPS, Crowd, scene
from storage.worker import Worker

APART = 100_000_000  # chats and events of two processes are never the same


async def take_turns(url: str, folder: Path, number: int, people: int) -> None:
    """For every number of reports a person that comes in, so many of so many people; then how many turns it was."""
    crowd, asked = Crowd.apart(number * APART), Worker("stdin")
    async with scene(url, folder) as app:
        print("ready", flush=True)
        while line := await asked.do(sys.stdin.readline):
            for _ in range(int(line)):
                await step_times(app, crowd, people)
            print(int(line) * people * len(STEPS), flush=True)
    asked.close()


if __name__ == "__main__":
    url, folder, number, people = sys.argv[1:]
    loop.run(take_turns(url, Path(folder), int(number), int(people)))
