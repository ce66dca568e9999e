"""How far a source was read: a moment, from which on the next run reads.

It moves after a run of which nothing is left to be sent, and stays behind what was read by a
margin: records may be read twice, and none is left out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

OVERLAP = timedelta(minutes=5)


class Place(Protocol):
    """Where a checkpoint is kept from one run to the next."""

    def load(self) -> datetime | None:
        """The moment, None where there is none yet; raises where it could not be kept later."""

    def keep(self, reached: datetime) -> None:
        """Keep the moment, unless a later one is kept already."""


class Nowhere:
    """Keeps nothing: each run reads from the beginning."""

    def load(self) -> datetime | None:
        return None

    def keep(self, reached: datetime) -> None: ...


class Checkpoint:
    """What a source reads from, and moves; the run commits it. With `anew` it reads everything."""

    def __init__(self, place: Place | None = None, *, anew: bool = False) -> None:
        self._place = place or Nowhere()
        self._anew = anew
        self._next: datetime | None = None

    def read(self) -> datetime | None:
        """The moment since which to read; None: from the beginning."""
        kept = self._place.load()
        return None if self._anew else kept

    def advance(self, latest: datetime, asked: datetime) -> None:
        """Note that what was modified up to `latest` has been read.

        What was modified after the source was `asked` what there is may not have been in its
        answer, so the checkpoint moves no further than to there.
        """
        self._next = min(latest, asked).replace(microsecond=0) - OVERLAP

    def commit(self) -> None:
        """Keep what was reached, if anything was; for a run of which nothing is left."""
        if self._next is not None:
            self._place.keep(self._next)
