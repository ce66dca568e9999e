"""Fetch items ahead of the one who uses them: several at once, in order, and never too many."""

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

    At most `workers` fetches are under way or waiting to be used. When the user of the iterator
    stops, no further one is begun. What a fetch raises is raised at its place; what the keys raise,
    when everything before it was yielded.
    """
    remaining = iter(keys)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="fetch")
    waiting: deque[Future[Item]] = deque()
    failed: Exception | None = None

    def submit(count: int) -> None:
        """Begin so many more; where the keys end in an error, it waits for what was begun."""
        nonlocal failed
        try:
            waiting.extend(
                pool.submit(copy_context().run, fetch, key) for key in islice(remaining, count)
            )
        except Exception as error:
            failed = error

    patient = True
    try:
        submit(workers)
        while waiting:
            item = _result(waiting.popleft())
            submit(1 if failed is None else 0)
            yield item
        if failed:
            raise failed
    except KeyboardInterrupt:
        patient = False
        raise
    finally:
        pool.shutdown(wait=patient and not requested(), cancel_futures=True)


def _result(future: Future[Item]) -> Item:
    """What was fetched. After a signal nobody waits, and what fails then is no record's fault."""
    while not requested():
        wait([future], CHECK_INTERVAL)
        if future.done() and not requested():
            return future.result()
    raise KeyboardInterrupt
