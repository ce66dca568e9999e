"""The batches that are in flight: sent by several threads at a time, with a result for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field

from lib.errors import TargetFault, TargetRefused
from lib.target.item import Item
from lib.target.refusals import Refusals
from lib.target.uploader import Uploader, send_with_bisect


@dataclass
class BatchResult:
    """The records of one batch that the target accepted and rejected.

    After an `error`, `remaining` are the records that have neither outcome.
    """

    accepted: list[Item] = field(default_factory=list)
    rejected: list[tuple[Item, TargetRefused | TargetFault]] = field(default_factory=list)
    remaining: Sequence[Item] = ()
    error: Exception | None = None


class InFlight:
    """A queue of batches that are being sent; its length is the number of batches without a result.

    As many threads send them as the uploader has `workers`; without any, `start` itself sends.
    """

    def __init__(self, uploader: Uploader) -> None:
        self._uploader = uploader
        self._refusals = Refusals()
        self._batches: deque[tuple[Sequence[Item], Future[BatchResult]]] = deque()
        self._pool = (
            ThreadPoolExecutor(uploader.workers, thread_name_prefix="upload")
            if uploader.workers
            else None
        )

    def __len__(self) -> int:
        return len(self._batches)

    @property
    def oldest_is_done(self) -> bool:
        """Whether the oldest batch has its result, so that `take_oldest` does not wait."""
        return bool(self._batches) and self._batches[0][1].done()

    def has_room_for(self, batch: Sequence[Item]) -> bool:
        """Whether a batch can be started: a thread is free soon, and no record is sent twice.

        One batch more than there are threads may be started, so that no thread has to wait.
        If one new record were in two requests at the same time, Oomnitza might store it twice.
        """
        if not self._batches:
            return True
        if len(self._batches) > self._uploader.workers:
            return False
        keys = {item.key for item in batch}
        return None not in keys and not any(
            item.key in keys for other, _ in self._batches for item in other
        )

    def start(self, batch: Sequence[Item]) -> None:
        """Begin to send a batch."""
        if self._pool:
            future = self._pool.submit(copy_context().run, self._send, batch)
        else:
            future = Future()
            future.set_result(self._send(batch))
        self._batches.append((batch, future))

    def take_oldest(self) -> BatchResult:
        """Wait for the batch that was started first, and return its result."""
        result = self._batches[0][1].result()
        self._batches.popleft()
        return result

    def close(self) -> None:
        """Wait for the threads to end."""
        if self._pool:
            self._pool.shutdown()

    def _send(self, batch: Sequence[Item]) -> BatchResult:
        result = BatchResult()
        done = 0
        try:
            for items, refusal in send_with_bisect(self._uploader, batch, self._refusals):
                done += len(items)
                if refusal:
                    result.rejected.append((items[0], refusal))
                else:
                    result.accepted += items
        except Exception as error:
            result.error = error
            result.remaining = batch[done:]
        return result
