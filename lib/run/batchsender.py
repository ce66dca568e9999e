"""Send mapped records in batches, and record the outcome of each in the section's ledger.

Records are added one by one. Each of them gets one outcome: unchanged since it was last sent,
accepted or rejected by Oomnitza, or unsent if the run ends first. Rejected and unsent records are
saved for resend.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice

from lib.compactset import CompactSet
from lib.errors import ConfigurationError, ConnectorError, RunCanceled
from lib.interruption import requested, shielded
from lib.run.fingerprints import record_digest
from lib.run.inflight import BatchResult, InFlight
from lib.run.recordnames import RecordNames
from lib.run.spool import Spool
from lib.run.tally import Outcome
from lib.run.threshold import Thresholds
from lib.run.unchanged import Digest, is_unchanged
from lib.state import Known, SectionLedger
from lib.target.item import Item
from lib.target.uploader import Uploader

log = logging.getLogger(__name__)

# How often Oomnitza is asked whether the run was canceled there, in seconds.
CANCEL_INTERVAL = 5.0
# A run stops if Oomnitza has rejected this many records and accepted none.
MAX_REJECTED = 25
# How many of the records that are saved for resend are decompressed in memory at once.
UNPACKED = 100


@dataclass(frozen=True)
class SendPolicy:
    """Which records of a run are sent.

    Until the `thresholds` are met, none is sent. With `skip_unchanged`, records are skipped that
    have not changed since they were last sent, as `digest` says.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    skip_unchanged: bool = False
    digest: Digest = partial(record_digest, b"")


class BatchSender:
    """Sends the records of one run; to be closed.

    `added` counts its records. After a `failure`, nothing more is sent.
    """

    def __init__(
        self,
        uploader: Uploader,
        ledger: SectionLedger,
        outcome: Outcome,
        policy: SendPolicy,
        progress: Callable[[], None],
        names: RecordNames | None = None,
    ) -> None:
        self.added = 0
        self.failure: Exception | None = None
        self._uploader = uploader
        self._ledger = ledger
        self._outcome = outcome
        self._policy = policy
        self._progress = progress
        self._names = names or RecordNames()
        self._holding = policy.thresholds.wait(0)
        self._held = Spool()  # changed records, while a threshold is not met
        self._new: list[Item] = []  # not compared yet with what was last sent
        self._batch: list[Item] = []  # to be sent
        self._sent_keys = CompactSet()  # the keys of what is sent although unchanged is skipped
        self._in_flight = InFlight(uploader)
        self._last_asked = time.monotonic()
        self._rejected = 0

    def add(self, item: Item) -> None:
        """Add the next record; sends a batch if one is full.

        Raises RunCanceled, or the error that keeps batches from being sent.
        """
        self.added += 1
        self._new.append(item)
        if self._in_flight or self._outcome.tally.sent:
            self._stop_if_canceled()
        if self._holding and not self._policy.thresholds.wait(self.added):
            self._release()
        elif len(self._new) >= self._uploader.batch_size:
            if self._holding:
                self._hold()
            else:
                self._skip_unchanged()
                self._send_full_batches()

    def finish(self) -> None:
        """Send the last records, at the end of the source.

        Raises UnsafeRun if a safety threshold is not met.
        """
        self._policy.thresholds.require(self.added)
        if self._holding:
            with shielded():
                self._release()
        self.flush()

    def flush(self) -> None:
        """Send what was added so far, unless it is held back or sending has failed."""
        if self.failure:
            return
        if self._holding:
            self._hold()
            return
        self._skip_unchanged()
        while self._batch:
            self._send()
        while self._in_flight:
            self._collect()

    def save_unsent(self, reason: str, *, held: bool = True) -> None:
        """Save for resend all records without an outcome; with `held`, those held back, too.

        Where a threshold forbids it, those that are held back are not saved.
        """
        held = held and not (self._holding and not self._policy.thresholds.save_held)
        while self._in_flight:
            try:
                self._collect()
            except Exception as error:
                unforeseen = not isinstance(error, ConnectorError)
                log.info("[%s] %s", self._outcome.section, error, exc_info=unforeseen)
        items = chain(self._batch, self._new, self._held if held else ())
        with self._ledger.batch():
            while some := list(islice(items, UNPACKED)):
                self._ledger.save_for_resend(item.to_save("unsent", reason) for item in some)
                self._clear_saved(some)
        self._batch, self._new = [], []

    def close(self) -> None:
        """Wait for the threads to end, and drop the records that are held back."""
        self._in_flight.close()
        self._held.close()

    def _hold(self) -> None:
        """Hold back what is to be sent until the thresholds are met; skip what is unchanged."""
        self._skip_unchanged()
        items, self._batch = self._batch, []
        if items:
            self._held.add(*items)

    def _release(self) -> None:
        """Send what was held back, in full batches."""
        self._hold()
        self._holding = False
        for item in self._held:
            self._batch.append(item)
            self._send_full_batches()
            if requested():
                break  # the others are saved for resend

    def _send_full_batches(self) -> None:
        while len(self._batch) >= self._uploader.batch_size:
            self._send()
        while self._in_flight.oldest_is_done:
            self._collect()

    @shielded()
    def _skip_unchanged(self) -> None:
        """Move new records to the batch, without those that have not changed."""
        items = self._new
        if self._policy.skip_unchanged and items:
            known = self._ledger.known([item.key for item in items if item.key is not None])
            changed: list[Item] = []
            unchanged: list[Item] = []
            for item in items:
                before = None if item.key is None else known.get(item.key)
                same = before is not None and is_unchanged(
                    item, before, self._ledger, self._policy.digest
                )
                # Of two records with one key the last one counts, so it must not be skipped.
                if same and item.key not in self._sent_keys:
                    unchanged.append(item)
                else:
                    changed.append(item)
                    if item.key is not None:
                        self._sent_keys.add(item.key)
            self._record_unchanged(unchanged, known)
            items = changed
        self._batch += items
        self._new = []

    def _record_unchanged(self, items: Sequence[Item], known: Mapping[str, Known]) -> None:
        with self._ledger.batch(lasting=False):
            self._ledger.seen_again(known[item.key] for item in items if item.key is not None)
            self._clear_saved(items)
        self._uploader.leave_out(items)
        self._outcome.tally.unchanged += len(items)

    def _send(self) -> None:
        """Begin to send one batch, as soon as there is room for it."""
        batch = self._batch[: self._uploader.batch_size]
        while not self._in_flight.has_room_for(batch):
            self._collect()
        try:
            with shielded():
                self._stop_if_canceled()
                self._ledger.opened(self._uploader.portion)
                self._in_flight.start(batch)
                del self._batch[: len(batch)]
        except Exception as error:
            self.failure = error
            raise

    def _collect(self) -> None:
        """Wait for the result of the oldest batch, and record it; what remains is sent again.

        A signal that comes in between takes effect when the result is recorded.
        """
        with shielded():
            result = self._in_flight.take_oldest()
            self._batch[:0] = result.remaining
            tally = self._outcome.tally
            tally.sent += len(result.accepted)
            tally.rejected += len(result.rejected)
            try:
                self._record_result(result)
            except Exception as error:
                self.failure = error
                raise
            if failure := result.error or self._all_rejected(result):
                self.failure = failure
                raise failure
        self._progress()

    def _all_rejected(self, result: BatchResult) -> ConnectorError | None:
        """The error to stop with if Oomnitza accepts nothing, judged after each whole batch."""
        tally = self._outcome.tally
        self._rejected += len(result.rejected)
        # Unchanged records were accepted once, so as many rejections may have causes of their own.
        if tally.sent or self._rejected < MAX_REJECTED + tally.unchanged:
            return None
        return ConfigurationError(
            f"Oomnitza rejected all of the first {self._rejected:,} records, so the run stopped",
            fix="Correct the mapping or the permissions of the Oomnitza user. See the reasons given"
            " for the rejected records",
        )

    def _record_result(self, result: BatchResult) -> None:
        for item, refusal in result.rejected:
            reason, text = refusal.what, self._names.of_item(item)
            self._outcome.note_rejected(reason, text)
            log.info("[%s] rejected: %s (%s)", self._outcome.section, reason, text)
        with self._ledger.batch(lasting=bool(result.rejected)):
            self._ledger.sent(
                (item.key, item.digest, item.mapped)
                for item in result.accepted
                if item.key is not None
            )
            self._ledger.save_for_resend(
                item.to_save("rejected", refusal.what) for item, refusal in result.rejected
            )
            self._clear_saved([*result.accepted, *(item for item, _ in result.rejected)])

    def _clear_saved(self, items: Sequence[Item]) -> None:
        """Delete earlier saved copies of records that have a new outcome, or were saved again."""
        self._ledger.clear(item.saved_id for item in items if item.saved_id is not None)

    def _stop_if_canceled(self) -> None:
        now = time.monotonic()
        if now - self._last_asked < CANCEL_INTERVAL:
            return
        self._last_asked = now
        try:
            canceled = self._uploader.canceled()
        except Exception as error:
            self.failure = error
            raise
        if canceled:
            self.failure = RunCanceled("the run was canceled in Oomnitza")
            raise self.failure
