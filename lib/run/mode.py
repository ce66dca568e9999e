"""The differences between an upload, a dry run, and a resend, decided in one place.

Parts of a run are interchangeable: records from the source or saved ones, a ledger that writes or
is only read, an uploader or a dry run. A `Mode` selects them by the options; the steps of the run
use what they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from lib.config.sections import Section
from lib.errors import ConfigurationError, StateUnreadable
from lib.record import Record
from lib.run import leavers, lifecycle
from lib.run.batchsender import SendPolicy
from lib.run.checkpoints import checkpoint_of
from lib.run.fields import FieldCounts
from lib.run.fieldwarnings import field_warnings
from lib.run.fingerprints import plan_digest, record_digest
from lib.run.leavers import Leavers, NoLeavers, ShownLeavers
from lib.run.options import RunOptions
from lib.run.plan import SectionPlan
from lib.run.records import FreshRecords, Records, SavedRecords
from lib.run.saveddata import NothingSaved, SavedData
from lib.run.tally import Outcome
from lib.run.threshold import (
    FieldThreshold,
    RecordThreshold,
    Threshold,
    Thresholds,
    min_expected,
)
from lib.state import NullLedger, ReadOnlyLedger, SectionLedger, open_store, open_to_read
from lib.target.item import Item
from lib.target.target import Target
from lib.target.uploader import DryRun, Uploader


class Mode:
    """The parts of one run, selected by its options.

    With `strict`, Oomnitza must respond and accept the records. A dry run continues without.
    """

    def __init__(self, options: RunOptions) -> None:
        self.strict = not options.testmode
        self._options = options

    def open_ledger(
        self, stack: ExitStack, section: str, target: str, outcome: Outcome
    ) -> SectionLedger:
        """Open the ledger of the section; it is closed with the stack.

        An upload has it for itself. In a dry run it is only looked at; one that cannot be read is
        as good as empty then, and a note says so, unless what is in it is to be sent again. Raises
        AlreadyRunning, or ConfigurationError where the ledger cannot be used.
        """
        options = self._options

        def unreadable(error: StateUnreadable) -> None:
            if options.resend:
                raise error
            outcome.warnings.append(f"Not compared with earlier runs: {error}")

        if options.state is None:
            return NullLedger()
        if not options.testmode:
            store = stack.enter_context(open_store(options.state))
            stack.enter_context(store.lock(section, options.wait))
            return store.section(section, target)
        try:
            store = stack.enter_context(open_to_read(options.state))
            return ReadOnlyLedger(store.section(section, target), unreadable)
        except StateUnreadable as error:
            unreadable(error)
            return NullLedger()

    def saved_data(self, stack: ExitStack, section: Section, outcome: Outcome) -> NothingSaved:
        """Open the files of `--save-data`, if it was given; they are closed with the stack."""
        folder: Path | None = self._options.save_data
        if folder is None:
            return NothingSaved()
        saved = SavedData(folder, section.name)
        stack.enter_context(saved)
        outcome.notes.append(f"Records saved in {saved.fetched} and {saved.uploads.name}")
        return saved

    def problems(self, plan: SectionPlan) -> Iterator[str]:
        """Yield notes on what would make Oomnitza refuse the records; raises in an upload."""
        for name in plan.unmapped_sync_fields:
            what = f"the sync key {name} is not mapped"
            if self.strict:
                fix = f"Add `mapping.{name} = <source>` to the section, or map {name} in Oomnitza"
                raise ConfigurationError(what, fix=fix)
            yield f"An upload would fail: {what}."

    def is_full(self, plan: SectionPlan, ledger: SectionLedger) -> bool:
        """Whether the run sends all records, unchanged ones too."""
        return self._options.full or lifecycle.is_full_refresh(plan.section.settings, ledger)

    def records(
        self, plan: SectionPlan, ledger: SectionLedger, target: str, outcome: Outcome
    ) -> Records:
        """Return where the run gets its records from."""
        if self._options.resend:
            return SavedRecords(ledger, outcome)
        checkpoint = checkpoint_of(plan, target, ledger, full_refresh=self._options.full)
        projection = plan.projection(checkpoint, all_fields=self._options.all_fields)
        return FreshRecords(plan.source, projection)

    def uploader(self, target: Target, plan: SectionPlan, show: Callable[[Item], None]) -> Uploader:
        """Return where the run sends its records to."""
        return DryRun(show) if self._options.testmode else target.open_run(plan.upload)

    def thresholds(
        self, plan: SectionPlan, ledger: SectionLedger, fields: FieldCounts
    ) -> Thresholds:
        """Return the safety thresholds, without those that the options lift."""
        before = None if plan.source.incremental else ledger.last_complete()
        if self._options.resend or before is None:
            return Thresholds()
        settings, ready = plan.source.settings, before.counts["ready"]
        records = ready + before.counts.get("unreadable", 0)
        every: list[Threshold] = [
            RecordThreshold(min_expected(records, settings.shrink_limit)),
            FieldThreshold(fields, ledger.fields(before.id), ready, settings.field_limit),
        ]
        return Thresholds(*(item for item in every if item.name not in self._options.force))

    def send_policy(self, plan: SectionPlan, thresholds: Thresholds, *, full: bool) -> SendPolicy:
        """Return which records are sent; thresholds are for an upload of all records only."""
        whole = self.strict and not self._options.record_count
        return SendPolicy(
            thresholds if whole else Thresholds(),
            skip_unchanged=not full,
            digest=partial(record_digest, plan_digest(plan.upload)),
        )

    def leavers(
        self,
        plan: SectionPlan,
        ledger: SectionLedger,
        outcome: Outcome,
        show: Callable[[Record, Record], None],
    ) -> NoLeavers:
        """Return what the run does about missing records."""
        if plan.section.settings.missing != "send" or self._options.resend:
            return NoLeavers()
        forced = leavers.THRESHOLD in self._options.force
        if self._options.testmode:
            return ShownLeavers(plan, ledger, outcome, forced=forced, show=show)
        return Leavers(plan, ledger, outcome, forced=forced)

    def note_unmet(self, thresholds: Thresholds, outcome: Outcome) -> None:
        """Note in a dry run that an upload would have stopped at a safety threshold."""
        if not self.strict:
            outcome.warnings += thresholds.dry_run_warnings(outcome.ready)

    def field_warnings(
        self, plan: SectionPlan, ledger: SectionLedger, fields: FieldCounts
    ) -> list[str]:
        """Return warnings about fields that are empty, or filled in far fewer records than before.

        Without any for a source that is read incrementally: few records say nothing about fields.
        """
        if plan.source.incremental:
            return []
        before = ledger.last_complete()
        known = ledger.fields(before.id) if before else {}
        ready = before.counts["ready"] if before else 0
        return list(field_warnings(fields, known, ready, plan.section.name))

    def has_enough(self, kept: int) -> bool:
        """Whether as many records passed the filter as `--record-count` asks for."""
        return kept == self._options.record_count
