"""Refusals in a row: when their cause is the target or the mapping, and not single records."""

from __future__ import annotations

import logging

from lib.errors import ConfigurationError, TargetFault, TargetRefused, TargetUnavailable

log = logging.getLogger(__name__)

# A run stops if so many records were rejected in a row.
MOST_RECORDS = 100
# A run stops if so many requests in a row failed with an internal error. To find one record at
# fault among 100 takes 8, each of which is retried.
MOST_FAULTS = 16


class Refusals:
    """Counts the refusals of one run since the last accepted batch."""

    def __init__(self) -> None:
        self._records = 0
        self._faults = 0

    def accepted(self) -> None:
        """Start again from zero: the target accepts records."""
        self._records = self._faults = 0

    def refused(self, error: TargetRefused | TargetFault, records: int) -> None:
        """Count a refused request with so many records.

        Raises TargetUnavailable after too many internal errors, and ConfigurationError after too
        many rejected records.
        """
        if isinstance(error, TargetFault):
            self._count_fault(error, records)
        else:
            self._faults = 0
        if records == 1:
            self._records += 1
        if self._records > MOST_RECORDS:
            raise ConfigurationError(
                f"Oomnitza rejected {self._records} records in a row, so the run stopped",
                where=error.where,
                fix="See the reasons above; one of them probably applies to all records",
            )

    def _count_fault(self, error: TargetFault, records: int) -> None:
        self._faults += 1
        if self._faults > MOST_FAULTS:
            raise TargetUnavailable(
                f"Oomnitza responded to {self._faults} requests in a row with an internal error",
                where=error.where,
                fix="Run again later. The records that were not sent are saved for resend",
            )
        if self._faults == 1 and records > 1:
            log.warning(
                "%s: Oomnitza responded to %d records with an internal error; sending them in "
                "smaller batches to find the record that causes it, which can take minutes",
                error.where,
                records,
            )
