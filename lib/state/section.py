"""The interface of a section's ledger: what a store knows of a section, and what a run records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from lib.state.rows import (
    FieldCount,
    Known,
    Missing,
    PastRun,
    RecordToSave,
    SavedRecord,
    SharedKeys,
    StoredText,
)


class SectionLedger(Protocol):
    """The runs of a section for one target, the records sent, and those saved for resend.

    What is noted of records belongs to the run that was begun, whose id is `run`.
    """

    run: int | None  # once it was begun

    def batch(self, *, lasting: bool = True) -> AbstractContextManager[None]:
        """Store what is recorded within the block as a whole, or nothing of it after an error.

        Other threads wait until the block ends. Without it, each call is stored by itself. A power
        loss may undo a block that is not `lasting`, which is for records sent or seen: the run did
        not end then, so the next one sends all records.
        """

    def begin(self) -> int:
        """Record that a run begins, and return its id. The caller holds the lock of the section."""

    def describe(self, *, fingerprint: str, full: bool, legacy: str = "") -> None:
        """Record the kind of the run.

        The fingerprint stands for everything that decides which records there are; a run without
        one is never the latest complete one. Earlier runs with the fingerprint `legacy`, which
        stood for the same in an earlier version, get this one. A full run sends unchanged records,
        too.
        """

    def opened(self, portion: str) -> None:
        """Record that the run was opened at Oomnitza; repeated calls are cheap."""

    def closed(self, run: int | None = None) -> None:
        """Record that this run, or an earlier one, was closed at Oomnitza."""

    def end(self, state: str, counts: Mapping[str, int], error: str = "", retries: int = 0) -> None:
        """Record how the run ended.

        The state is "complete" where all of the source was read and every record has its outcome;
        else "partial" (it was not meant to be), "failed" or "interrupted"; raises ValueError for
        another one. With "unreadable" among the counts, missing records are unknown.
        """

    def record_fields(self, fields: Iterable[FieldCount]) -> None:
        """Record in how many records of the run each field was filled."""

    def fields(self, run: int) -> dict[str, FieldCount]:
        """Return what `record_fields` recorded for a run, by field; empty if it is not known."""

    def left_open(self) -> list[PastRun]:
        """Return earlier runs that were opened and not closed at Oomnitza, the oldest first."""

    def left_running(self) -> list[PastRun]:
        """Mark earlier runs without an end as killed, and return them, the oldest first.

        To be called while holding the section's lock, which proves that they are dead.
        """

    def last_complete(self) -> PastRun | None:
        """Return the latest complete run."""

    def last_full(self) -> float | None:
        """Return when the latest complete run began that sent all records, unchanged ones too.

        None if a run was killed since: what Oomnitza received of its last batches is unknown.
        """

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Return the records with these keys that were sent before, by key."""

    def last_sent(self, known: Known) -> dict[str, Any] | None:
        """Return the fields of a record as they were last sent."""

    def sent(self, items: Iterable[tuple[str, bytes, StoredText]]) -> None:
        """Record what Oomnitza accepted, as (key, digest, JSON text of the fields).

        These records are no longer saved for resend. The fields that differ from what was last sent
        are kept as changes of the run, up to a limit. A key that the run records more than once is
        one of its shared keys.
        """

    def take_trimmed(self) -> int:
        """Return how many records were sent whose keys had invisible characters around them before.

        The next call counts those that were sent since.
        """

    def distrust_run(self) -> None:
        """Treat the records of this run as changed: Oomnitza did not confirm them."""

    def seen(self, keys: Iterable[str]) -> None:
        """Record that the source still has these records, although they were not sent."""

    def seen_again(self, records: Iterable[Known]) -> None:
        """Record that these records, which `known` returned, are unchanged.

        As in `sent`, a key that the run records more than once is one of its shared keys.
        """

    def note_shared(self, keys: Iterable[tuple[str, int]]) -> None:
        """Record that the run had more records with these keys than those that were recorded.

        Each is given as (key, how many more).
        """

    def shared_keys(self, examples: int = 3) -> SharedKeys:
        """Return the keys that several records of this run had, by what was recorded of it."""

    def forget(self, keys: Iterable[str]) -> None:
        """Delete what is known of the records with these keys."""

    def missing(self) -> Iterator[Missing]:
        """Yield the records that earlier runs sent or saw, and the latest complete one did not.

        Those that were not missing after the complete run before it are new.
        A run that could not read some does not count. Runs count from the first complete one on
        since the fingerprint last changed; a run with another fingerprint changes it whatever
        became of the run.
        """

    def leavers(self, fingerprint: str, after: int) -> Iterator[Missing]:
        """Yield the records that this run and the `after` - 1 complete runs before it did not find.

        Only runs count that read and delivered everything, and that have the same fingerprint in a
        row. Records that `left` was called with are not among them, until they were sent again.
        """

    def distrust(self, keys: Iterable[str]) -> None:
        """Treat these records as changed: what Oomnitza received of them may be unknown."""

    def left(self, keys: Iterable[str]) -> None:
        """Record that Oomnitza was informed that these records are missing."""

    def count_missing(self) -> int:
        """Return how many records `missing` yields."""

    def restart(self) -> PastRun | None:
        """Return the complete run from which on missing records are known; None if all are.

        Runs before it had another fingerprint, so it cannot be told which of their records the
        source no longer has, and which ones it is no longer asked for.
        """

    def count_not_compared(self) -> int:
        """Return how many records were neither sent nor seen since the restart."""

    def checkpoints(self) -> dict[str, datetime]:
        """Return the time up to which the source was read, by scope.

        A scope stands, as a fingerprint does, for what decides on the records.
        """

    def reach(self, scope: str, reached: datetime) -> None:
        """Store the checkpoint of a scope, in whole seconds, unless a later one is stored."""

    def accepted_files(self, scope: str) -> set[str]:
        """Return the files that were read and accepted, as `accept_files` stored them."""

    def accept_files(self, scope: str, files: Iterable[str]) -> None:
        """Store the files that were read and accepted, instead of those of any scope before."""

    def saved_records(self) -> Iterator[SavedRecord]:
        """Yield the records of the section that are saved for resend, the oldest first."""

    def save_for_resend(self, items: Iterable[RecordToSave | SavedRecord]) -> None:
        """Save records that were not sent; the source still has them, so they are not missing.

        A record that is saved already is updated. It is identified by its key, else by its fetched
        text, else by the reason. What was last sent of it is no longer trusted, since Oomnitza may
        have accepted the record although the response was lost.
        """

    def clear(self, ids: Iterable[int]) -> None:
        """Delete saved records of earlier runs by id, unless this run has saved them again."""
