"""Begin and end one run in the ledger, and close the earlier runs that did not end properly."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from lib import secrets
from lib.config.sections import Section
from lib.connector import Connector
from lib.errors import ConnectorError, TargetFault, TargetRefused
from lib.interruption import shielded
from lib.mapping.mapping import FieldMapping
from lib.run.fingerprints import section_fingerprint
from lib.run.legacyfingerprints import legacy_fingerprint
from lib.run.tally import Outcome
from lib.sectionsettings import ConnectorSettings
from lib.settings import seconds
from lib.state import FieldCount, SectionLedger
from lib.target.target import Target
from lib.wording import not_compared

log = logging.getLogger(__name__)


@shielded()
def begin(ledger: SectionLedger, outcome: Outcome) -> None:
    """Record that a run begins, and note earlier runs that were killed.

    The caller holds the section's lock, so a run without an end cannot be running any more.
    """
    for past in ledger.left_running():
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(past.started))
        outcome.notes.append(f"The run started at {moment} was killed before it finished.")
    ledger.begin()


def is_full_refresh(settings: ConnectorSettings, ledger: SectionLedger) -> bool:
    """Whether a run sends all records, changed or not, by `changed_only` and `full_every`."""
    if not settings.changed_only:
        return True
    last = ledger.last_full()
    return last is None or not 0 <= time.time() - last < seconds(settings.full_every)


def describe(
    ledger: SectionLedger,
    section: Section,
    source: Connector[Any],
    keys: Sequence[FieldMapping],
    *,
    full: bool,
) -> None:
    """Record the kind of the run; `keys` are the fields that identify its records."""
    # A source that is read incrementally has no missing records, so its runs have no fingerprint.
    current = "" if source.incremental else section_fingerprint(section, keys)
    ledger.describe(fingerprint=current, full=full, legacy=legacy_fingerprint(section, keys))


def close_earlier_runs(ledger: SectionLedger, target: Target) -> None:
    """Close earlier runs that are still open in the target.

    Raises TargetUnavailable, and leaves them open, if the target cannot be reached.
    """
    for past in ledger.left_open():
        try:
            if past.portion:  # the older API knows no runs
                target.close_run(past.portion)
        except (TargetRefused, TargetFault) as error:
            log.info("[%s] cannot close an earlier run in Oomnitza: %s", past.section, error)
        ledger.closed(past.id)


def close_tally(outcome: Outcome) -> None:
    """Count records without an outcome as unsent if the run failed, and check the counts.

    If the counts do not add up, the outcome gets an error.
    """
    tally = outcome.tally
    if outcome.error:
        tally.unsent = tally.fetched - tally.accounted
    if not tally.balanced:
        log.error("[%s] the record counts do not add up: %s", outcome.section, tally)
        outcome.error = outcome.error or ConnectorError(
            f"the record counts do not add up: {tally}",
            fix="Report this bug, with the log file",
        )


def end(ledger: SectionLedger, outcome: Outcome, fields: Iterable[FieldCount] = ()) -> None:
    """Record how the run ended, if it was begun, and its fields; count the missing records."""
    close_tally(outcome)
    if ledger.run is None:
        return
    with ledger.batch():
        ledger.record_fields(fields)
        ledger.end(
            outcome.status,
            {**asdict(outcome.tally), "ready": outcome.ready, "unreadable": outcome.unreadable},
            error=secrets.redact(str(outcome.error or "")),
            retries=outcome.retries,
        )
    if outcome.status == "complete":
        outcome.missing = ledger.count_missing()
        restart = ledger.restart()
        if restart and restart.id == ledger.run and (number := ledger.count_not_compared()):
            outcome.notes.append(not_compared(number, "this run"))
