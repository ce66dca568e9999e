"""One run's entry in the ledger: what earlier runs left behind, how it ended."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict

from lib import secrets
from lib.errors import ConnectorError, Interrupted, TargetFault, TargetRefused
from lib.interruption import shielded
from lib.record import Record
from lib.run.tally import Outcome
from lib.state import SectionLedger
from lib.target.target import Target

log = logging.getLogger(__name__)


@shielded()
def begin(book: SectionLedger, outcome: Outcome) -> None:
    """Enter a new run; earlier ones that never ended were killed, as the lock proves."""
    for past in book.left_running():
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(past.started))
        outcome.notes.append(f"The run that began {moment} had been killed before its end.")
    book.begin()


def saved_records(book: SectionLedger, outcome: Outcome) -> Iterator[tuple[Record, int]]:
    """Yield the records that were saved for resend, as they came, with their numbers."""
    without = 0
    for saved in book.saved_records():
        if saved.fetched is None:
            without += 1
        else:
            yield json.loads(saved.fetched), saved.id
    if without:
        outcome.notes.append(
            f"The source could not deliver {without} of what is set aside, which hence cannot be"
            " sent again; the next upload reads it anew."
        )


def close_earlier_runs(book: SectionLedger, target: Target) -> None:
    """Close at Oomnitza the runs that ended without doing so."""
    for past in book.left_open():
        try:
            if past.portion:  # the older API knows no runs
                target.close_run(past.portion)
        except (TargetRefused, TargetFault) as error:
            log.info("[%s] an earlier run cannot be closed: %s", past.section, error)
        book.closed(past.id)


def close_tally(outcome: Outcome) -> None:
    """Count what had no outcome when the run ended, and see that the books balance."""
    tally = outcome.tally
    if outcome.error:
        tally.unsent = tally.fetched - tally.settled
    if not tally.balanced:
        log.error("[%s] the books do not balance: %s", outcome.section, tally)
        outcome.error = outcome.error or ConnectorError(f"the books do not balance: {tally}")


def end(book: SectionLedger, outcome: Outcome, *, complete: bool) -> None:
    """Enter how the run ended, if it was begun, and count what it no longer found at the source."""
    close_tally(outcome)
    if book.run is None:
        return
    state = "complete" if complete else "partial"
    if outcome.error:
        state = "interrupted" if isinstance(outcome.error, Interrupted) else "failed"
    book.end(
        state,
        {**asdict(outcome.tally), "ready": outcome.ready, "unreadable": outcome.unreadable},
        error=_told(outcome.error),
        retries=outcome.retries,
    )
    if state == "complete":
        outcome.missing = book.count_missing()


def _told(error: ConnectorError | None) -> str:
    return secrets.redact(str(error)) if error else ""
