"""The run of one section.

Records come from its connector, pass the record filter, are mapped to Oomnitza fields, and are
sent in batches; every record ends in exactly one named outcome.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from lib import connector, mapping, secrets
from lib.config import Section
from lib.connector import Connector, Delivered, Record, Sources
from lib.errors import (
    ConfigurationError,
    ConnectorError,
    Interrupted,
    RecordGone,
    RecordUnreadable,
    TargetRefused,
    TargetUnavailable,
)
from lib.http import NotFound
from lib.language import Stopped
from lib.logs import IN_SUMMARY
from lib.mapping import FieldMapping, Mapper
from lib.oomnitza import BulkV2, BulkV3, OomnitzaClient, OomnitzaSettings, UploadPlan
from lib.recordfilter import RecordFilter, compile_filter
from lib.saveddata import NothingSaved, SavedData
from lib.settings import secrets_of
from lib.tally import Outcome, brief
from lib.upload import DryRun, Uploader, batches, deliver

log = logging.getLogger(__name__)

# When Oomnitza has refused so many records and taken none, it will not take the others.
MOST_REFUSALS = 25


@dataclass(frozen=True)
class RunOptions:
    """What the command line says about a run."""

    testmode: bool = False
    record_count: int | None = None
    save_data: Path | None = None


class Listener:
    """Hears how a run goes on; this one does nothing with it."""

    def progress(self, outcome: Outcome, expected: int | None) -> None:
        """Called for each record; `expected` is their number, where the source has told it."""

    def show(self, section: str, record: Record) -> None:
        """A record that testmode would have sent."""


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
    try:
        run.to_the_end()
    except ConnectorError as error:
        outcome.error = error
    except KeyboardInterrupt:
        outcome.error = Interrupted("the run was interrupted")
    except BrokenPipeError:
        raise  # whoever read the output of testmode has seen enough
    except Exception as error:
        log.exception("[%s] unexpected error", section.name)
        outcome.error = ConnectorError(
            f"an error that should not happen ({type(error).__name__})",
            fix="The log file has the details; please report them",
        )
    tally = outcome.tally
    if outcome.error:
        tally.unsent = tally.fetched - tally.settled
        log.error("[%s] failed: %s", section.name, outcome.error, extra=IN_SUMMARY)
    if not tally.balanced:
        log.error("[%s] the books do not balance: %s", section.name, tally)
        outcome.error = outcome.error or ConnectorError(f"the books do not balance: {tally}")
    outcome.seconds = time.monotonic() - started
    log.info("[%s] ends after %.1f s: %s", section.name, outcome.seconds, tally)
    return outcome


def effective_mapping(
    section: Section, source: Connector[Any], client: OomnitzaClient | None
) -> dict[str, FieldMapping]:
    """The merged mapping of a section; without a client the server's layer is left out.

    The fields by which a record is recognised have to have a value: the sync fields, and the login
    of people, who are known by it unless Oomnitza or the ini say otherwise.
    """
    server = client.server_mapping(source.mapping_name) if client else {}
    layers = {
        "built-in": source.default_mapping(),
        "server": mapping.from_server(server),
        "ini": section.mapping,
    }
    fields = mapping.merge(layers, source.converters)
    for name in (
        ("USER", *_sync_fields(section)) if source.data_type == "users" else _sync_fields(section)
    ):
        if name in fields:
            fields[name].attributes["required"] = True
            fields[name].layers.setdefault("required", "sync_field")
    return fields


def unmapped_sync_fields(section: Section, fields: dict[str, FieldMapping]) -> list[str]:
    """The sync fields that no mapping fills."""
    return [name for name in _sync_fields(section) if name not in fields]


def _sync_fields(section: Section) -> list[str]:
    return [name.upper() for name in section.settings.sync_field]


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
        self._tally = self.outcome.tally
        self._saved = NothingSaved()
        self._read_to_the_end = False

    def to_the_end(self) -> None:
        section, options = self._section, self._options
        secrets.remember(*secrets_of(section.settings), *secrets_of(self._oomnitza))
        source = connector.load(section.connector)(section.settings)
        with ExitStack() as stack:
            client = stack.enter_context(closing(OomnitzaClient(self._oomnitza)))
            fields = self._mapping(client, source)
            self._require_sync_fields(fields)
            mapper = Mapper(fields.values(), section.settings)
            if options.save_data:
                self._saved = saved = SavedData(options.save_data, section.name)
                stack.enter_context(saved)
                self.outcome.notes.append(f"Saved: {saved.fetched} and {saved.uploads.name}")
            self._process(source, mapper, self._uploader(client, source))

    def _mapping(self, client: OomnitzaClient, source: Connector[Any]) -> dict[str, FieldMapping]:
        """Sign in where Oomnitza is needed; in testmode a run goes on without it."""
        with_server = self._section.settings.use_server_map
        try:
            if with_server or not self._options.testmode:
                client.sign_in()
            return effective_mapping(self._section, source, client if with_server else None)
        except (TargetUnavailable, TargetRefused, NotFound) as error:
            if not self._options.testmode:
                raise
            self.outcome.notes.append(f"Without the mapping kept in Oomnitza: {error}")
            return effective_mapping(self._section, source, None)

    def _require_sync_fields(self, fields: dict[str, FieldMapping]) -> None:
        for name in unmapped_sync_fields(self._section, fields):
            missing = f"the sync_field {name} gets no value"
            if not self._options.testmode:
                raise ConfigurationError(
                    missing,
                    fix=f"Add `mapping.{name} = <source>` to the ini, or map it in Oomnitza",
                )
            self.outcome.notes.append(f"An upload would be refused: {missing}.")

    def _uploader(self, client: OomnitzaClient, source: Connector[Any]) -> Uploader:
        if self._options.testmode:
            return DryRun(partial(self._listener.show, self._section.name))
        settings = self._section.settings
        plan = UploadPlan(
            mapping_name=source.mapping_name,
            data_type=source.data_type,
            sync_field=tuple(_sync_fields(self._section)),
            insert_only=settings.insert_only,
            update_only=settings.update_only,
        )
        bulk = BulkV2 if self._oomnitza.api == "v2" else BulkV3
        return bulk(client, plan, self._oomnitza.batch_size)

    def _process(self, source: Connector[Any], mapper: Mapper, uploader: Uploader) -> None:
        keep = compile_filter(self._section.recordfilter)
        sources = Sources(
            mapper.sources | (keep.reads or frozenset()),
            everything=bool(self._options.save_data) or keep.reads is None,
        )
        try:
            with closing(source.records(sources)) as delivered:
                read = self._read(delivered, source)
                kept = islice(self._kept(read, keep), self._options.record_count)
                for batch in batches(self._mapped(kept, mapper), uploader.batch_size):
                    self._send(batch, uploader)
        except TargetUnavailable:
            raise  # there is nobody to tell that the run is over
        except BaseException:
            _finish_quietly(uploader)
            raise
        uploader.finish()
        left = self._tally.rejected or self._tally.incomplete
        if self._read_to_the_end and not left and not self._options.testmode:
            source.settled()

    def _read(self, delivered: Iterable[Delivered], source: Connector[Any]) -> Iterator[Record]:
        for item in delivered:
            if isinstance(item, RecordGone):
                self._tally.vanished += 1
                log.info("[%s] %s", self._section.name, item)
            else:
                self._tally.fetched += 1
                if isinstance(item, RecordUnreadable):
                    self._reject(item)
                else:
                    self._saved.add_fetched(item)
                    yield item
            self._listener.progress(self.outcome, source.expected)
        self._read_to_the_end = True

    def _kept(self, records: Iterable[Record], keep: RecordFilter) -> Iterator[Record]:
        for record in records:
            try:
                kept = keep(record)
            except Stopped as error:
                self._reject(RecordUnreadable(f"the record filter fails: {error}"), record)
                continue
            if kept:
                yield record
            else:
                self._tally.filtered += 1

    def _mapped(self, records: Iterable[Record], mapper: Mapper) -> Iterator[Record]:
        for record in records:
            mapped = mapper(record)
            for name, text in mapped.failures:
                self.outcome.note_conversion(name, text)
            if mapped.missing:
                self._tally.incomplete += 1
                reason = f"without a value for {', '.join(mapped.missing)}"
                self.outcome.note_left_aside(reason, brief(mapped.values))
                log.info(
                    "[%s] incomplete, %s: %s", self._section.name, reason, brief(mapped.values)
                )
            else:
                self._saved.add_upload(mapped.values)
                yield mapped.values

    def _send(self, batch: list[Record], uploader: Uploader) -> None:
        settled = 0
        for count, refusal in deliver(uploader, batch):
            if refusal:
                self._reject(refusal, batch[settled])
            else:
                self._tally.sent += count
            settled += count
            if self._tally.rejected >= MOST_REFUSALS and not self._tally.sent:
                raise ConfigurationError(
                    f"Oomnitza took none of the first {self._tally.rejected} records",
                    fix="See the reasons above; they are likely to be the same for all",
                )
        self._listener.progress(self.outcome, None)

    def _reject(self, error: ConnectorError, record: Record | None = None) -> None:
        self._tally.rejected += 1
        text = brief(record) if record else error.where
        self.outcome.note_left_aside(f"rejected: {error.what}", text)
        log.info("[%s] rejected: %s %s", self._section.name, error.what, text)


def _finish_quietly(uploader: Uploader) -> None:
    try:
        uploader.finish()
    except ConnectorError as error:
        log.warning("the run could not be closed at Oomnitza: %s", error)
