"""The batches that are being sent at this moment, several at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field

from lib.errors import TargetFault, TargetRefused
from lib.target.item import Item
from lib.target.uploader import Uploader, send_with_bisect


@dataclass
class Sent:
    """What came of a batch: records that were taken, refused, or (after an error) are left."""

    taken: list[Item] = field(default_factory=list)
    refused: list[tuple[Item, TargetRefused | TargetFault]] = field(default_factory=list)
    left: Sequence[Item] = ()
    error: Exception | None = None


class UnderWay:
    """A queue of batches that are sent by as many threads as the uploader wants; true if any is.

    An uploader that wants none is called at once, by whoever begins a batch.
    """

    def __init__(self, uploader: Uploader) -> None:
        self._uploader = uploader
        self._batches: deque[tuple[Sequence[Item], Future[Sent]]] = deque()
        self._pool = (
            ThreadPoolExecutor(uploader.workers, thread_name_prefix="upload")
            if uploader.workers
            else None
        )

    def __len__(self) -> int:
        return len(self._batches)

    @property
    def has_come_back(self) -> bool:
        """Whether it is known what came of the oldest batch."""
        return bool(self._batches) and self._batches[0][1].done()

    def has_room_for(self, batch: Sequence[Item]) -> bool:
        """Whether a batch can be begun: few are, and none of its records is under way.

        Beside those that are sent one may wait, so that a thread that is done has its next at once.
        Of two requests with the same new record, Oomnitza might make two records.
        """
        if not self._batches:
            return True
        if len(self._batches) > self._uploader.workers:
            return False
        keys = {item.key for item in batch}
        return None not in keys and not any(
            item.key in keys for other, _ in self._batches for item in other
        )

    def begin(self, batch: Sequence[Item]) -> None:
        if self._pool:
            future = self._pool.submit(copy_context().run, self._send, batch)
        else:
            future = Future()
            future.set_result(self._send(batch))
        self._batches.append((batch, future))

    def oldest(self) -> Sent:
        """Wait for the batch that was begun first, and give what came of it."""
        sent = self._batches[0][1].result()
        self._batches.popleft()
        return sent

    def close(self) -> None:
        if self._pool:
            self._pool.shutdown()

    def _send(self, batch: Sequence[Item]) -> Sent:
        sent = Sent()
        done = 0
        try:
            for items, refusal in send_with_bisect(self._uploader, batch):
                done += len(items)
                if refusal:
                    sent.refused.append((items[0], refusal))
                else:
                    sent.taken += items
        except Exception as error:
            sent.error = error
            sent.left = batch[done:]
        return sent
