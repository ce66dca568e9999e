"""The differences between an upload, a dry run, and a resend, decided in one place.

Parts of a run are interchangeable: records from the source or saved ones, a ledger that writes or
is only read, an uploader or a dry run. A `Mode` selects them by the options; the steps of the run
use what they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from lib.config.sections import Section
from lib.errors import ConfigurationError, StateUnreadable
from lib.run import lifecycle, threshold
from lib.run.checkpoints import checkpoint_of
from lib.run.options import RunOptions
from lib.run.plan import SectionPlan
from lib.run.records import FreshRecords, Records, SavedRecords
from lib.run.saveddata import NothingSaved, SavedData
from lib.run.selection import SendPolicy
from lib.run.tally import Outcome
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
        self._compares = not (options.force or options.resend)

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

    def send_policy(self, plan: SectionPlan, ledger: SectionLedger, *, full: bool) -> SendPolicy:
        """Which records are sent; the safety threshold is for an upload of all records only."""
        whole = self._compares and self.strict and not self._options.record_count
        min_records = _min_records(plan, ledger) if whole else 0
        return SendPolicy(min_records, skip_unchanged=not full, duplicates=plan.duplicates)

    def note_if_below_threshold(
        self, plan: SectionPlan, ledger: SectionLedger, outcome: Outcome
    ) -> None:
        """Note in a dry run that an upload would have stopped below the safety threshold."""
        if self._compares and not self.strict and outcome.ready < _min_records(plan, ledger):
            outcome.warnings.append(
                "An upload would send nothing: there are far fewer records than in the last"
                " complete run (safety threshold)."
            )

    def has_enough(self, kept: int) -> bool:
        """Whether as many records passed the filter as `--record-count` asks for."""
        return kept == self._options.record_count


def _min_records(plan: SectionPlan, ledger: SectionLedger) -> int:
    """The safety threshold: with fewer records, none is sent."""
    return 0 if plan.source.incremental else threshold.min_records(ledger, plan.source.settings)
