"""The safety thresholds: what a run must have, compared with the last complete run.

Each threshold is one measure of a run. Until all of them are met, records are held back; if one is
not met at the end of the source, nothing is sent.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

from lib.errors import UnsafeRun
from lib.run.fields import FieldCounts, everywhere, filled_before
from lib.state import FieldCount
from lib.wording import counted

# Below this number of records, the threshold is one record: small sections vary. A field must have
# been filled in as many records to be watched.
SMALL = 20
# How many fields an error names.
MOST_FIELDS = 5


class Threshold(ABC):
    """One measure of a run, which `--force` lifts by its name."""

    name: str
    check: str  # what to check if it is not met
    intended: str  # when to use --force
    # Whether the records that are held back are saved for resend if the run breaks off.
    saves_held: bool

    @abstractmethod
    def waits(self, records: int) -> bool:
        """Return whether records must be held back, after so many of them."""

    @abstractmethod
    def failure(self, records: int) -> str:
        """Return why the run must send nothing, if these are all its records; otherwise empty."""

    @abstractmethod
    def dry_run_warning(self, records: int) -> str:
        """Return the same as a sentence for a dry run."""


class RecordThreshold(Threshold):
    """The minimum number of records."""

    name = "records"
    check = "Check the permissions of the account and the record filter"
    intended = "If the drop is intended"
    saves_held = True

    def __init__(self, minimum: int) -> None:
        self._minimum = minimum

    def waits(self, records: int) -> bool:
        return records < self._minimum

    def failure(self, records: int) -> str:
        if not self.waits(records):
            return ""
        return (
            f"safety threshold: only {counted(records, 'record')} to send, but at least"
            f" {self._minimum:,} were expected after the last complete run"
        )

    def dry_run_warning(self, records: int) -> str:
        if not self.waits(records):
            return ""
        return (
            "An upload would send nothing: there are far fewer records than in the last"
            " complete run (safety threshold)."
        )


class FieldThreshold(Threshold):
    """The fields that must not be empty in all records: those that many records had filled.

    `before` are the fields of the last complete run, which had `records` records. A field is
    watched if it was filled in 20 of them and in the share `limit`, such as "10%", and is still
    mapped in the same way. 100% watches none.
    """

    name = "fields"
    check = "Check the permissions of the account and the names of fields in the source"
    intended = "If the values are gone for good"
    saves_held = False  # a resend would overwrite the fields

    def __init__(
        self, counts: FieldCounts, before: Mapping[str, FieldCount], records: int, limit: str
    ) -> None:
        share = float(limit.rstrip("% "))
        self._counts = counts
        self._before = before
        self._records = records
        self._watched = [
            name
            for name in counts.overwritten
            if share < 100
            and counts.is_mapped_as(before.get(name))
            and before[name].filled >= max(SMALL, records * share / 100)
        ]

    def waits(self, records: int) -> bool:
        if self._watched:
            self._watched = [name for name in self._watched if self._counts.is_empty(name)]
        return bool(self._watched)

    def failure(self, records: int) -> str:
        facts = self._facts(records)
        return f"safety threshold for fields: {facts}" if facts else ""

    def dry_run_warning(self, records: int) -> str:
        failure = self.failure(records)
        return (
            f"An upload would send nothing. {failure[0].upper()}{failure[1:]}." if failure else ""
        )

    def _facts(self, records: int) -> str:
        if not records or not self.waits(records):
            return ""
        now, number = everywhere(records), len(self._watched)
        if number == 1:
            [name] = self._watched
            before = filled_before(self._before[name].filled, self._records)
            return f"{self._named(name)} is empty in {now}, but was {before}"
        named = [
            f"{self._named(name)} in {self._before[name].filled:,}"
            for name in self._watched[:MOST_FIELDS]
        ]
        if number > MOST_FIELDS:
            named.append(f"and {number - MOST_FIELDS} more fields")
        return (
            f"{number} fields are empty in {now}, but were filled in the last complete run"
            f" ({counted(self._records, 'record')}): {', '.join(named)}"
        )

    def _named(self, name: str) -> str:
        path = self._counts.source(name)
        return f"{name} (source path `{path}`)" if path else name


class Thresholds:
    """All thresholds of one run."""

    def __init__(self, *thresholds: Threshold) -> None:
        self._all = thresholds
        self._waiting = list(thresholds)

    def wait(self, records: int) -> bool:
        """Return whether records are still held back, after so many of them.

        A threshold that was met once stays met.
        """
        if self._waiting:
            self._waiting = [item for item in self._waiting if item.waits(records)]
        return bool(self._waiting)

    @property
    def save_held(self) -> bool:
        """Whether the records that are held back are saved for resend if the run breaks off."""
        return all(item.saves_held for item in self._waiting)

    def require(self, records: int) -> None:
        """Raise UnsafeRun if the run must send nothing, with `records` in all."""
        unmet = [item for item in self._all if item.failure(records)]
        if not unmet:
            return
        failures = "; ".join(item.failure(records) for item in unmet)
        checks = ". ".join(item.check for item in unmet)
        intended = unmet[0].intended if len(unmet) == 1 else "If all of this is intended"
        option = force_option([item.name for item in unmet])
        raise UnsafeRun(
            f"{failures}. Nothing was sent", fix=f"{checks}. {intended}, run once with {option}"
        )

    def dry_run_warnings(self, records: int) -> list[str]:
        """Return why an upload of these records would send nothing, as sentences."""
        return list(filter(None, (item.dry_run_warning(records) for item in self._all)))


def force_option(names: list[str]) -> str:
    """Return the option that lifts the thresholds with these names."""
    return "--force" if names == [RecordThreshold.name] else f"--force={','.join(names)}"


def min_expected(before: int, limit: str) -> int:
    """Return the minimum number of records after a complete run with `before` records.

    `limit` is how many may be fewer: a number ("10"), or a percentage ("50%").
    """
    if limit.endswith("%"):
        left = math.ceil(before * (100 - float(limit[:-1])) / 100)
        if left == 0:
            return 0
    else:
        left = before - int(limit)
    return max(left, 1) if before >= SMALL else min(before, 1)
