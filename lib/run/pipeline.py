"""The run of one section.

Records come from its connector, pass the record filter, are mapped to Oomnitza fields, and are
delivered; every record ends in exactly one named outcome.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import Any

from lib import connector, logs, secrets
from lib.checkpoint import Checkpoint
from lib.config.sections import Section
from lib.connector import Connector, Delivered, Sources
from lib.errors import (
    ConfigurationError,
    ConnectorError,
    Interrupted,
    RecordGone,
    RecordUnreadable,
    SignInError,
    TargetUnavailable,
    UnsafeRun,
)
from lib.http.ratelimit import retry_budget
from lib.interruption import shielded
from lib.logs import IN_SUMMARY
from lib.mapping.mapper import Mapper
from lib.mapping.mapping import FieldMapping
from lib.oomnitza import bulk, layers
from lib.oomnitza.bulk import UploadPlan
from lib.oomnitza.client import OomnitzaClient, OomnitzaSettings
from lib.oomnitza.upload import DryRun, Item, Uploader
from lib.recordfilter import RecordFilter, compile_filter
from lib.run import bookkeeping, continuity
from lib.run.attempt import attempt
from lib.run.checkpoints import checkpoint_of
from lib.run.delivery import Delivery, Terms
from lib.run.options import Listener, RunOptions
from lib.run.preparation import Preparation
from lib.run.saveddata import NothingSaved, SavedData
from lib.run.tally import Outcome
from lib.settings import secrets_of
from lib.state import NullLedger, SectionLedger

log = logging.getLogger(__name__)


def run_section(
    section: Section,
    oomnitza: OomnitzaSettings,
    options: RunOptions,
    listener: Listener | None = None,
) -> Outcome:
    """Run one section to its end, good or bad; what went wrong is in the outcome."""
    run = _Run(section, oomnitza, options, listener or Listener())
    outcome = run.outcome
    started = time.monotonic()
    log.info("[%s] begins", section.name)
    with logs.about(section.name), ExitStack() as stack:
        budget = stack.enter_context(retry_budget(options.retry_ceiling))
        outcome.error = attempt(section.name, partial(run.open_book, stack))
        outcome.error = outcome.error or attempt(section.name, run.to_the_end)
        outcome.retries = budget.used
        later = attempt(section.name, run.write_down)
        if isinstance(later, Interrupted) and not outcome.error:
            outcome.error = later
            later = attempt(section.name, run.write_down)  # so that the ledger says the same
        outcome.error = outcome.error or later
    if outcome.error:
        log.error("[%s] failed: %s", section.name, outcome.error, extra=IN_SUMMARY)
    outcome.seconds = time.monotonic() - started
    log.info("[%s] ends after %.1f s: %s", section.name, outcome.seconds, outcome.tally)
    return outcome


class _Run:
    """One run of one section, step by step."""

    def __init__(
        self, section: Section, oomnitza: OomnitzaSettings, options: RunOptions, listener: Listener
    ) -> None:
        self.outcome = Outcome(section.name)
        self._section = section
        self._oomnitza = oomnitza
        self._options = options
        self._listener = listener
        self._saved = NothingSaved()
        self._book: SectionLedger = NullLedger()
        self._checkpoint = Checkpoint()
        self._read_to_the_end = False
        self._closing = False

    def open_book(self, stack: ExitStack) -> None:
        options = self._options
        self._book = bookkeeping.open_book(
            stack,
            options.state,
            self._section.name,
            self._oomnitza.url,
            testmode=options.testmode,
            wait=options.wait,
            resend=options.resend,
            outcome=self.outcome,
        )
        bookkeeping.begin(self._book, self.outcome)

    @shielded()
    def write_down(self) -> None:
        complete = self._read_to_the_end and not self._options.resend
        bookkeeping.end(self._book, self.outcome, complete=complete)

    def to_the_end(self) -> None:
        section, options = self._section, self._options
        secrets.remember(*secrets_of(section.settings), *secrets_of(self._oomnitza))
        source = connector.load(section.connector)(section.settings)
        with ExitStack() as stack:
            client = stack.enter_context(closing(OomnitzaClient(self._oomnitza)))
            fields = self._mapping(client, source)
            resources = replace(section.resources, locations=client.locations)
            mapper = Mapper(fields.values(), section.settings, resources)
            if options.save_data:
                self._saved = saved = SavedData(options.save_data, section.name)
                stack.enter_context(saved)
                self.outcome.notes.append(f"Saved: {saved.fetched} and {saved.uploads.name}")
            if not options.testmode:
                bookkeeping.close_earlier_runs(self._book, client)
            self._process(source, client, mapper, fields)

    def _mapping(self, client: OomnitzaClient, source: Connector[Any]) -> dict[str, FieldMapping]:
        """Sign in where Oomnitza is needed; in testmode a run goes on without it."""
        with_server = self._section.settings.use_server_map
        server: layers.ServerMapping = {}
        if self._options.testmode:
            if with_server:
                server, notes = layers.kept_in_oomnitza(client, source)
                self.outcome.notes += notes
        else:
            client.sign_in()
            if with_server:
                server = client.server_mapping(source.mapping_name)
        self.outcome.notes += layers.doubly_mapped(server, self._section.mapping)
        fields = layers.effective_mapping(source, self._section.mapping, server)
        try:
            layers.require_sync_fields(source, fields)
        except ConfigurationError as error:
            if not self._options.testmode:
                raise
            self.outcome.notes.append(f"An upload would be refused: {error.what}.")
        return fields

    def _process(
        self,
        source: Connector[Any],
        client: OomnitzaClient,
        mapper: Mapper,
        fields: dict[str, FieldMapping],
    ) -> None:
        plan = UploadPlan.of(source, fields)
        full = self._options.full or continuity.is_full(self._section.settings, self._book)
        recognised = [fields[name] for name in plan.key_fields]
        continuity.describe(self._book, self._section, source, recognised, full=full)
        target, anew = self._oomnitza.url, self._options.full
        self._checkpoint = checkpoint_of(
            self._section, source, target, fields.values(), self._book, anew=anew
        )
        keep = compile_filter(self._section.recordfilter)
        recogniser = Mapper(recognised, source.settings, self._section.resources)
        prepare = Preparation(keep, mapper, recogniser, plan, self.outcome, self._book, self._saved)
        uploader = self._uploader(client, plan)
        terms = self._terms(source, full=full)
        progress = partial(self._listener.progress, self.outcome, None)
        delivery = Delivery(uploader, self._book, self.outcome, terms, progress)
        with closing(delivery):
            try:
                with closing(self._delivered(source, keep, mapper)) as delivered:
                    self._deliver(delivered, source, prepare, delivery)
                delivery.finish()
                self._close(uploader)
            except (Exception, KeyboardInterrupt, SystemExit) as error:
                if not self._closing:
                    self._end_badly(delivery, uploader, error)
                raise
        self.outcome.ready = delivery.taken
        if self._options.testmode:
            self._note_brake(source)
            return
        if uploader.portion:
            self.outcome.server = client.run_counts(plan.mapping_name, uploader.portion)
        left = self.outcome.tally.rejected or self.outcome.tally.incomplete
        if self._read_to_the_end and not left and not self._options.resend:
            self._checkpoint.commit()

    def _delivered(
        self, source: Connector[Any], keep: RecordFilter, mapper: Mapper
    ) -> Generator[tuple[Delivered, int | None], None, None]:
        """What comes from the source, or what was set aside before, with its number there."""
        if self._options.resend:
            yield from bookkeeping.set_aside(self._book, self.outcome)
            return
        everything = bool(self._options.save_data) or None in (keep.reads, mapper.sources)
        paths = (mapper.sources or frozenset()) | (keep.reads or frozenset())
        sources = Sources(paths, everything, self._checkpoint)
        with closing(source.records(sources)) as delivered:
            for item in delivered:
                yield item, None

    def _deliver(
        self,
        delivered: Iterable[tuple[Delivered, int | None]],
        source: Connector[Any],
        prepare: Preparation,
        delivery: Delivery,
    ) -> None:
        tally = self.outcome.tally
        for item, aside in delivered:
            with shielded():  # from its count to its place in the delivery
                if isinstance(item, RecordGone):
                    tally.vanished += 1
                    log.info("[%s] %s", self._section.name, item)
                elif isinstance(item, RecordUnreadable):
                    tally.fetched += 1
                    prepare.reject(item)
                else:
                    tally.fetched += 1
                    self._saved.add_fetched(item)
                    if ready := prepare(item, aside):
                        delivery.take(ready)
            self._listener.progress(self.outcome, source.expected)
            if self._listener.stop.is_set():
                raise KeyboardInterrupt
            if prepare.kept == self._options.record_count:
                return
        prepare.finish()
        self._read_to_the_end = True

    @shielded()
    def _close(self, uploader: Uploader, error: str = "") -> None:
        """Close the run at Oomnitza. A signal comes before that or after it, never in between."""
        self._closing = True
        uploader.finish(error)
        self._book.closed()

    @shielded()
    def _end_badly(self, delivery: Delivery, uploader: Uploader, error: BaseException) -> None:
        """Send what was read before the error, set aside what cannot be sent, close the run."""
        reason = secrets.redact(str(error)) or "the run was interrupted"
        try:
            delivery.flush()
        except ConnectorError as later:
            error = later
            log.warning("[%s] %s", self._section.name, later)
        away = delivery.broken and isinstance(error, TargetUnavailable | SignInError)
        try:
            # What the brake held back comes again; until somebody has looked, it is better unsent.
            delivery.abandon(reason, held=not isinstance(error, UnsafeRun))
            if not away:
                self._close(uploader, reason)
        except ConnectorError as later:
            log.warning("[%s] the run was not closed in good order: %s", self._section.name, later)

    def _terms(self, source: Connector[Any], *, full: bool) -> Terms:
        options = self._options
        free = options.force or options.testmode or options.resend or options.record_count
        return Terms(0 if free else self._least(source), sift=not full)

    def _least(self, source: Connector[Any]) -> int:
        """How many records have to come for any to be sent."""
        return 0 if source.incremental else continuity.least(self._book, source.settings)

    def _note_brake(self, source: Connector[Any]) -> None:
        free = self._options.resend or self._options.force or not self._read_to_the_end
        if not free and self.outcome.ready < self._least(source):
            self.outcome.notes.append(
                "An upload would stop: far fewer records came than in the last complete run."
            )

    def _uploader(self, client: OomnitzaClient, plan: UploadPlan) -> Uploader:
        if self._options.testmode:
            return DryRun(self._show)
        return bulk.open_run(client, plan, self._oomnitza)

    def _show(self, item: Item) -> None:
        """Show a record of testmode beside the way in which it was last sent, if that is known."""
        known = self._book.known([item.key]).get(item.key) if item.key is not None else None
        before = self._book.last_sent(known) if known else None
        record = item.values
        same = before == record
        self.outcome.compared["same" if same else "changed" if known else "new"] += 1
        self._listener.show(self._section.name, record, before)
