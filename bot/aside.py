"""Work in a process of its own: it has no secrets of ours, gives its memory back, and whoever stops waiting ends it."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent  # of a checkout, or site-packages: where `bot` is found


class Crashed(Exception):
    """It could not be started, or ended with an error."""


async def aside(module: str, *arguments: str, given: bytes) -> bytes:
    """What `python -m module arguments` writes when it is given this. Raises Crashed.

    Without our environment, where the tokens are; in a session of its own, so that it ends with what it started.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-E", "-s", "-m", module, *arguments),
            cwd=ROOT,
            env={},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as bad:
        raise Crashed from bad
    try:
        out, _ = await child.communicate(given)
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    if child.returncode:
        raise Crashed
    return out
