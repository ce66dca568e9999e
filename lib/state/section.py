"""What any store knows of one section and one target, and is told by a run of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from lib.state.rows import Known, Missing, PastRun, RecordToSave, SavedRecord, StoredText


class SectionLedger(Protocol):
    """The runs of a section, its records, and those of them that are saved for resend.

    What is noted of records belongs to the run that was begun, whose id is `run`.
    """

    run: int | None  # once it was begun

    def batch(self, *, lasting: bool = True) -> AbstractContextManager[None]:
        """All that is noted within it is kept as a whole, or not at all when that ends badly.

        Other threads wait until it is over. Without it, each call is kept by itself. A power loss
        may take back what is not `lasting`, which is for what was sent or seen: the run did not
        come to its end then, so that the next one sends all records.
        """

    def begin(self) -> int:
        """Note that a run begins, and return its id; only for who holds the lock of the section."""

    def describe(self, *, fingerprint: str, full: bool, legacy: str = "") -> None:
        """Note what kind of run it is, as soon as that is known.

        The fingerprint stands for all that decides which records there are; a run without one is
        never the latest complete one. Earlier runs that have the one that stood for the same
        `legacy` get this one. A full run is one that sends the unchanged ones, too.
        """

    def opened(self, portion: str) -> None:
        """Note that the run has been opened at Oomnitza; to say it again costs next to nothing."""

    def closed(self, run: int | None = None) -> None:
        """Note that the run, or an earlier one, has been closed at Oomnitza."""

    def end(self, state: str, counts: Mapping[str, int], error: str = "", retries: int = 0) -> None:
        """Note how the run ended.

        The state is "complete" where all of the source was read and every record has its outcome;
        else "partial" (it was not meant to be), "failed" or "interrupted"; raises ValueError for
        another one. With "unreadable" among the counts it is not known what is missing.
        """

    def left_open(self) -> list[PastRun]:
        """Earlier runs that were opened at Oomnitza and not closed there, the oldest first."""

    def left_running(self) -> list[PastRun]:
        """Note that earlier runs without an end were killed, and return them, the oldest first.

        To be called while holding the section's lock, which proves that they are dead.
        """

    def last_complete(self) -> PastRun | None:
        """The latest run that was complete."""

    def last_full(self) -> float | None:
        """When the latest complete run began that sent all records, changed or not.

        None where a run was killed since: nobody knows what Oomnitza got of its last batches.
        """

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Those of the records with these keys that were sent before."""

    def last_sent(self, known: Known) -> dict[str, Any] | None:
        """The fields of a record as they were last sent."""

    def sent(self, items: Iterable[tuple[str, bytes, StoredText]]) -> None:
        """Note (key, digest, JSON text of the fields) of records that Oomnitza has taken.

        They are no longer set aside.
        """

    def seen(self, keys: Iterable[str]) -> None:
        """Note that the source still has these records, of which nothing new was sent."""

    def seen_again(self, records: Iterable[Known]) -> None:
        """The same for records that were looked up already; they are found sooner."""

    def forget(self, keys: Iterable[str]) -> None:
        """Drop what is known of these records."""

    def missing(self) -> Iterator[Missing]:
        """Yield the records that earlier runs sent or saw, and the latest complete one did not.

        A run that could not read some does not count. Runs count from the first complete one on
        since the fingerprint last changed; a run with another fingerprint changes it whatever
        became of the run.
        """

    def count_missing(self) -> int:
        """How many records `missing` yields."""

    def checkpoints(self) -> dict[str, datetime]:
        """Up to where the section's source was read: a moment for each scope.

        A scope stands, as a fingerprint does, for what decides on the records.
        """

    def reach(self, scope: str, reached: datetime) -> None:
        """Keep the checkpoint of a scope, in whole seconds, unless a later one is kept already."""

    def saved_records(self) -> Iterator[SavedRecord]:
        """Yield what of the section is saved for resend now, the oldest first."""

    def save_for_resend(self, items: Iterable[RecordToSave | SavedRecord]) -> None:
        """Keep records that were not sent; the source still has them, so they are not missing.

        One that is saved already is brought up to date. It is known by its key; without one, by its
        fetched text; without that, by the reason. What was last sent of it no longer counts,
        since Oomnitza may have taken it although its answer was lost.
        """

    def clear(self, ids: Iterable[int]) -> None:
        """Drop what earlier runs saved under these ids, unless this one has saved it again."""
