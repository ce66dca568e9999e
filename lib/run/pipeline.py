"""Run one section: read its records, filter them, map them, and send them.

Each record gets exactly one outcome. docs/explanation/architecture.md has the table of the phases
of a run.
"""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from lib import logs, secrets
from lib.config.sections import Section
from lib.errors import (
    ConnectorError,
    Interrupted,
    RecordGone,
    RecordUnreadable,
    SignInError,
    TargetUnavailable,
    UnsafeRun,
)
from lib.interruption import requested, shielded
from lib.logs import IN_SUMMARY
from lib.retry import retry_budget
from lib.run import lifecycle
from lib.run.attempt import attempt
from lib.run.batchsender import BatchSender
from lib.run.events import SectionEvents
from lib.run.fields import FieldCounts
from lib.run.fingerprints import source_settings
from lib.run.leavers import NoLeavers
from lib.run.mode import Mode
from lib.run.options import RunOptions
from lib.run.plan import SectionPlan, make_plan
from lib.run.preparation import Preparation
from lib.run.records import Records
from lib.run.runlog import compare_counts
from lib.run.saveddata import NothingSaved
from lib.run.tally import Outcome
from lib.run.threshold import Thresholds
from lib.settings import secrets_of
from lib.state import FieldCount, NullLedger, SectionLedger
from lib.target.item import Item
from lib.target.target import Target, TargetSettings
from lib.target.uploader import Uploader

log = logging.getLogger(__name__)


class Phase(Enum):
    """The phases of a run, in their order; an error may end it in any of them."""

    OPENING = "the plan is being made, and nothing has been read"
    READING = "records are being read, and sent in batches"
    SENDING = "reading has ended, and the last records are being sent"
    CLOSING = "all records were sent, and the run is being closed in Oomnitza"
    CLOSED = "Oomnitza has all records, and the run is closed"


@dataclass
class _Run:
    """The state of one run."""

    section: Section
    settings: TargetSettings
    mode: Mode
    events: SectionEvents
    outcome: Outcome
    phase: Phase = Phase.OPENING
    ledger: SectionLedger = field(default_factory=NullLedger)
    fields: list[FieldCount] = field(default_factory=list)


@dataclass(frozen=True)
class _Parts:
    """The parts of a run through which its records pass."""

    target: Target
    plan: SectionPlan
    records: Records
    saved: NothingSaved
    fields: FieldCounts
    thresholds: Thresholds
    prepare: Preparation
    sender: BatchSender
    uploader: Uploader
    leavers: NoLeavers


def run_section(
    section: Section,
    target: TargetSettings,
    options: RunOptions,
    events: SectionEvents | None = None,
) -> Outcome:
    """Run one section, and return its outcome; an error is in the outcome, and never raised.

    BrokenPipeError alone is raised: the reader of the output of a dry run has closed it.
    """
    outcome = Outcome(section.name)
    run = _Run(section, target, Mode(options), events or SectionEvents(section.name), outcome)
    started = time.monotonic()
    log.info("[%s] run started", section.name)
    with logs.about(section.name), ExitStack() as stack:
        budget = stack.enter_context(retry_budget(options.retry_ceiling))
        outcome.error = attempt(section.name, partial(_open_ledger, run, stack))
        outcome.error = outcome.error or attempt(section.name, partial(_transfer, run))
        outcome.retries = budget.used
        later = attempt(section.name, partial(_record_end, run))
        if isinstance(later, Interrupted) and not outcome.error:
            outcome.error = later
            later = attempt(section.name, partial(_record_end, run))  # the ledger says the same
        outcome.error = outcome.error or later
    if outcome.error:
        log.error("[%s] failed: %s", section.name, outcome.error, extra=IN_SUMMARY)
    outcome.seconds = time.monotonic() - started
    log.info(
        "[%s] run ended (%s) after %.1f s: %s",
        section.name,
        outcome.status,
        outcome.seconds,
        outcome.tally,
    )
    return outcome


def _open_ledger(run: _Run, stack: ExitStack) -> None:
    run.ledger = run.mode.open_ledger(stack, run.section.name, run.settings.url, run.outcome)
    lifecycle.begin(run.ledger, run.outcome)


@shielded()
def _record_end(run: _Run) -> None:
    lifecycle.end(run.ledger, run.outcome, run.fields)


def _transfer(run: _Run) -> None:
    """Open, read, and close. Records read before an error are sent, or saved for resend."""
    with ExitStack() as stack:
        parts = _open(run, stack)
        try:
            _read(run, parts)
            _close(run, parts)
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            if run.phase in (Phase.READING, Phase.SENDING):
                _abort(run, parts, error)
            raise
        finally:
            run.outcome.response_shape = parts.uploader.response_shape
            run.outcome.ready, run.outcome.fields = parts.sender.added, parts.fields.filled
            run.fields = list(parts.fields.rows())
            run.outcome.warnings += parts.plan.source.remarks.warnings
            run.outcome.notes += parts.plan.source.remarks.notes
        _conclude(run, parts)


def _open(run: _Run, stack: ExitStack) -> _Parts:
    """Make the plan, and create the parts of the run."""
    section, mode, ledger, outcome = run.section, run.mode, run.ledger, run.outcome
    secrets.remember(*secrets_of(section.settings), *secrets_of(run.settings))
    target = stack.enter_context(closing(run.settings.connect()))
    plan = make_plan(section, target, strict=mode.strict)
    outcome.warnings += [*plan.notes, *mode.problems(plan)]
    saved = mode.saved_data(stack, section, outcome)
    lifecycle.close_earlier_runs(ledger, target)
    full = mode.is_full(plan, ledger)
    lifecycle.describe(ledger, section, plan.source, plan.key_fields, full=full)
    uploader = mode.uploader(target, plan, partial(_show, run))
    progress = partial(run.events.progress, outcome, None)
    fields = FieldCounts(plan.fields, plan.omitted)
    thresholds = mode.thresholds(plan, ledger, fields)
    policy = mode.send_policy(plan, thresholds, full=full)
    sender = BatchSender(uploader, ledger, outcome, policy, progress, plan.record_names)
    stack.enter_context(closing(sender))
    records = mode.records(plan, ledger, run.settings.url, outcome)
    prepare = Preparation(plan, outcome, ledger, saved, fields)
    leavers = mode.leavers(plan, ledger, outcome, partial(run.events.show, section.name))
    return _Parts(
        target, plan, records, saved, fields, thresholds, prepare, sender, uploader, leavers
    )


def _read(run: _Run, parts: _Parts) -> None:
    """Prepare each record, and add it to the sender."""
    run.phase = Phase.READING
    with closing(parts.records.read()) as records:
        for item, saved_id in records:
            with shielded():  # from its count to its place in the sender
                _take(run, parts, item, saved_id)
            run.events.progress(run.outcome, parts.records.expected)
            if run.events.stop.is_set() or requested():
                raise KeyboardInterrupt
            if run.mode.has_enough(parts.prepare.kept):
                break
        else:
            parts.prepare.finish()
            run.outcome.complete = parts.records.complete


def _take(run: _Run, parts: _Parts, item: object, saved_id: int | None) -> None:
    tally = run.outcome.tally
    if isinstance(item, RecordGone):
        tally.vanished += 1
        log.info("[%s] %s", run.section.name, item)
    elif isinstance(item, RecordUnreadable):
        tally.fetched += 1
        parts.prepare.reject(item)
    else:
        assert isinstance(item, dict)  # noqa: S101
        tally.fetched += 1
        parts.saved.add_fetched(item)
        if ready := parts.prepare(item, saved_id):
            parts.leavers.present(ready.key)
            parts.sender.add(ready)


def _close(run: _Run, parts: _Parts) -> None:
    """Send what is left, and close the run at Oomnitza."""
    run.phase = Phase.SENDING
    parts.sender.finish()
    parts.leavers.send(parts.uploader)
    _close_at_target(run, parts)


@shielded()
def _close_at_target(run: _Run, parts: _Parts, error: str = "") -> None:
    """Close the run; a signal takes effect before or after that."""
    run.phase = Phase.CLOSING
    parts.uploader.finish(error)
    run.ledger.closed()
    run.phase = Phase.CLOSED


@shielded()
def _abort(run: _Run, parts: _Parts, error: BaseException) -> None:
    """Send what was read before the error, save what cannot be sent, and close the run."""
    reason = secrets.redact(str(error)) or "the run was interrupted"
    sender = parts.sender
    try:
        sender.flush()
    except ConnectorError as later:
        log.warning("[%s] %s", run.section.name, later)
    away = isinstance(sender.failure, TargetUnavailable | SignInError)
    try:
        # Records below the safety threshold are not saved: the next run reads them again.
        sender.save_unsent(reason, held=not isinstance(error, UnsafeRun))
        if not away:
            _close_at_target(run, parts, reason)
    except ConnectorError as later:
        log.warning("[%s] the run could not be closed in Oomnitza: %s", run.section.name, later)


def _conclude(run: _Run, parts: _Parts) -> None:
    """Ask Oomnitza for its counts, and commit the checkpoint if no record is left to be sent."""
    plan, outcome = parts.plan, run.outcome
    outcome.warnings += parts.prepare.warnings()
    if outcome.complete:
        if not outcome.tally.fetched and not plan.source.incremental:
            asked = [f"{key} = {value}" for key, value in source_settings(run.section).items()]
            given = f" ({', '.join(asked)})" if asked else ""
            outcome.warnings.append(f"The source returned no records{given}.")
        run.mode.note_unmet(parts.thresholds, outcome)
        outcome.warnings += run.mode.field_warnings(plan, run.ledger, parts.fields)
    if parts.uploader.portion:
        name = plan.upload.mapping_name
        compare_counts(parts.uploader, parts.target, name, outcome, run.ledger)
    left = outcome.tally.rejected or outcome.unconfirmed
    if outcome.complete and run.mode.strict and not left:
        parts.records.commit_checkpoint(incomplete=bool(outcome.tally.incomplete))


def _show(run: _Run, item: Item) -> None:
    """Emit a record of a dry run, with how it was last sent, if that is known."""
    known = run.ledger.known([item.key]).get(item.key) if item.key is not None else None
    before = run.ledger.last_sent(known) if known else None
    if before:  # what is left out does not change
        before = {name: value for name, value in before.items() if name not in item.omitted}
    record = item.values
    same = before == record
    run.outcome.compared["same" if same else "changed" if known else "new"] += 1
    run.events.show(run.section.name, record, before)
