"""schemathesis against a whole bot on loopback: no answer of 500 and above, safety headers on every one."""

import asyncio
import logging
import os
import sys
import tempfile
from pathlib import Path

from sqlalchemy import func, select

from storage.core import QUARANTINE
from tests.house import House

HERE = Path(__file__).parent
CHECKS = "not_a_server_error,carries_safety_headers,says_nothing_of_inside"


async def attack(seconds: int, seed: int) -> int:
    """Its exit status; what it counts goes to standard output."""
    with tempfile.TemporaryDirectory() as folder:
        async with House(Path(folder)) as house:
            told = [
                f"--url={house.url}",
                f"--checks={CHECKS}",
                f"--seed={seed}",
                f"--max-time={seconds}",
                "--max-examples=100000",
                "--phases=examples,coverage,fuzzing",
                "--continue-on-failure",
                "--warnings=off",
                "--no-color",
                "--request-timeout=20",
                "--suppress-health-check=all",
            ]
            running = await asyncio.create_subprocess_exec(
                Path(sys.executable).with_name("schemathesis"),
                "run",
                HERE / "openapi.yaml",
                *told,
                env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": "."},
            )
            status = await running.wait()
            aside = await house.app.database.read(
                lambda c: c.execute(select(func.count()).select_from(QUARANTINE)).scalar()
            )
            code, _ = await house.get("/readyz")
            print(f"set aside: {aside}; ready afterwards: {code == 200}", flush=True)
            return status or int(code != 200)


def main() -> None:
    """`python -m tests.fuzz.surface SECONDS SEED`"""
    logging.disable(logging.ERROR)  # a line for every update that nobody can read
    sys.exit(asyncio.run(attack(int(sys.argv[1]), int(sys.argv[2]))))


if __name__ == "__main__":
    main()
