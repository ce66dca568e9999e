"""Hand batches to an uploader, and find the records that it does not take.

An uploader is a run at Oomnitza (`lib.oomnitza.bulk`), or its twin here, which only shows the
records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from lib.errors import TargetFault, TargetRefused
from lib.jsontext import json_if_possible
from lib.oomnitza import packing
from lib.record import Record
from lib.state import NewAside, Packed, unpack


@dataclass(slots=True)
class Item:
    """A record on its way: as it came, and as it is to be sent, both packed.

    The one as `lib.packing` does it, since hardly any is looked at again; the other one as JSON
    text in the form in which the ledger keeps it.

    It is recognised by its `key` (None where only Oomnitza knows how), and is as it was last sent
    if its `digest` is the same. `aside` is its number if it had been set aside before.
    """

    fetched: bytes
    mapped: Packed
    key: str | None
    digest: bytes
    aside: int | None = None

    @property
    def text(self) -> str:
        """What is to be sent, as JSON."""
        return unpack(self.mapped) or ""

    @property
    def values(self) -> Record:
        """What is to be sent, field by field; read anew each time."""
        values: Record = json.loads(self.text)
        return values

    def set_aside(self, outcome: str, reason: str) -> NewAside:
        fetched = json_if_possible(packing.unpack(self.fetched))
        return NewAside(outcome, reason, self.key, fetched, self.text)


class Uploader(Protocol):
    """Where the records of one run go."""

    batch_size: int
    workers: int  # how many threads may send at the same time; 0: only the one that calls
    portion: str  # by which Oomnitza knows the run, if it does

    def send(self, items: Sequence[Item], /) -> None:
        """Take up to `batch_size` records, or raise TargetRefused for what is in them."""

    def leave_out(self, items: Sequence[Item], /) -> None:
        """Hear of records that need not be sent, since they are as they were."""

    def canceled(self) -> bool:
        """Whether somebody stopped the run at the other end; raises if that cannot be reached."""

    def finish(self, error: str = "", /) -> None:
        """Close the run, with what went wrong; called once."""


class DryRun:
    """Takes every record, sends nothing, and shows what would have been sent."""

    batch_size = 1
    workers = 0
    portion = ""

    def __init__(self, show: Callable[[Item], None]) -> None:
        self._show = show

    def send(self, items: Sequence[Item]) -> None:
        for item in items:
            self._show(item)

    def leave_out(self, items: Sequence[Item]) -> None:
        """They are counted; there is nothing to show."""

    def canceled(self) -> bool:
        return False

    def finish(self, error: str = "") -> None:
        """There is no run to close."""


def deliver(
    uploader: Uploader, batch: Sequence[Item]
) -> Iterator[tuple[Sequence[Item], TargetRefused | TargetFault | None]]:
    """Send a batch; of one that is refused send the halves, down to the records at fault.

    Yields (records, None) for those taken and ([record], error) for each one that was refused, in
    their order. Any other error is raised: a server that is away refuses nothing. An internal error
    of Oomnitza's counts as a refusal while Oomnitza answers otherwise.
    """
    try:
        uploader.send(batch)
    except (TargetRefused, TargetFault) as refusal:
        if isinstance(refusal, TargetFault):
            uploader.canceled()  # raises if it is not this batch but Oomnitza
        if len(batch) == 1:
            yield batch, refusal
        else:
            middle = len(batch) // 2
            yield from deliver(uploader, batch[:middle])
            yield from deliver(uploader, batch[middle:])
    else:
        yield batch, None
