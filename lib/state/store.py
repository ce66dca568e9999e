"""The interface of a store: its sections, past runs, locks, and saved records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from lib.state.rows import Change, FieldCount, PastRun, SavedRecord
from lib.state.section import SectionLedger


class Store(Protocol):
    """Everything that survives a run. Threads may share it; each process opens its own."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    def close(self) -> None:
        """Close the store; may be called more than once."""

    def section(self, name: str, target: str) -> SectionLedger:
        """Return the ledger of a section for the target with this URL."""

    def lock(
        self, section: str, wait: bool = False, say: Callable[[str], None] | None = None
    ) -> AbstractContextManager[object]:
        """Lock a section for the length of a `with` block, so that no other run of it starts.

        It ends with the process, however that ends. Raises AlreadyRunning where another run is
        under way, unless it is to `wait`: then `say` (or else the log) is told once what for.
        """

    def sections(self, target: str) -> list[str]:
        """Return the names of all sections that were ever run for this target, sorted."""

    def history(
        self, sections: Sequence[str] = (), limit: int = 20, *, target: str | None = None
    ) -> list[PastRun]:
        """Return past runs, the latest first: of these sections or all, for one target or all."""

    def past_run(self, run: int, target: str) -> PastRun | None:
        """Return the run with this id, if it is one for this target."""

    def fields(self, run: int) -> list[FieldCount]:
        """Return in how many records of a run each field was filled, by the name of the field."""

    def changes(self, run: int) -> list[Change]:
        """Return what a run of the last seven days changed in records, up to a limit."""

    def saved_records(
        self, sections: Sequence[str] = (), *, target: str | None = None
    ) -> Iterator[SavedRecord]:
        """Yield the saved records, the oldest first; they may be cleared while iterating."""

    def expire(self, days: float, now: float | None = None) -> int:
        """Delete saved records and runs older than `days`; return the number of deleted records.

        Changes of runs are deleted after seven days.

        What the next run has to know of earlier ones stays: of each section the latest run, the
        latest complete one and the latest full one, and all that are under way or were not closed
        at Oomnitza.
        """
