"""Select the records to be sent: skip unchanged ones, and decide between those with the same key.

Without `duplicates` in the section, records with the same key are all sent, one after the other, so
that the last one counts. The state database counts them, because it stores the key of each record
in any case. All other selections need the keys before the records are sent, so they go to a
temporary file.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from lib.compactset import CompactSet
from lib.duplicates import Winner
from lib.run.fingerprints import record_digest
from lib.run.recordnames import RecordNames
from lib.run.spool import Spool
from lib.run.tally import Outcome
from lib.run.threshold import Thresholds
from lib.run.unchanged import Digest, is_unchanged
from lib.state import (
    Known,
    Ranked,
    RecordToSave,
    RunKeys,
    SectionLedger,
    SharedKeys,
    open_run_keys,
)
from lib.target.item import Item
from lib.target.uploader import Uploader

log = logging.getLogger(__name__)

# How many of the records that wait for the end of the source are decided on at once.
AT_ONCE = 100


@dataclass(frozen=True)
class SendPolicy:
    """Which records of a run are sent.

    Until the `thresholds` are met, none is sent. With `skip_unchanged`, records are skipped that
    have not changed since they were last sent, as `digest` says. `duplicates` decides between
    records with the same key.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    skip_unchanged: bool = False
    digest: Digest = partial(record_digest, b"")
    duplicates: Winner = "last"


class Selection:
    """Selects the records of one run that are sent; to be closed.

    With `skip_unchanged`, records whose keys were shared in the last run wait for the end of the
    source: they are `waiting`. Otherwise, the first of two different records would never equal what
    was sent last, and both would be sent by each run.
    """

    def __init__(
        self,
        uploader: Uploader,
        ledger: SectionLedger,
        outcome: Outcome,
        policy: SendPolicy,
        names: RecordNames,
    ) -> None:
        self._uploader = uploader
        self._names = names
        self._ledger = ledger
        self._outcome = outcome
        self._policy = policy
        self.waiting = Spool()  # until it is known which of them wins
        self._keys: RunKeys | None = None
        # A dry run, and a run without a state database, records no keys.
        self._counts = policy.duplicates == "last" and ledger.run is None
        self._decides = policy.duplicates != "last"
        self._sent_keys = CompactSet()  # the keys of what is sent although unchanged is skipped

    def __call__(self, new: Sequence[Item], queued: Sequence[Item] = ()) -> list[Item]:
        """Return the records to send: what is left of the queued records, then of the new ones."""
        kept, items = list(queued), list(new)
        if self._decides or self._counts:
            lost = self._rank(items)
            if lost and self._decides:
                kept, dropped = _split(kept, lost)
                items, dropped_now = _split(items, lost)
                self._drop([*dropped, *dropped_now])
        if self._policy.skip_unchanged and items:
            items = self._without_unchanged(items)
        return kept + items

    def winners(self, items: Sequence[Item]) -> list[Item]:
        """Return those of some held records that no later record has won against."""
        if self._policy.duplicates != "newest":
            return list(items)
        return self._winners(items)

    def decide(self) -> list[Item]:
        """Take out some of the records that wait, and return those that are to be sent."""
        some = list(islice(self.waiting, AT_ONCE))
        return self._without_unchanged(self._winners(some), wait=False)

    def finish(self) -> SharedKeys:
        """Return the keys that several records had, and record them; called once all are sent."""
        if self._keys:
            self._ledger.note_shared((key, number - 1) for key, number in self._keys.shared())
            if self._decides or self._counts:
                return self._keys.shared_keys()
        return self._ledger.shared_keys()

    def close(self) -> None:
        """Discard the records that wait, and the temporary file."""
        self.waiting.close()
        if self._keys:
            self._keys.close()

    def _rank(self, items: Sequence[Item]) -> set[int]:
        """Add the keys of records to those of the run; return the positions of those that lost."""
        if not self._keys:
            self._keys = open_run_keys()
        return self._keys.rank(
            [
                Ranked(item.key, item.position, self._rank_of(item), item.mapped)
                for item in items
                if item.key is not None
            ]
        )

    def _rank_of(self, item: Item) -> float:
        match self._policy.duplicates:
            case "first" | "reject":
                return -item.position
            case "newest":
                return item.contact
        return 0

    def _winners(self, items: Sequence[Item]) -> list[Item]:
        assert self._keys  # noqa: S101
        winners = self._keys.winners([item.key for item in items if item.key is not None])
        lost = {
            item.position
            for item in items
            if item.key is not None and winners[item.key] != item.position
        }
        kept, dropped = _split(items, lost)
        self._drop(dropped)
        return kept

    def _drop(self, items: Sequence[Item]) -> None:
        """Count records that are not sent because another one with the same key was chosen."""
        if not items:
            return
        if self._policy.duplicates == "reject":
            self._reject(items)
        else:
            self._outcome.tally.duplicate += len(items)
        self._ledger.clear(item.saved_id for item in items if item.saved_id is not None)

    def _reject(self, items: Sequence[Item]) -> None:
        self._outcome.tally.rejected += len(items)
        reason = "the sync key is the same as that of an earlier record"
        rows: list[RecordToSave] = []
        for item in items:
            text = self._names.of_item(item)
            self._outcome.note_rejected(reason, text)
            log.info("[%s] rejected: %s (%s)", self._outcome.section, reason, text)
            # By its key, it would be taken for the record that was sent.
            rows.append(item.to_save("rejected", reason, with_key=False))
        self._ledger.save_for_resend(rows)

    def _without_unchanged(self, items: Sequence[Item], *, wait: bool = True) -> list[Item]:
        known = self._ledger.known([item.key for item in items if item.key is not None])
        changed: list[Item] = []
        unchanged: list[Item] = []
        waiting: list[Item] = []
        first = self._policy.duplicates in ("first", "reject")  # it is known at once which one wins
        for item in items:
            before = None if item.key is None else known.get(item.key)
            same = before is not None and is_unchanged(
                item, before, self._ledger, self._policy.digest
            )
            if wait and before and before.twins and not first:
                waiting.append(item)
            # What was sent by this run with the key of this record was another record.
            elif same and item.key not in self._sent_keys:
                unchanged.append(item)
            else:
                changed.append(item)
                if item.key is not None:
                    self._sent_keys.add(item.key)
        self._record_unchanged(unchanged, known)
        if waiting:
            self._let_wait(waiting)
        return changed

    def _let_wait(self, items: Sequence[Item]) -> None:
        if not (self._decides or self._counts):  # the keys of all others are not needed
            self._rank(items)
        self.waiting.add(*items)

    def _record_unchanged(self, items: Sequence[Item], known: Mapping[str, Known]) -> None:
        with self._ledger.batch(lasting=False):
            self._ledger.seen_again(known[item.key] for item in items if item.key is not None)
            self._ledger.clear(item.saved_id for item in items if item.saved_id is not None)
        self._uploader.leave_out(items)
        self._outcome.tally.unchanged += len(items)


def _split(items: Sequence[Item], lost: set[int]) -> tuple[list[Item], list[Item]]:
    """Return the records that are kept, and those whose positions are among the lost ones."""
    kept = [item for item in items if item.position not in lost]
    return kept, [item for item in items if item.position in lost]
