"""Checkpoints: how far a source was read, from where the next run continues.

For a service this is a time. It moves after a run of which nothing is left to be sent, and stays
behind what was read by a margin: records may be read twice, and none is left out. For a folder it
is the files that were read and accepted.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

OVERLAP = timedelta(minutes=5)


class Place(Protocol):
    """Where a checkpoint is stored between runs."""

    def load(self) -> datetime | None:
        """Return the checkpoint, or None; raises if it could not be stored later."""

    def keep(self, reached: datetime) -> None:
        """Store the checkpoint, unless a later one is stored."""


class FilePlace(Protocol):
    """Where the accepted files of a section are stored between runs, each as a text."""

    def load(self) -> Collection[str]:
        """Return what `keep` stored."""

    def keep(self, files: Collection[str]) -> None:
        """Store these files instead of those before."""


class NoPlace:
    """Stores nothing: each run reads from the beginning."""

    def load(self) -> datetime | None:
        return None

    def keep(self, reached: datetime) -> None: ...


class Checkpoint:
    """The checkpoint of one run: the source reads and advances it, and the run commits it.

    With `full_refresh` the source is read from the beginning.
    """

    def __init__(
        self,
        place: Place | None = None,
        *,
        files: FilePlace | None = None,
        full_refresh: bool = False,
    ) -> None:
        self._place = place or NoPlace()
        self._files = files
        self._full_refresh = full_refresh
        self._next: datetime | None = None
        self._accepted: Collection[str] | None = None

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

    def accepted_files(self) -> frozenset[str]:
        """Return the files that earlier runs read and that Oomnitza accepted."""
        if self._full_refresh or not self._files:
            return frozenset()
        return frozenset(self._files.load())

    def accept_files(self, files: Collection[str]) -> None:
        """Record all files that exist now and were read, by this run or an earlier one."""
        self._accepted = files

    @property
    def is_of_files(self) -> bool:
        """Whether files were read, of which an incomplete record stays incomplete."""
        return self._accepted is not None

    def commit(self) -> None:
        """Store how far the source was read, for a run that left no record to be sent."""
        if self._next is not None:
            self._place.keep(self._next)
        if self._accepted is not None and self._files:
            self._files.keep(self._accepted)
