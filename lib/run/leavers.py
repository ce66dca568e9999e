"""Leavers: inform Oomnitza about records that several runs in a row did not find in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from lib.errors import UnsafeRun
from lib.jsontext import to_json
from lib.record import Record
from lib.run.fingerprints import section_fingerprint
from lib.run.plan import SectionPlan
from lib.run.tally import Outcome
from lib.run.threshold import force_option
from lib.state import Missing, SectionLedger, compress
from lib.target import packing
from lib.target.item import Item
from lib.target.refusals import Refusals
from lib.target.uploader import Uploader, send_with_bisect
from lib.wording import counted

# The name by which --force lifts the limit.
THRESHOLD = "missing"


class NoLeavers:
    """Sends nothing: missing records are only reported."""

    def present(self, key: str | None) -> None:
        """Take note of a record that the source still has."""

    def send(self, uploader: Uploader) -> None:
        """Send all missing records, after a run that knows what is missing.

        Raises UnsafeRun if there are too many.
        """


class Leavers(NoLeavers):
    """Sends the missing records of a section with the fields that its settings name.

    Only a run that read the whole source and delivered all its records knows what is missing.
    `forced` lifts the limit.
    """

    def __init__(
        self, plan: SectionPlan, ledger: SectionLedger, outcome: Outcome, *, forced: bool
    ) -> None:
        self._ledger = ledger
        self._outcome = outcome
        self._forced = forced
        self._names = plan.record_names
        self._settings = plan.section.settings
        self._values = dict(plan.section.missing)
        self._mapped = plan.fields.keys()
        self._fingerprint = section_fingerprint(plan.section, plan.key_fields)

    def send(self, uploader: Uploader) -> None:
        if not self._is_known:
            return
        if self._has_too_many():
            raise UnsafeRun(
                f"{self._too_many()}. No missing record was sent",
                fix="Check the permissions of the account and the settings of the source. If these"
                f" records are gone for good, run once with {force_option([THRESHOLD])}",
            )
        items = map(self._item, self._missing())
        while batch := list(islice(items, uploader.batch_size)):
            # Oomnitza may store them although its response does not arrive.
            self._ledger.distrust([item.key for item in batch if item.key is not None])
            for some, refusal in send_with_bisect(uploader, batch, Refusals()):
                if refusal:
                    reason = f"missing record: {refusal.what}"
                    self._outcome.note_rejected(reason, self._names(some[0].values))
                    self._outcome.leavers_rejected += 1
                else:
                    self._ledger.left([item.key for item in some if item.key is not None])
                    self._outcome.leavers += len(some)
        if sent := self._outcome.leavers:
            were = "was" if sent == 1 else "were"
            self._outcome.notes.append(f"{counted(sent, 'missing record')} {were} sent{self._how}.")
            self._note_unmapped()

    def _note_unmapped(self) -> None:
        names = [name for name in self._values if name not in self._mapped]
        if names:
            kept = ", ".join(f"{name} = {self._values[name]}" for name in names)
            self._outcome.notes.append(
                f"The mapping does not fill {', '.join(names)}. A missing record that returns to"
                f" the source keeps {kept} in Oomnitza."
            )

    @property
    def _how(self) -> str:
        return f" with {', '.join(f'{name} = {value}' for name, value in self._values.items())}"

    @property
    def _is_known(self) -> bool:
        tally = self._outcome.tally
        return self._outcome.complete and not tally.rejected

    def _missing(self) -> Iterator[Missing]:
        found = self._ledger.leavers(self._fingerprint, self._settings.missing_after)
        return (item for item in found if item.fields)

    def _item(self, missing: Missing) -> Item:
        values = (missing.fields or {}) | self._values
        return Item(packing.pack(values), compress(to_json(values)), missing.key, b"")

    def _has_too_many(self) -> bool:
        allowed = self._allowed()
        number = sum(1 for _ in islice(self._missing(), allowed + 1))
        return number > allowed and not self._forced

    def _allowed(self) -> int:
        """How many missing records may be sent; a percentage is one of the last complete run."""
        limit = self._settings.missing_limit
        if not limit.endswith("%"):
            return int(limit)
        before = self._ledger.last_complete()
        known = before.counts["ready"] if before else self._outcome.tally.fetched
        share = float(limit[:-1])
        return max(1, int(known * share / 100)) if share else 0

    def _too_many(self) -> str:
        number = sum(1 for _ in self._missing())
        are = "is" if number == 1 else "are"
        return (
            f"safety threshold for missing records: {counted(number, 'record')} {are} missing, but"
            f" missing_limit = {self._settings.missing_limit} allows {self._allowed():,}"
        )


class ShownLeavers(Leavers):
    """Shows what an upload would send: `show` gets each record as it would be, and as it was."""

    def __init__(
        self,
        plan: SectionPlan,
        ledger: SectionLedger,
        outcome: Outcome,
        *,
        forced: bool,
        show: Callable[[Record, Record], None],
    ) -> None:
        super().__init__(plan, ledger, outcome, forced=forced)
        self._show = show

    def present(self, key: str | None) -> None:
        if key is not None:
            self._ledger.seen([key])

    def send(self, uploader: Uploader) -> None:
        if not self._is_known:
            return
        if self._has_too_many():
            what = self._too_many()
            self._outcome.warnings.append(
                f"An upload would send no missing records. {what[0].upper()}{what[1:]}."
            )
            return
        for missing in self._missing():
            before = missing.fields or {}
            self._show(before | self._values, before)
            self._outcome.leavers += 1
        if number := self._outcome.leavers:
            records = counted(number, "missing record")
            self._outcome.notes.append(f"An upload would send {records}{self._how}.")
            self._note_unmapped()
