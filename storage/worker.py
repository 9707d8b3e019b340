"""A thread of our own that does one thing after the other."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Worker:
    """What an executor of one thread does, for half of its price: a turn alone is mostly hops."""

    def __init__(self, name: str) -> None:
        self._todo: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._name = name

    async def do(self, work: Callable[..., T], *args: Any) -> T:
        """Run `work` in the thread; what it returns or raises is this call's."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            settle: Callable[[], None]
            try:
                settle = partial(done.set_result, work(*args))
            except BaseException as bad:  # it belongs to whoever waits for it
                settle = partial(done.set_exception, bad)
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(lambda: None if done.done() else settle())

        self._todo.put(run)
        return await done

    def _run(self) -> None:
        while run := self._todo.get():
            run()

    def close(self) -> None:
        """Finish what is begun and end the thread."""
        self._todo.put(None)
        if self._thread is not None:
            self._thread.join()
