"""Begin and end one run in the ledger, and close the earlier runs that did not end properly."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict

from lib import secrets
from lib.errors import ConnectorError, Interrupted, TargetFault, TargetRefused
from lib.interruption import shielded
from lib.run.tally import Outcome
from lib.state import SectionLedger
from lib.target.target import Target

log = logging.getLogger(__name__)


@shielded()
def begin(ledger: SectionLedger, outcome: Outcome) -> None:
    """Record that a run begins, and note earlier runs that were killed.

    The caller holds the section's lock, so a run without an end cannot be running any more.
    """
    for past in ledger.left_running():
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(past.started))
        outcome.notes.append(f"The run that began {moment} had been killed before its end.")
    ledger.begin()


def close_earlier_runs(ledger: SectionLedger, target: Target) -> None:
    """Close earlier runs that are still open in the target.

    Raises TargetUnavailable, and leaves them open, if the target cannot be reached.
    """
    for past in ledger.left_open():
        try:
            if past.portion:  # the older API knows no runs
                target.close_run(past.portion)
        except (TargetRefused, TargetFault) as error:
            log.info("[%s] an earlier run cannot be closed: %s", past.section, error)
        ledger.closed(past.id)


def close_tally(outcome: Outcome) -> None:
    """Count records without an outcome as unsent if the run failed, and check the counts.

    If the counts do not add up, the outcome gets an error.
    """
    tally = outcome.tally
    if outcome.error:
        tally.unsent = tally.fetched - tally.settled
    if not tally.balanced:
        log.error("[%s] the books do not balance: %s", outcome.section, tally)
        outcome.error = outcome.error or ConnectorError(f"the books do not balance: {tally}")


def end(ledger: SectionLedger, outcome: Outcome, *, complete: bool) -> None:
    """Record how the run ended, if it was begun, and count the missing records.

    `complete` says that the source was read to its end.
    """
    close_tally(outcome)
    if ledger.run is None:
        return
    state = "complete" if complete else "partial"
    if outcome.error:
        state = "interrupted" if isinstance(outcome.error, Interrupted) else "failed"
    ledger.end(
        state,
        {**asdict(outcome.tally), "ready": outcome.ready, "unreadable": outcome.unreadable},
        error=secrets.redact(str(outcome.error or "")),
        retries=outcome.retries,
    )
    if state == "complete":
        outcome.missing = ledger.count_missing()
