"""The ledger as a whole: all its sections, their past runs, and what they have set aside."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lib.ledger import asides, opening
from lib.ledger.database import Database
from lib.ledger.rows import Aside, PastRun, to_run
from lib.ledger.section import SectionLedger
from lib.ledger.statements import RUN

DAY = 86_400.0

HISTORY = f"{RUN} WHERE {asides.OF_SECTIONS} ORDER BY run.id DESC LIMIT :limit"
# Of each section stay the latest run, the latest complete one and the latest full one, and all that
# are under way or were not closed at Oomnitza. Without a fingerprint, it was no run of the source.
EXPIRED_RUNS = (
    "DELETE FROM run WHERE coalesce(ended, started) < ? AND state != 'running'"
    " AND (opened IS NULL OR closed IS NOT NULL)"
    " AND id NOT IN (SELECT max(id) FROM run GROUP BY section, fingerprint = '')"
    " AND id NOT IN (SELECT max(id) FROM run WHERE state = 'complete' AND fingerprint != ''"
    " GROUP BY section, full)"
)


class Ledger:
    """The ledger in this file, which is made if it is not there.

    Raises ConfigurationError where the file cannot be used.
    """

    _open = staticmethod(opening.open_file)

    def __init__(self, path: Path) -> None:
        self._database: Database = self._open(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; may be called more than once."""
        self._database.close()

    def of(self, section: str, target: str) -> SectionLedger:
        """What belongs to a section and the Oomnitza of this URL."""
        return SectionLedger(self._database, section, target)

    def sections(self, target: str) -> list[str]:
        """The names of the sections that were ever run for this target, sorted."""
        found = self._database.rows(
            "SELECT name FROM section WHERE target = ? ORDER BY name", (target,)
        )
        return [name for (name,) in found]

    def history(
        self, sections: Sequence[str] = (), limit: int = 20, *, target: str | None = None
    ) -> list[PastRun]:
        """Past runs, the latest one first: of these sections or of all, for any target or one."""
        found = self._database.rows(HISTORY, {**asides.of(sections, target), "limit": limit})
        return [to_run(row) for row in found]

    def set_aside(
        self, sections: Sequence[str] = (), *, target: str | None = None
    ) -> Iterator[Aside]:
        """Yield what is set aside now, the oldest first; it may be cleared on the way."""
        return asides.found(self._database, sections, target)

    def expire(self, days: float, now: float | None = None) -> int:
        """Delete asides and runs that are older; returns the number of asides deleted.

        What the next run has to know of earlier ones stays: see `EXPIRED_RUNS`.
        """
        before = (time.time() if now is None else now) - days * DAY
        with self._database.transaction():
            self._database.write(EXPIRED_RUNS, (before,))
            return self._database.write(asides.EXPIRE, (before,)).rowcount


def open_to_look(path: Path) -> Ledger:
    """The ledger in this file, only to be read: an empty one where there is none to read.

    Makes no file. Raises ConfigurationError for a file that is something else.
    """
    return _Looking(path)


class _Looking(Ledger):
    _open = staticmethod(opening.open_to_read)
