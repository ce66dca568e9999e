"""Concurrent fetching ahead of use: results in order, and a bounded number at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

from lib.interruption import CHECK_INTERVAL, requested

Key = TypeVar("Key")
Item = TypeVar("Item")


def fetch_ahead(
    fetch: Callable[[Key], Item], keys: Iterable[Key], workers: int
) -> Generator[Item, None, None]:
    """Yield fetch(key) for each key, in the order of the keys.

    At most `workers` fetches are in progress or waiting to be used. When the caller stops
    iterating, no further fetch is started. An error of a fetch is raised in its place, and an error
    of the keys after everything before it was yielded.
    """
    remaining = iter(keys)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="fetch")
    waiting: deque[Future[Item]] = deque()
    failed: Exception | None = None

    def submit(count: int) -> None:
        """Start so many more fetches; keep an error of the keys until the started ones are used."""
        nonlocal failed
        try:
            waiting.extend(
                pool.submit(copy_context().run, fetch, key) for key in islice(remaining, count)
            )
        except Exception as error:
            failed = error

    wait_for_started = True
    try:
        submit(workers)
        while waiting:
            item = _result(waiting.popleft())
            submit(1 if failed is None else 0)
            yield item
        if failed:
            raise failed
    except KeyboardInterrupt:
        wait_for_started = False
        raise
    finally:
        pool.shutdown(wait=wait_for_started and not requested(), cancel_futures=True)


def _result(future: Future[Item]) -> Item:
    """Return the result of a fetch; raise KeyboardInterrupt after a signal, without waiting.

    A fetch that fails after a signal would be no record's fault.
    """
    while not requested():
        wait([future], CHECK_INTERVAL)
        if future.done() and not requested():
            return future.result()
    raise KeyboardInterrupt
