"""The store in an SQLite file: sections, their past runs, and what is saved for resend."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lib.state.rows import Change, FieldCount, PastRun, SavedRecord, to_run
from lib.state.sqlite import opening, reading, savedrecords
from lib.state.sqlite.changes import EXPIRED_CHANGES, KEPT_DAYS, read_changes
from lib.state.sqlite.database import StateDatabase
from lib.state.sqlite.fields import EXPIRED_FIELDS, read_fields
from lib.state.sqlite.lock import SectionLock
from lib.state.sqlite.section import SqliteLedger
from lib.state.sqlite.statements import RUN

DAY = 86_400.0

HISTORY = f"{RUN} WHERE {savedrecords.OF_SECTIONS} ORDER BY run.id DESC LIMIT :limit"
ONE = f"{RUN} WHERE run.id = ? AND section.target = ?"
# Of each section stay the latest run, the latest complete one and the latest full one, and all that
# are under way or were not closed at Oomnitza. Without a fingerprint, it was no run of the source.
EXPIRED_RUNS = (
    "DELETE FROM run WHERE coalesce(ended, started) < ? AND state != 'running'"
    " AND (opened IS NULL OR closed IS NOT NULL)"
    " AND id NOT IN (SELECT max(id) FROM run GROUP BY section, fingerprint = '')"
    " AND id NOT IN (SELECT max(id) FROM run WHERE state = 'complete' AND fingerprint != ''"
    " GROUP BY section, full)"
)


class SqliteStore:
    """The store in this file, which is created if it does not exist."""

    _open = staticmethod(opening.open_file)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: StateDatabase = self._open(path)

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
        self._database.close()

    def section(self, name: str, target: str) -> SqliteLedger:
        return SqliteLedger(self._database, name, target)

    def lock(
        self, section: str, wait: bool = False, say: Callable[[str], None] | None = None
    ) -> SectionLock:
        return SectionLock(self._path, section, wait, say)

    def sections(self, target: str) -> list[str]:
        rows = self._database.rows(
            "SELECT name FROM section WHERE target = ? ORDER BY name", (target,)
        )
        return [name for (name,) in rows]

    def history(
        self, sections: Sequence[str] = (), limit: int = 20, *, target: str | None = None
    ) -> list[PastRun]:
        rows = self._database.rows(
            HISTORY, {**savedrecords.section_values(sections, target), "limit": limit}
        )
        return [self._database.convert(to_run, row) for row in rows]

    def past_run(self, run: int, target: str) -> PastRun | None:
        rows = self._database.rows(ONE, (run, target))
        return self._database.convert(to_run, rows[0]) if rows else None

    def fields(self, run: int) -> list[FieldCount]:
        return read_fields(self._database, run)

    def changes(self, run: int) -> list[Change]:
        return read_changes(self._database, run)

    def saved_records(
        self, sections: Sequence[str] = (), *, target: str | None = None
    ) -> Iterator[SavedRecord]:
        return savedrecords.select(self._database, sections, target)

    def expire(self, days: float, now: float | None = None) -> int:
        now = time.time() if now is None else now
        before = now - days * DAY
        with self._database.transaction():
            self._database.write(EXPIRED_RUNS, (before,))
            self._database.write(EXPIRED_FIELDS)
            self._database.write(EXPIRED_CHANGES, (now - min(days, KEPT_DAYS) * DAY,))
            return self._database.write(savedrecords.EXPIRE, (before,)).rowcount


class ReadOnlySqliteStore(SqliteStore):
    """The store in this file, opened for reading only; empty if the file does not exist."""

    _open = staticmethod(reading.open_file_to_read)
