"""What any store can do: the sections in it, their past runs, their locks, and what is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from lib.state.rows import PastRun, SavedRecord
from lib.state.section import SectionLedger


class Store(Protocol):
    """All that survives a run. Threads may share it; so may processes, each with its own."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

    def close(self) -> None:
        """Let go of it; may be called more than once."""

    def section(self, name: str, target: str) -> SectionLedger:
        """What belongs to a section and the Oomnitza of this URL."""

    def lock(
        self, section: str, wait: bool = False, say: Callable[[str], None] | None = None
    ) -> AbstractContextManager[object]:
        """Keep all others from running this section, for the length of a `with` block.

        It ends with the process, however that ends. Raises AlreadyRunning where another run is
        under way, unless it is to `wait`: then `say` (or else the log) is told once what for.
        """

    def sections(self, target: str) -> list[str]:
        """The names of the sections that were ever run for this target, sorted."""

    def history(
        self, sections: Sequence[str] = (), limit: int = 20, *, target: str | None = None
    ) -> list[PastRun]:
        """Past runs, the latest one first: of these sections or of all, for any target or one."""

    def saved_records(
        self, sections: Sequence[str] = (), *, target: str | None = None
    ) -> Iterator[SavedRecord]:
        """Yield what is saved for resend now, the oldest first; it may be cleared on the way."""

    def expire(self, days: float, now: float | None = None) -> int:
        """Delete saved records and runs that are older; returns how many records were deleted.

        What the next run has to know of earlier ones stays: of each section the latest run, the
        latest complete one and the latest full one, and all that are under way or were not closed
        at Oomnitza.
        """
