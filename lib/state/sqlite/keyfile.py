"""The keys of the records of one run, in a temporary SQLite file.

A set in memory would grow with the number of records: by 12 bytes for each in a `CompactSet`, which
also takes twice as long.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import gettempdir

from lib.errors import ConnectorError
from lib.state.keys import Ranked
from lib.state.rows import SharedKeys, decode_key, encode_key, to_shared_key

# The most that SQLite keeps of the file in memory, in KiB.
CACHE = 2_000
# SQLite may be built to take 999 values in one statement.
MAX_VALUES = 500
# The file is of no use after the process, so nothing of it has to survive a failure.
PREPARE = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    f"PRAGMA cache_size = -{CACHE}",
    "CREATE TABLE key (key BLOB PRIMARY KEY, winner INTEGER NOT NULL, rank REAL NOT NULL,"
    " records INTEGER NOT NULL DEFAULT 1, fields) WITHOUT ROWID",
    "CREATE INDEX shared ON key (records) WHERE records > 1",
    "BEGIN",
)
INSERT = "INSERT OR IGNORE INTO key (key, winner, rank) VALUES (?, ?, ?)"
FIND = "SELECT winner, rank FROM key WHERE key = ?"
UPDATE = "UPDATE key SET records = records + 1, winner = ?, rank = ?, fields = ? WHERE key = ?"
WINNERS = "SELECT key, winner FROM key WHERE key IN ({})"
SHARED = "SELECT key, records FROM key WHERE records > 1"
COUNT = "SELECT count(*), coalesce(sum(records), 0) FROM key WHERE records > 1"
MOST = "SELECT key, records, fields FROM key WHERE records > 1 ORDER BY records DESC, key LIMIT ?"


class KeyFile:
    """Implements `lib.state.RunKeys`, which documents the methods."""

    def __init__(self) -> None:
        with _translate_errors():
            # Without a name, it is a file that SQLite makes if the cache is full, and deletes.
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            for statement in PREPARE:
                self._file.execute(statement)

    def rank(self, records: Sequence[Ranked]) -> set[int]:
        rows = [(encode_key(each.key), each.position, each.rank) for each in records]
        with _translate_errors():
            if self._file.executemany(INSERT, rows).rowcount == len(rows):
                return set()
            return {lost for each in records if (lost := self._count(each)) is not None}

    def winners(self, keys: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for at in range(0, len(keys), MAX_VALUES):
            some = [encode_key(key) for key in keys[at : at + MAX_VALUES]]
            with _translate_errors():
                rows = self._file.execute(WINNERS.format(",".join("?" * len(some))), some)
                found |= {decode_key(key): winner for key, winner in rows}
        return found

    def shared(self) -> Iterator[tuple[str, int]]:
        with _translate_errors():
            for key, records in self._file.execute(SHARED):
                yield decode_key(key), records

    def shared_keys(self, examples: int = 3) -> SharedKeys:
        with _translate_errors():
            keys, records = self._file.execute(COUNT).fetchone()
            most = self._file.execute(MOST, (examples,)).fetchall() if keys else []
        return SharedKeys(keys, records, tuple(map(to_shared_key, most)))

    def close(self) -> None:
        self._file.close()

    def _count(self, record: Ranked) -> int | None:
        """Count a record that was not inserted; return the position of the one that has lost."""
        key = encode_key(record.key)
        winner, rank = self._file.execute(FIND, (key,)).fetchone()
        if winner == record.position:
            return None
        wins = record.rank >= rank
        now = (record.position, record.rank) if wins else (winner, rank)
        self._file.execute(UPDATE, (*now, record.text, key))
        return int(winner) if wins else record.position


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        full = " (the disk is full)" if code == sqlite3.SQLITE_FULL else ""
        raise ConnectorError(
            f"cannot write the temporary file of sync keys{full}",
            where=gettempdir(),
            fix="Free space in this folder, or set the environment variable TMPDIR to another"
            " folder",
        ) from None
