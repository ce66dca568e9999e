"""The ledger of one section and one target, in the state database."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from lib import __version__
from lib.state.rows import (
    FieldCount,
    Known,
    Missing,
    PastRun,
    RecordToSave,
    SavedRecord,
    SharedKeys,
    StoredText,
    compress,
    decode_key,
    encode_key,
    escape_surrogates,
    to_fields,
    to_missing,
    to_run,
)
from lib.state.sqlite import deliveries, leavers, progress, savedrecords
from lib.state.sqlite.changes import ChangeLog
from lib.state.sqlite.database import StateDatabase
from lib.state.sqlite.fields import RECORD_FIELD, read_fields
from lib.state.sqlite.statements import (
    BEGIN,
    DESCRIBE,
    END,
    LATEST_COMPLETE,
    LATEST_KILLED,
    LATEST_THOROUGH,
    MISSING,
    OPENED,
    PREVIOUS_THOROUGH,
    RENAME,
    RESTART,
    RUN,
    SEEN,
    SEEN_BEFORE,
    SENT,
)

ENDS = ("complete", "partial", "failed", "interrupted")
# SQLite may be built to take 999 values in one statement.
MAX_KEYS = 500


class SqliteLedger:
    """Implements `lib.state.SectionLedger`, which documents the methods."""

    def __init__(self, database: StateDatabase, section: str, target: str) -> None:
        self.run: int | None = None
        self._database = database
        self._names = (section, target)
        self._section_id = 0
        self._opened: tuple[int, str] | None = None  # which run was noted as opened, and as what
        self._changes = ChangeLog(database)

    def batch(self, *, lasting: bool = True) -> AbstractContextManager[None]:
        return self._database.transaction(lasting=lasting)

    def begin(self) -> int:
        self._database.write(
            "INSERT OR IGNORE INTO section (name, target) VALUES (?, ?)", self._names
        )
        values = {
            "section": self._id,
            "now": time.time(),
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "version": __version__,
        }
        self.run = self._database.write(BEGIN, values).lastrowid
        self._changes.start()
        return self._begun

    def describe(self, *, fingerprint: str, full: bool, legacy: str = "") -> None:
        values = {"section": self._id, "run": self._begun, "fingerprint": fingerprint, "full": full}
        with self._database.transaction():
            if fingerprint and legacy:
                self._database.write(RENAME, (fingerprint, self._id, legacy))
            self._database.write(DESCRIBE, values)

    def opened(self, portion: str) -> None:
        opened = (self._begun, portion)
        if opened != self._opened:
            values = {"portion": portion, "now": time.time(), "run": self._begun}
            self._database.write(OPENED, values)
            self._opened = opened

    def closed(self, run: int | None = None) -> None:
        self._database.write(
            "UPDATE run SET closed = ? WHERE id = ?",
            (time.time(), self._begun if run is None else run),
        )

    def end(self, state: str, counts: Mapping[str, int], error: str = "", retries: int = 0) -> None:
        if state not in ENDS:
            raise ValueError(f"{state!r} is no end of a run")
        values = {
            "run": self._begun,
            "state": state,
            "now": time.time(),
            "counts": json.dumps({**counts, **self._changes.counts}),
            "error": escape_surrogates(error),
            "retries": retries,
        }
        with self._database.transaction():
            self._database.write(END, values)
            if state == "complete":
                # Without a fingerprint, a run has not read all that there is at the source.
                [(fingerprint,)] = self._database.rows(
                    "SELECT fingerprint FROM run WHERE id = ?", (self._begun,)
                )
                self._database.write(savedrecords.OUTDATE, (self._id, self._begun, fingerprint))

    def record_fields(self, fields: Iterable[FieldCount]) -> None:
        run = self._begun
        rows = ((run, item.field, item.filled, item.mapping) for item in fields)
        self._database.write_many(RECORD_FIELD, rows)

    def fields(self, run: int) -> dict[str, FieldCount]:
        return {item.field: item for item in read_fields(self._database, run)}

    def left_open(self) -> list[PastRun]:
        return self._runs(
            "run.opened IS NOT NULL AND run.closed IS NULL AND run.id IS NOT ?", self.run
        )

    def left_running(self) -> list[PastRun]:
        with self._database.transaction():
            running = self._runs("run.state = 'running' AND run.id IS NOT ?", self.run)
            self._database.write_many(
                "UPDATE run SET state = 'killed' WHERE id = ?", ((run.id,) for run in running)
            )
        return [replace(run, state="killed") for run in running]

    def last_complete(self) -> PastRun | None:
        runs = self._runs(f"run.id = ({LATEST_COMPLETE})", self._id)
        return runs[0] if runs else None

    def last_full(self) -> float | None:
        full = self._runs(f"run.id = ({LATEST_COMPLETE} AND full)", self._id)
        killed = self._runs(f"run.id = ({LATEST_KILLED})", self._id)
        if not full or (killed and killed[0].id > full[0].id):
            return None
        return full[0].started

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        sent: dict[str, Known] = {}
        for at in range(0, len(keys), MAX_KEYS):
            some = [encode_key(key) for key in keys[at : at + MAX_KEYS]]
            marks = ",".join("?" * len(some))
            sql = (
                f"SELECT key, id, digest, twins FROM record WHERE section = ? AND key IN ({marks})"  # noqa: S608
            )
            rows = self._database.rows(sql, (self._id, *some))
            sent |= {decode_key(key): Known(*known) for key, *known in rows}
        return sent

    def last_sent(self, known: Known) -> dict[str, Any] | None:
        rows = self._database.rows("SELECT fields FROM record WHERE id = ?", (known.id,))
        return self._database.convert(to_fields, rows[0]) if rows else None

    def sent(self, items: Iterable[tuple[str, bytes, StoredText]]) -> None:
        section, run, now = self._id, self._begun, time.time()
        rows = [
            (section, encode_key(key), digest, compress(fields), run, now)
            for key, digest, fields in items
        ]
        with self._database.transaction():
            self._database.write_many(SENT, rows)
            self._changes.note(run, {key: fields for _, key, _, fields, *_ in rows})
            leavers.note_returned(self._database, section, (row[1] for row in rows))
            if self._database.rows(savedrecords.ANY, (section,)):  # mostly there is none
                keys = ((section, savedrecords.identity(key)) for _, key, *_ in rows)
                self._database.write_many(savedrecords.RESOLVE, keys)

    def seen(self, keys: Iterable[str]) -> None:
        ids = [known.id for known in self.known(list(keys)).values()]
        self._database.write(SEEN, (self._begun, time.time(), json.dumps(ids)))

    def seen_again(self, records: Iterable[Known]) -> None:
        deliveries.note_unchanged(self._database, self._begun, records)

    def note_shared(self, keys: Iterable[tuple[str, int]]) -> None:
        deliveries.note_shared(self._database, self._id, self._begun, keys)

    def shared_keys(self, examples: int = 3) -> SharedKeys:
        return deliveries.shared_keys(self._database, self._id, self._begun, examples)

    def take_trimmed(self) -> int:
        return deliveries.take_trimmed(self._database, self._id)

    def distrust_run(self) -> None:
        sql = "UPDATE record SET digest = x'' WHERE section = ? AND seen = ?"
        self._database.write(sql, (self._id, self._begun))

    def forget(self, keys: Iterable[str]) -> None:
        section, keys = self._id, list(keys)
        with self._database.transaction():
            leavers.note_returned(self._database, section, map(encode_key, keys))
            self._database.write_many(
                "DELETE FROM record WHERE section = ? AND key = ?",
                ((section, encode_key(key)) for key in keys),
            )

    def missing(self) -> Iterator[Missing]:
        for run, since in self._database.rows(LATEST_THOROUGH, (self._id, self._id)):
            values = {"section": self._id, "since": since, "run": run}
            [(previous,)] = self._database.rows(PREVIOUS_THOROUGH, values)
            for row in self._database.pages(MISSING, {**values, "previous": previous}):
                yield self._database.convert(to_missing, row)

    def leavers(self, fingerprint: str, after: int) -> Iterator[Missing]:
        return leavers.select_leavers(self._database, self._id, self.run, fingerprint, after)

    def distrust(self, keys: Iterable[str]) -> None:
        leavers.distrust(self._database, self._id, keys)

    def left(self, keys: Iterable[str]) -> None:
        leavers.note_left(self._database, self._id, keys)

    def count_missing(self) -> int:
        return sum(1 for _ in self.missing())

    def restart(self) -> PastRun | None:
        runs = self._runs(RESTART, self._id)
        return runs[0] if runs else None

    def count_not_compared(self) -> int:
        restart = self.restart()
        if restart is None:
            return 0
        return int(self._database.rows(SEEN_BEFORE, (self._id, restart.id))[0][0])

    def checkpoints(self) -> dict[str, datetime]:
        return progress.read_checkpoints(self._database, self._id)

    def reach(self, scope: str, reached: datetime) -> None:
        progress.store_checkpoint(self._database, self._id, scope, reached)

    def accepted_files(self, scope: str) -> set[str]:
        return progress.read_accepted_files(self._database, self._id, scope)

    def accept_files(self, scope: str, files: Iterable[str]) -> None:
        progress.store_accepted_files(self._database, self._id, scope, files)

    def saved_records(self) -> Iterator[SavedRecord]:
        section, target = self._names
        return savedrecords.select(self._database, [section], target)

    def save_for_resend(self, items: Iterable[RecordToSave | SavedRecord]) -> None:
        section, run, now = self._id, self._begun, time.time()
        items = list(items)
        with self._database.transaction():
            rows = ((section, *savedrecords.to_row(item, run, now)) for item in items)
            self._database.write_many(savedrecords.UPSERT, rows)
            keys = [item.key for item in items if item.key is not None]
            self.seen(keys)
            self._database.write_many(
                "UPDATE record SET digest = x'' WHERE section = ? AND key = ?",
                ((section, encode_key(key)) for key in keys),
            )

    def clear(self, ids: Iterable[int]) -> None:
        section, run = self._id, self._begun
        self._database.write_many(savedrecords.CLEAR, ((section, run, each) for each in ids))

    @property
    def _id(self) -> int:
        """The number of the section; 0 as long as no run was ever begun."""
        if not self._section_id:
            sql = "SELECT id FROM section WHERE name = ? AND target = ?"
            rows = self._database.rows(sql, self._names)
            self._section_id = rows[0][0] if rows else 0
        return self._section_id

    @property
    def _begun(self) -> int:
        if self.run is None:
            raise RuntimeError("no run was begun")
        return self.run

    def _runs(self, condition: str, value: int | None) -> list[PastRun]:
        sql = f"{RUN} WHERE run.section = ? AND {condition} ORDER BY run.id"
        rows = self._database.rows(sql, (self._id, value))
        return [self._database.convert(to_run, row) for row in rows]
