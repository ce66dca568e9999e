"""What the sandbox's Oomnitza holds, in SQLite: its records, and the runs that brought them."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from sandbox.oomnitza.uploads import Record, Upload

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS records_by_kind ON records (kind);
CREATE TABLE IF NOT EXISTS runs (
    portion_id INTEGER PRIMARY KEY,
    portion TEXT NOT NULL UNIQUE,
    connector_name TEXT NOT NULL DEFAULT '',
    data_type TEXT NOT NULL DEFAULT '',
    added INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0,
    late INTEGER NOT NULL DEFAULT 0,
    started REAL NOT NULL,
    finished REAL,
    error TEXT,
    test_run INTEGER NOT NULL DEFAULT 0
);
"""


class Run(NamedTuple):
    """One run of a connector, as the server saw it; times are epoch seconds.

    `late` counts the records that came after the run was finalized, `error` is the last error.
    """

    portion_id: int
    portion: str
    connector_name: str
    data_type: str
    added: int
    updated: int
    skipped: int
    errors: int
    late: int
    started: float
    finished: float | None
    error: str | None
    test_run: int


class StoredRecord(NamedTuple):
    """A record with its number and the epoch seconds of its making and of its last change."""

    number: int
    data: Record
    created: float
    updated: float


class Store:
    """Records and runs; safe to use from several threads.

    A record is found by the values of any fields a client names, as the real server does it: each
    new set of sync fields gets an index over `sync_key` of the stored JSON.
    """

    def __init__(self, database: Path | str = ":memory:") -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(database, check_same_thread=False)
        self.close = weakref.finalize(self, _close, self._db, self._lock)
        self._db.create_function("sync_key", 2, _stored_key, deterministic=True)
        self._db.create_function("holds", 2, _holds, deterministic=True)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    def upload(self, upload: Upload) -> None:
        """Store the records of one request in one transaction, and count them for their run."""
        counts: Counter[str] = Counter()
        error = upload.error
        with self._lock, self._db:
            if upload.error:
                counts["errors"] = max(1, len(upload.records))
            else:
                counts.update(self._put(upload, record) for record in upload.records)
            if counts["errors"] and not error:
                error = f"the record has no {' and '.join(upload.sync_fields)}"
            self._count(upload, counts, error)

    def finalize(self, portion: str) -> None:
        """End a run, also one that brought no record; ending it again changes nothing."""
        now = time.time()
        with self._lock, self._db:
            self._db.execute(
                "INSERT INTO runs (portion, started, finished) VALUES (?, ?, ?)"
                " ON CONFLICT (portion) DO UPDATE SET finished = coalesce(finished, ?)",
                (portion, now, now, now),
            )

    def runs(self) -> list[Run]:
        """All runs, the oldest first."""
        rows = self._all(f"SELECT {', '.join(Run._fields)} FROM runs ORDER BY portion_id")
        return [Run(*row) for row in rows]

    def count(self, kind: str, search: str = "") -> int:
        """How many records there are, or how many hold the words somewhere."""
        [(number,)] = self._all(
            "SELECT count(*) FROM records WHERE kind = ? AND (? = '' OR holds(data, ?))",
            *(kind, search, search),
        )
        return int(number)

    def records(
        self, kind: str, limit: int | None = None, skip: int = 0, search: str = ""
    ) -> list[StoredRecord]:
        """Records in the order of their making."""
        rows = self._all(
            "SELECT id, data, created, updated FROM records"
            " WHERE kind = ? AND (? = '' OR holds(data, ?)) ORDER BY id LIMIT ? OFFSET ?",
            *(kind, search, search, -1 if limit is None else limit, skip),
        )
        return [_stored(row) for row in rows]

    def record(self, kind: str, number: int) -> StoredRecord | None:
        rows = self._all(
            "SELECT id, data, created, updated FROM records WHERE kind = ? AND id = ?", kind, number
        )
        return _stored(rows[0]) if rows else None

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def _put(self, upload: Upload, record: Record) -> str:
        key = sync_key(record, upload.sync_fields)
        if key is None:
            return "errors"
        match = self._find(upload.kind, upload.sync_fields, key)
        if upload.insert_only if match else upload.update_only:
            return "skipped"
        now = time.time()
        if match is None:
            self._db.execute(
                "INSERT INTO records (kind, data, created, updated) VALUES (?, ?, ?, ?)",
                (upload.kind, _dump(record), now, now),
            )
            return "added"
        number, data = match
        self._db.execute(
            "UPDATE records SET data = ?, updated = ? WHERE id = ?",
            (_dump({**data, **record}), now, number),
        )
        return "updated"

    def _find(self, kind: str, fields: Sequence[str], key: str) -> tuple[int, Record] | None:
        """Find the oldest record that has these values in its sync fields."""
        names = json.dumps(fields).replace("'", "''")
        index = sha256(names.encode()).hexdigest()
        # SQLite uses an index over an expression only for the same words, so no `?` for the names.
        expression = f"sync_key(data, '{names}')"
        self._db.execute(
            f"CREATE INDEX IF NOT EXISTS records_by_{index} ON records (kind, {expression})"
        )
        row = self._db.execute(
            f"SELECT id, data FROM records WHERE kind = ? AND {expression} = ? ORDER BY id LIMIT 1",
            (kind, key),
        ).fetchone()
        return (row[0], json.loads(row[1])) if row else None

    def _count(self, upload: Upload, counts: Mapping[str, int], error: str | None) -> None:
        """Add to the run of this portion; a request without a portion is a finished run itself."""
        now = time.time()
        values = {
            "portion": upload.portion or str(uuid4()),
            "connector_name": upload.connector,
            "data_type": upload.kind,
            "started": now,
            "finished": None if upload.portion else now,
            "error": error,
            "test_run": upload.test_run,
            **{name: counts.get(name, 0) for name in ("added", "updated", "skipped", "errors")},
            "records": len(upload.records),
        }
        self._db.execute(
            "INSERT INTO runs (portion, connector_name, data_type, added, updated, skipped, errors,"
            " started, finished, error, test_run) VALUES (:portion, :connector_name, :data_type,"
            " :added, :updated, :skipped, :errors, :started, :finished, :error, :test_run)"
            " ON CONFLICT (portion) DO UPDATE SET connector_name = :connector_name,"
            " data_type = :data_type, added = added + :added, updated = updated + :updated,"
            " skipped = skipped + :skipped, errors = errors + :errors,"
            " late = late + iif(finished IS NULL, 0, :records),"
            " error = coalesce(:error, error), test_run = :test_run",
            values,
        )


def sync_key(record: Mapping[str, Any], fields: Sequence[str]) -> str | None:
    """What a record is matched by: the texts of its sync fields in any case; None if one is empty.

    >>> sync_key({"USER": "Ada", "SITE": 7}, ["USER", "SITE"])
    '["ada", "7"]'
    """
    texts = [_as_text(record.get(field)) for field in fields]
    return json.dumps(texts) if all(texts) else None


def _as_text(value: object) -> str:
    if value is None or value == [] or value == {}:
        return ""
    text = value if isinstance(value, str) else _dump(value)
    return text.casefold() if text.strip() else ""


def _stored_key(data: str, fields: str) -> str | None:
    return sync_key(json.loads(data), json.loads(fields))


def _holds(data: str, words: str) -> bool:
    return words.casefold() in data.casefold()


def _stored(row: tuple[int, str, float, float]) -> StoredRecord:
    number, data, created, updated = row
    return StoredRecord(number, json.loads(data), created, updated)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _close(database: sqlite3.Connection, lock: threading.RLock) -> None:
    """Close it once nobody uses it: SQLite crashes when that is done in the middle of a request."""
    with lock:
        database.close()
