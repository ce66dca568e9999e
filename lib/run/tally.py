"""The counts of one section's run: every fetched record ends in exactly one outcome."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field

from lib.errors import ConnectorError, Interrupted

# How many reasons a run distinguishes; a server may put something new into each of its refusals.
MOST_REASONS = 20
# The first word of the reasons why records were not sent.
REJECTED = "rejected"
INCOMPLETE = "incomplete"


@dataclass
class Tally:
    """The number of records by outcome.

    `fetched` counts the records that the source delivered or failed to deliver. Each has one
    outcome: filtered by the record filter, incomplete because a required field is empty, unchanged
    since it was last sent, sent, rejected (by Oomnitza, by a filter that failed, or unreadable), or
    unsent because the run ended first. `vanished` records were listed by the source, but not found.
    """

    fetched: int = 0
    filtered: int = 0
    incomplete: int = 0
    unchanged: int = 0
    sent: int = 0
    rejected: int = 0
    unsent: int = 0
    vanished: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in asdict(self).items())

    @property
    def accounted(self) -> int:
        """The records with an outcome other than unsent."""
        return self.filtered + self.incomplete + self.unchanged + self.sent + self.rejected

    @property
    def balanced(self) -> bool:
        """Whether the outcomes add up to the fetched records."""
        return self.fetched == self.accounted + self.unsent


@dataclass
class Example:
    """How often something happened, and the text of the first time."""

    count: int
    text: str


@dataclass
class Outcome:
    """The result of the run of one section; can be pickled.

    `complete` is True if the source was read to its end. `warnings` and `notes` are sentences.
    """

    section: str
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    error: ConnectorError | None = None
    failed_conversions: dict[str, Example] = field(default_factory=dict)
    not_sent: dict[str, Example] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: bool = False
    ready: int = 0  # records that were mapped, to be sent unless they are unchanged
    unreadable: int = 0  # records that were rejected before it was known which ones they are
    retries: int = 0  # requests that were made again
    fields: dict[str, int] = field(default_factory=dict)  # in how many records each was filled
    missing: int = 0  # records of earlier runs that the source no longer had
    leavers: int = 0  # missing records that were sent with the fields for them
    leavers_rejected: int = 0  # missing records that Oomnitza rejected
    # In a dry run: how many are new, changed, or the same, if it is known what was last sent.
    compared: Counter[str] = field(default_factory=Counter)
    response_shape: str = ""  # the structure of Oomnitza's first response to records
    unconfirmed: int = 0  # sent records that Oomnitza's run log had to confirm, and did not
    server: dict[str, int] | None = None  # what Oomnitza counted: added, updated, skipped, errors

    @property
    def status(self) -> str:
        """The status of the run, as `history` shows it."""
        if self.error:
            return "interrupted" if isinstance(self.error, Interrupted) else "failed"
        return "complete" if self.complete else "partial"

    @property
    def delivered(self) -> int:
        """The records that Oomnitza accepted: sent ones and missing ones."""
        return self.tally.sent + self.leavers

    @property
    def refused(self) -> int:
        """The records that Oomnitza may have counted as errors."""
        return self.tally.rejected + self.leavers_rejected

    def note_conversion(self, name: str, text: str) -> None:
        """Count a failed conversion under the name of its field."""
        _count(self.failed_conversions, name, text, "other fields")

    def note_rejected(self, reason: str, text: str) -> None:
        """Count a rejected record under its reason."""
        _count(self.not_sent, f"{REJECTED}: {reason}", text, f"{REJECTED}: other reasons")

    def note_incomplete(self, reason: str, text: str) -> None:
        """Count an incomplete record under its reason."""
        _count(self.not_sent, f"{INCOMPLETE}: {reason}", text, f"{INCOMPLETE}: other reasons")


def _count(examples: dict[str, Example], key: str, text: str, others: str) -> None:
    if key not in examples and len(examples) >= MOST_REASONS:
        key = others
    examples.setdefault(key, Example(0, text)).count += 1
