"""What happens to mapped records: held back while the brake is on, sifted, sent in batches, booked.

Records are handed in one by one. Each of them leaves in one outcome: unchanged since it was last
sent, taken by Oomnitza, rejected by it, or (when the run ends first) unsent. What is rejected or
unsent is saved for resend in the section's ledger.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from lib.compactset import CompactSet
from lib.errors import ConfigurationError, ConnectorError, RunCanceled, UnsafeRun
from lib.interruption import requested, shielded
from lib.run.spool import Spool
from lib.run.tally import Outcome, brief
from lib.run.underway import Sent, UnderWay
from lib.state import Known, SectionLedger
from lib.target.item import Item
from lib.target.uploader import Uploader

log = logging.getLogger(__name__)

# How often Oomnitza is asked whether somebody cancelled the run there, in seconds.
CANCEL_INTERVAL = 5.0
# When Oomnitza has refused so many records and taken none, it will not take the others.
MOST_REFUSALS = 25
# How many of the records that are saved for resend are in memory at once as they came.
UNPACKED = 100


@dataclass(frozen=True)
class Terms:
    """How a run delivers.

    `least` is the number of records without which nothing is sent: the brake. With `sift`, records
    that are as they were last sent are left out.
    """

    least: int = 0
    sift: bool = False


class Delivery:
    """The way of one run's records to Oomnitza; to be closed."""

    def __init__(
        self,
        uploader: Uploader,
        ledger: SectionLedger,
        outcome: Outcome,
        terms: Terms,
        progress: Callable[[], None],
    ) -> None:
        self.taken = 0
        self.failure: Exception | None = None  # after which nothing more is delivered
        self._uploader = uploader
        self._ledger = ledger
        self._outcome = outcome
        self._terms = terms
        self._progress = progress
        self._held = Spool()
        self._waiting: list[Item] = []  # to be sifted
        self._batch: list[Item] = []  # to be sent
        self._changed = CompactSet()  # the keys of what is sent although some is left out
        self._under_way = UnderWay(uploader)
        self._asked = time.monotonic()
        self._refused = 0

    @property
    def holds_back(self) -> bool:
        """Whether too few records have come so far for any of them to be sent."""
        return self.taken < self._terms.least

    def take(self, item: Item) -> None:
        """Take the next record; sends a batch where one is full."""
        self.taken += 1
        self._waiting.append(item)
        if self._under_way or self._outcome.tally.sent:
            self._stop_if_canceled()
        if self.taken == self._terms.least:
            self._hold_back()
            self._release()
        elif len(self._waiting) >= self._uploader.batch_size:
            if self.holds_back:
                self._hold_back()
            else:
                self._sift()
                self._send_what_is_full()

    def finish(self) -> None:
        """Send what is left, at the end of the source. Raises UnsafeRun if too little came."""
        if self.holds_back:
            raise UnsafeRun(
                f"only {self.taken} records came that could be sent, where at least"
                f" {self._terms.least} were expected after the last complete run; nothing was sent",
                fix="Check the rights of the account and the recordfilter; if it is right so,"
                " run once with --force",
            )
        self.flush()

    def flush(self) -> None:
        """Send what was taken so far, unless it is held back, or sending has failed before."""
        if self.failure:
            return
        if self.holds_back:
            self._hold_back()
            return
        self._sift()
        while self._batch:
            self._send()
        while self._under_way:
            self._settle()

    def abandon(self, reason: str, *, held: bool = True) -> None:
        """Save as unsent all that has no outcome yet; with `held`, also what is held back."""
        while self._under_way:
            try:
                self._settle()
            except Exception as error:
                unforeseen = not isinstance(error, ConnectorError)
                log.info("[%s] %s", self._outcome.section, error, exc_info=unforeseen)
        items = chain(self._batch, self._waiting, self._held if held else ())
        with self._ledger.batch():
            while some := list(islice(items, UNPACKED)):
                self._ledger.save_for_resend(item.to_save("unsent", reason) for item in some)
                self._clear(some)
        self._batch, self._waiting = [], []

    def close(self) -> None:
        self._under_way.close()
        self._held.close()

    def _hold_back(self) -> None:
        """Let what has to be sent wait for enough to come; the rest need not wait."""
        self._sift()
        items, self._batch = self._batch, []
        if items:
            self._held.add(*items)

    def _release(self) -> None:
        """Begin to send what was held back."""
        for item in self._held:
            self._batch.append(item)
            self._send_what_is_full()
            if requested():
                break  # the others are saved for resend

    def _send_what_is_full(self) -> None:
        while len(self._batch) >= self._uploader.batch_size:
            self._send()
        while self._under_way.has_come_back:
            self._settle()

    @shielded()
    def _sift(self) -> None:
        """Put those that wait into the batch, but for those that need not be sent."""
        items = self._waiting
        if self._terms.sift and items:
            known = self._ledger.known([item.key for item in items if item.key is not None])
            changed: list[Item] = []
            unchanged: list[Item] = []
            for item in items:
                before = None if item.key is None else known.get(item.key)
                same = before is not None and before.digest == item.digest
                # Of two records with one key the last one counts, so it must not be left out.
                if same and item.key not in self._changed:
                    unchanged.append(item)
                else:
                    changed.append(item)
                    if item.key is not None:
                        self._changed.add(item.key)
            self._leave_out(unchanged, known)
            items = changed
        self._batch += items
        self._waiting = []

    def _leave_out(self, items: Sequence[Item], known: Mapping[str, Known]) -> None:
        with self._ledger.batch(lasting=False):
            self._ledger.seen_again(known[item.key] for item in items if item.key is not None)
            self._clear(items)
        self._uploader.leave_out(items)
        self._outcome.tally.unchanged += len(items)

    def _send(self) -> None:
        """Begin to send one batch, as soon as there is room for it."""
        batch = self._batch[: self._uploader.batch_size]
        while not self._under_way.has_room_for(batch):
            self._settle()
        try:
            with shielded():
                self._stop_if_canceled()
                self._ledger.opened(self._uploader.portion)
                self._under_way.begin(batch)
                del self._batch[: len(batch)]
        except Exception as error:
            self.failure = error
            raise

    def _settle(self) -> None:
        """Wait for the oldest batch under way; what of it has no outcome is to be sent again.

        A signal that comes meanwhile waits until all is written down.
        """
        with shielded():
            sent = self._under_way.oldest()
            self._batch[:0] = sent.left
            tally = self._outcome.tally
            tally.sent += len(sent.taken)
            tally.rejected += len(sent.refused)
            try:
                self._write_down(sent)
            except Exception as error:
                self.failure = error
                raise
            if failure := sent.error or self._verdict(sent):
                self.failure = failure
                raise failure
        self._progress()

    def _verdict(self, sent: Sent) -> ConnectorError | None:
        """That Oomnitza takes nothing at all, judged by whole batches in their order."""
        tally = self._outcome.tally
        self._refused += len(sent.refused)
        # What is unchanged was taken once: as many others may well be refused for their own sake.
        if tally.sent or self._refused < MOST_REFUSALS + tally.unchanged:
            return None
        return ConfigurationError(
            f"Oomnitza took none of the first {self._refused} records",
            fix="See the reasons above; they are likely to be the same for all",
        )

    def _write_down(self, sent: Sent) -> None:
        for item, refusal in sent.refused:
            reason, text = refusal.what, brief(item.values)
            self._outcome.note_not_sent(f"rejected: {reason}", text)
            log.info("[%s] rejected: %s %s", self._outcome.section, reason, text)
        with self._ledger.batch(lasting=bool(sent.refused)):
            self._ledger.sent(
                (item.key, item.digest, item.mapped) for item in sent.taken if item.key is not None
            )
            self._ledger.save_for_resend(
                item.to_save("rejected", refusal.what) for item, refusal in sent.refused
            )
            self._clear([*sent.taken, *(item for item, _ in sent.refused)])

    def _clear(self, items: Sequence[Item]) -> None:
        """Drop what was saved for resend before: it has another outcome now, or is saved again."""
        self._ledger.clear(item.saved_id for item in items if item.saved_id is not None)

    def _stop_if_canceled(self) -> None:
        now = time.monotonic()
        if now - self._asked < CANCEL_INTERVAL:
            return
        self._asked = now
        try:
            canceled = self._uploader.canceled()
        except Exception as error:
            self.failure = error
            raise
        if canceled:
            self.failure = RunCanceled("the run was cancelled in Oomnitza")
            raise self.failure
