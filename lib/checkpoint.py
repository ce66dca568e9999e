"""Checkpoints: the time up to which a source was read, from which the next run continues.

It moves after a run of which nothing is left to be sent, and stays behind what was read by a
margin: records may be read twice, and none is left out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

OVERLAP = timedelta(minutes=5)


class Place(Protocol):
    """Where a checkpoint is stored between runs."""

    def load(self) -> datetime | None:
        """Return the checkpoint, or None; raises if it could not be stored later."""

    def keep(self, reached: datetime) -> None:
        """Store the checkpoint, unless a later one is stored."""


class NoPlace:
    """Stores nothing: each run reads from the beginning."""

    def load(self) -> datetime | None:
        return None

    def keep(self, reached: datetime) -> None: ...


class Checkpoint:
    """The checkpoint of one run: the source reads and advances it, and the run commits it.

    With `full_refresh` the source is read from the beginning.
    """

    def __init__(self, place: Place | None = None, *, full_refresh: bool = False) -> None:
        self._place = place or NoPlace()
        self._full_refresh = full_refresh
        self._next: datetime | None = None

    def read(self) -> datetime | None:
        """Return the time since which to read; None to read everything."""
        kept = self._place.load()
        return None if self._full_refresh else kept

    def advance(self, latest: datetime, asked: datetime) -> None:
        """Record that all changes up to `latest` were read.

        Changes after the source was `asked` may be missing from its response, so the checkpoint
        does not advance beyond that time.
        """
        self._next = min(latest, asked).replace(microsecond=0) - OVERLAP

    def commit(self) -> None:
        """Store how far the source was read, for a run that left no record to be sent."""
        if self._next is not None:
            self._place.keep(self._next)
