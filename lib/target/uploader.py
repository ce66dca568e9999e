"""Send batches to an uploader, and find the records that it rejects.

An uploader is a run at the target, or a dry run, which only shows the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from lib.errors import TargetFault, TargetRefused
from lib.target.item import Item
from lib.target.refusals import Refusals


class Uploader(Protocol):
    """Accepts the records of one run."""

    batch_size: int
    workers: int  # how many threads may send at the same time; 0: only the one that calls
    portion: str  # by which the target knows the run, if it does
    needs_counts: bool  # the target's own counts must confirm the records that were sent

    @property
    def response_shape(self) -> str:
        """The structure of the first response to records, without its values; empty before it."""

    def send(self, items: Sequence[Item], /) -> None:
        """Send up to `batch_size` records. Raises TargetRefused if the records are rejected."""

    def leave_out(self, items: Sequence[Item], /) -> None:
        """Take note of records that are not sent since they are unchanged."""

    def canceled(self) -> bool:
        """Whether the run was canceled at the target; raises if it cannot be reached."""

    def finish(self, error: str = "", /) -> None:
        """Close the run, with its error, if there was one; called once."""


class DryRun:
    """An uploader that sends nothing, and shows what would have been sent."""

    batch_size = 1
    workers = 0
    portion = ""
    needs_counts = False
    response_shape = ""

    def __init__(self, show: Callable[[Item], None]) -> None:
        self._show = show

    def send(self, items: Sequence[Item]) -> None:
        for item in items:
            self._show(item)

    def leave_out(self, items: Sequence[Item]) -> None:
        """Do nothing: unchanged records are counted, not shown."""

    def canceled(self) -> bool:
        return False

    def finish(self, error: str = "") -> None:
        """Do nothing: there is no run to close."""


def send_with_bisect(
    uploader: Uploader, batch: Sequence[Item], refusals: Refusals
) -> Iterator[tuple[Sequence[Item], TargetRefused | TargetFault | None]]:
    """Send a batch; if it is rejected, send its halves, down to the records at fault.

    Yields (records, None) for accepted records and ([record], error) for each rejected one, in
    their order. Raises any other error: a server that cannot be reached rejects nothing. An
    internal error of the target counts as a refusal while the target answers other requests, and
    until there are too many `refusals` in a row.
    """
    try:
        uploader.send(batch)
    except (TargetRefused, TargetFault) as refusal:
        if isinstance(refusal, TargetFault):
            uploader.canceled()  # raises if the target answers no request at all
        refusals.refused(refusal, len(batch))
        if len(batch) == 1:
            yield batch, refusal
        else:
            middle = len(batch) // 2
            yield from send_with_bisect(uploader, batch[:middle], refusals)
            yield from send_with_bisect(uploader, batch[middle:], refusals)
    else:
        refusals.accepted()
        yield batch, None
