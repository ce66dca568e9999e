"""Compare the counts of a run with those in Oomnitza's run log."""

from __future__ import annotations

import logging

from lib.interruption import pause
from lib.run.tally import Outcome
from lib.state import SectionLedger
from lib.target.target import Target
from lib.target.uploader import Uploader

log = logging.getLogger(__name__)

PROCESSED = ("added", "updated", "skipped")
# How long after the run counts that differ are read again, in seconds. Oomnitza may still process
# the last batches; nobody outside of it knows when its counts are final.
READ_AGAIN_AFTER = 10


def compare_counts(
    uploader: Uploader, target: Target, mapping_name: str, outcome: Outcome, ledger: SectionLedger
) -> None:
    """Read the run log, note a difference, and distrust the run if it must be confirmed.

    More errors than the run had rejects are left to the exit code.
    """
    counts = target.run_counts(mapping_name, uploader.portion) or {}
    is_expected = uploader.needs_counts or _is_comparable(counts)
    if is_expected and not _adds_up(counts, outcome):
        pause(READ_AGAIN_AFTER)
        counts = target.run_counts(mapping_name, uploader.portion) or counts
    outcome.server = counts or None
    sent, adds_up = outcome.delivered, _adds_up(counts, outcome)
    if not adds_up and _is_comparable(counts):
        outcome.notes.append(
            f"Oomnitza's run log counts {_processed(counts):,} processed records in this run; the "
            f"connector sent {sent:,}."
        )
    if uploader.needs_counts and not adds_up:
        outcome.unconfirmed = sent
        ledger.distrust_run()


def _is_comparable(counts: dict[str, int]) -> bool:
    return all(name in counts for name in PROCESSED)


def _processed(counts: dict[str, int]) -> int:
    return sum(counts.get(name, 0) for name in PROCESSED)


def _adds_up(counts: dict[str, int], outcome: Outcome) -> bool:
    errors = max(0, counts.get("errors", 0) - outcome.refused)
    return _is_comparable(counts) and _processed(counts) + errors == outcome.delivered
