"""What the ledger knows of one section and one target."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from lib import __version__
from lib.ledger import asides
from lib.ledger.database import Database
from lib.ledger.rows import (
    Aside,
    Known,
    Missing,
    NewAside,
    Packed,
    PastRun,
    fields_of,
    from_key,
    pack,
    storable,
    to_key,
    to_run,
)
from lib.ledger.statements import (
    BEGIN,
    DESCRIBE,
    END,
    LATEST_COMPLETE,
    LATEST_KILLED,
    LATEST_THOROUGH,
    MISSING,
    OPENED,
    RUN,
    SEEN,
    SENT,
)

ENDS = ("complete", "partial", "failed", "interrupted")
# SQLite may be built to take 999 values in one statement.
MOST_KEYS = 500


class SectionLedger:
    """The runs of a section, its records, and those of them that are set aside.

    What is noted of records belongs to the run that was begun, whose id is `run`.
    """

    def __init__(self, database: Database, section: str, target: str) -> None:
        self.run: int | None = None
        self._database = database
        self._names = (section, target)
        self._found = 0
        self._opened: tuple[int, str] | None = None  # which run was noted as opened, and as what

    def batch(self, *, lasting: bool = True) -> AbstractContextManager[None]:
        """All that is noted within it is kept as a whole, or not at all when that ends badly.

        Other threads wait until it is over. Without it, each call is kept by itself. A power loss
        may take back what is not `lasting`, which is for what was sent or seen: the run did not
        come to its end then, so that the next one sends all records.
        """
        return self._database.transaction(lasting=lasting)

    def begin(self) -> int:
        """Note that a run begins, and return its id; only for who holds the lock of the section."""
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
        return self._begun

    def describe(self, *, fingerprint: str, full: bool) -> None:
        """Note what kind of run it is, as soon as that is known.

        The fingerprint stands for all that decides which records there are; a run without one is
        never the latest complete one. A full run is one that sends the unchanged ones, too.
        """
        values = {
            "section": self._id,
            "run": self._begun,
            "fingerprint": fingerprint,
            "full": full,
        }
        self._database.write(DESCRIBE, values)

    def opened(self, portion: str) -> None:
        """Note that the run has been opened at Oomnitza; to say it again costs next to nothing."""
        opened = (self._begun, portion)
        if opened != self._opened:
            values = {"portion": portion, "now": time.time(), "run": self._begun}
            self._database.write(OPENED, values)
            self._opened = opened

    def closed(self, run: int | None = None) -> None:
        """Note that the run, or an earlier one, has been closed at Oomnitza."""
        self._database.write(
            "UPDATE run SET closed = ? WHERE id = ?",
            (time.time(), self._begun if run is None else run),
        )

    def end(self, state: str, counts: Mapping[str, int], error: str = "", retries: int = 0) -> None:
        """Note how the run ended.

        The state is "complete" where all of the source was read and every record has its outcome;
        else "partial" (it was not meant to be), "failed" or "interrupted". Of the counts the ledger
        looks at "unreadable", which makes it not know what is missing.
        """
        if state not in ENDS:
            raise ValueError(f"{state!r} is no end of a run")
        values = {
            "run": self._begun,
            "state": state,
            "now": time.time(),
            "counts": json.dumps(dict(counts)),
            "error": storable(error),
            "retries": retries,
        }
        with self._database.transaction():
            self._database.write(END, values)
            if state == "complete":
                # Without a fingerprint, a run has not read all that there is at the source.
                [(print_,)] = self._database.rows(
                    "SELECT fingerprint FROM run WHERE id = ?", (self._begun,)
                )
                self._database.write(asides.OUTDATE, (self._id, self._begun, print_))

    def left_open(self) -> list[PastRun]:
        """Earlier runs that were opened at Oomnitza and not closed there, the oldest first."""
        return self._runs(
            "run.opened IS NOT NULL AND run.closed IS NULL AND run.id IS NOT ?", self.run
        )

    def left_running(self) -> list[PastRun]:
        """Note that earlier runs without an end were killed, and return them, the oldest first.

        To be called while holding the section's lock, which proves that they are dead.
        """
        with self._database.transaction():
            found = self._runs("run.state = 'running' AND run.id IS NOT ?", self.run)
            self._database.write_many(
                "UPDATE run SET state = 'killed' WHERE id = ?", ((run.id,) for run in found)
            )
        return [replace(run, state="killed") for run in found]

    def last_complete(self) -> PastRun | None:
        """The latest run that was complete."""
        found = self._runs(f"run.id = ({LATEST_COMPLETE})", self._id)
        return found[0] if found else None

    def last_full(self) -> float | None:
        """When the latest complete run began that sent all records, changed or not.

        None where a run was killed since: nobody knows what Oomnitza got of its last batches.
        """
        found = self._runs(f"run.id = ({LATEST_COMPLETE} AND full)", self._id)
        killed = self._runs(f"run.id = ({LATEST_KILLED})", self._id)
        if not found or (killed and killed[0].id > found[0].id):
            return None
        return found[0].started

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Those of the records with these keys that were sent before."""
        found: dict[str, Known] = {}
        for at in range(0, len(keys), MOST_KEYS):
            some = [to_key(key) for key in keys[at : at + MOST_KEYS]]
            marks = ",".join("?" * len(some))
            sql = f"SELECT key, id, digest FROM record WHERE section = ? AND key IN ({marks})"  # noqa: S608
            rows = self._database.rows(sql, (self._id, *some))
            found |= {from_key(key): Known(ident, digest) for key, ident, digest in rows}
        return found

    def last_sent(self, known: Known) -> dict[str, Any] | None:
        """The fields of a record as they were last sent."""
        rows = self._database.rows("SELECT fields FROM record WHERE id = ?", (known.id,))
        return fields_of(rows[0][0]) if rows else None

    def sent(self, items: Iterable[tuple[str, bytes, Packed]]) -> None:
        """Note (key, digest, JSON text of the fields) of records that Oomnitza has taken.

        They are no longer set aside.
        """
        section, run, now = self._id, self._begun, time.time()
        rows = [
            (section, to_key(key), digest, pack(fields), run, now) for key, digest, fields in items
        ]
        with self._database.transaction():
            self._database.write_many(SENT, rows)
            if self._database.rows(asides.ANY, (section,)):  # mostly there is none
                keys = ((section, asides.identity(key)) for _, key, *_ in rows)
                self._database.write_many(asides.SETTLE, keys)

    def seen(self, keys: Iterable[str]) -> None:
        """Note that the source still has these records, of which nothing new was sent."""
        self.seen_again(self.known(list(keys)).values())

    def seen_again(self, records: Iterable[Known]) -> None:
        """The same for records that were looked up already; they are found sooner."""
        ids = json.dumps([known.id for known in records])
        self._database.write(SEEN, (self._begun, time.time(), ids))

    def forget(self, keys: Iterable[str]) -> None:
        """Drop what is known of these records."""
        section = self._id
        self._database.write_many(
            "DELETE FROM record WHERE section = ? AND key = ?",
            ((section, to_key(key)) for key in keys),
        )

    def missing(self) -> Iterator[Missing]:
        """Yield the records that earlier runs sent or saw, and the latest complete one did not.

        A run that could not read some does not count. Runs count from the first complete one on
        since the fingerprint last changed; a run with another fingerprint changes it whatever
        became of the run.
        """
        for run, since in self._database.rows(LATEST_THOROUGH, (self._id, self._id)):
            values = {"section": self._id, "since": since, "run": run}
            for _, key, fields, seen_at in self._database.pages(MISSING, values):
                yield Missing(from_key(key), fields_of(fields), seen_at)

    def count_missing(self) -> int:
        """How many records `missing` yields."""
        return sum(1 for _ in self.missing())

    def asides(self) -> Iterator[Aside]:
        """Yield what of the section is set aside now, the oldest first."""
        section, target = self._names
        return asides.found(self._database, [section], target)

    def put_aside(self, items: Iterable[NewAside | Aside]) -> None:
        """Keep records that were not sent; the source still has them, so they are not missing.

        One that is set aside already is brought up to date. It is known by its key; without one, by
        its fetched text; without that, by the reason. What was last sent of it no longer counts,
        since Oomnitza may have taken it although its answer was lost.
        """
        section, run, now = self._id, self._begun, time.time()
        items = list(items)
        with self._database.transaction():
            rows = ((section, *asides.to_row(item, run, now)) for item in items)
            self._database.write_many(asides.PUT, rows)
            keys = [item.key for item in items if item.key is not None]
            self.seen(keys)
            self._database.write_many(
                "UPDATE record SET digest = x'' WHERE section = ? AND key = ?",
                ((section, to_key(key)) for key in keys),
            )

    def clear(self, ids: Iterable[int]) -> None:
        """Drop what earlier runs set aside under these ids, unless this one has done so again."""
        section, run = self._id, self._begun
        self._database.write_many(asides.CLEAR, ((section, run, each) for each in ids))

    @property
    def _id(self) -> int:
        """The number of the section; 0 as long as no run was ever begun."""
        if not self._found:
            sql = "SELECT id FROM section WHERE name = ? AND target = ?"
            found = self._database.rows(sql, self._names)
            self._found = found[0][0] if found else 0
        return self._found

    @property
    def _begun(self) -> int:
        if self.run is None:
            raise RuntimeError("no run was begun")
        return self.run

    def _runs(self, condition: str, value: int | None) -> list[PastRun]:
        sql = f"{RUN} WHERE run.section = ? AND {condition} ORDER BY run.id"
        return [to_run(row) for row in self._database.rows(sql, (self._id, value))]
