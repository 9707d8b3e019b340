"""A worker: one thing after the other, and every call gets its own end."""

import asyncio
import threading

import pytest

from storage.worker import Worker


async def test_work_is_done_in_order_in_one_thread() -> None:
    worker, seen = Worker("w"), list[tuple[int, int]]()
    await asyncio.gather(*(worker.do(lambda n=n: seen.append((n, threading.get_ident()))) for n in range(50)))
    assert [n for n, _ in seen] == list(range(50))
    assert len({thread for _, thread in seen} | {threading.get_ident()}) == 2
    worker.close()


async def test_what_fails_fails_for_its_caller_alone() -> None:
    worker = Worker("w")
    ended = await asyncio.gather(worker.do(int, "1"), worker.do(int, "x"), worker.do(int, "3"), return_exceptions=True)
    assert (ended[0], ended[2]) == (1, 3)
    assert isinstance(ended[1], ValueError)
    worker.close()


async def test_who_gives_up_waiting_leaves_the_work_and_the_next_one_alone() -> None:
    worker, begun, go_on = Worker("w"), threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(5)

    first = asyncio.create_task(worker.do(slow))
    await asyncio.to_thread(begun.wait, 5)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    go_on.set()
    assert await worker.do(int, "2") == 2
    worker.close()


def test_a_worker_that_never_worked_closes() -> None:
    Worker("w").close()
