"""Hand batches to an uploader, and find the records that it does not take.

An uploader is a run at Oomnitza (`lib.oomnitza`), or its twin here that only shows the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from lib.errors import TargetRefused

Record = dict[str, Any]


class Uploader(Protocol):
    """Where the records of one run go."""

    batch_size: int

    def send(self, records: list[Record], /) -> None:
        """Take up to `batch_size` records, or raise TargetRefused for what is in them."""

    def finish(self) -> None:
        """Close the run; called once, whatever became of it."""


class DryRun:
    """Takes every record, sends nothing, and shows what would have been sent."""

    batch_size = 1

    def __init__(self, show: Callable[[Record], None]) -> None:
        self._show = show

    def send(self, records: list[Record]) -> None:
        for record in records:
            self._show(record)

    def finish(self) -> None:
        """There is no run to close."""


def deliver(uploader: Uploader, batch: list[Record]) -> Iterator[tuple[int, TargetRefused | None]]:
    """Send a batch; of one that is refused send the halves, down to the records at fault.

    Yields (number of records, None) for those taken and (1, error) for each one that was refused,
    in their order. Any other error than TargetRefused is raised.
    """
    try:
        uploader.send(batch)
    except TargetRefused as refusal:
        if len(batch) == 1:
            yield 1, refusal
        else:
            middle = len(batch) // 2
            yield from deliver(uploader, batch[:middle])
            yield from deliver(uploader, batch[middle:])
    else:
        yield len(batch), None


def batches(records: Iterable[Record], size: int) -> Iterator[list[Record]]:
    """Collect records into lists; what came before the source failed is still a batch."""
    batch: list[Record] = []
    try:
        for record in records:
            batch.append(record)
            if len(batch) == size:
                yield batch
                batch = []
    except (Exception, KeyboardInterrupt):
        if batch:
            yield batch
        raise
    if batch:
        yield batch
