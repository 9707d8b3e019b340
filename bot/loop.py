"""The event loop of a process that serves."""

import asyncio
import gc
import importlib
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

# A batch of 256 turns makes many objects and hardly a cycle. At Python's 700 the collector looks at them, and at
# all the libraries, several times a batch: a tenth of a turn's time.
YOUNG = 50_000


def seldom() -> None:
    """Have the collector look seldom; while libraries are imported, they are all it would find, again and again."""
    gc.set_threshold(YOUNG, 20, 20)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run until `main` ends: on uvloop where there is one, with a collector that leaves alone what stays for ever."""
    seldom()
    gc.freeze()
    with asyncio.Runner(loop_factory=_factory()) as runner:
        return runner.run(main)


def leave(code: int) -> NoReturn:
    """End the process with this exit code at once. For who has put away what is to be kept: Python would wait for
    threads that still import a library for nobody, and take every module apart."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        made: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    except ImportError:  # Windows has none
        return None
    return made
