"""Prepare records for sending: filter them, map them, and make items of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from lib.errors import ConnectorError, RecordUnreadable
from lib.jsontext import json_if_possible, to_json
from lib.language import Stopped
from lib.record import Record
from lib.run.fields import FieldCounts
from lib.run.fingerprints import plan_digest, record_digest, record_key
from lib.run.plan import SectionPlan
from lib.run.saveddata import NothingSaved
from lib.run.tally import Outcome
from lib.secrets import redact
from lib.state import RecordToSave, SectionLedger, compress
from lib.target import packing
from lib.target.item import Item
from lib.values.values import is_nothing
from lib.wording import empty_fields

log = logging.getLogger(__name__)

# How many keys are recorded as seen at once.
SEEN_AT_ONCE = 500
# How many records are looked at for fields that get objects.
WATCHED = 100


class Preparation:
    """Makes an item of each record; a record without an item has its outcome, and is counted."""

    def __init__(
        self,
        plan: SectionPlan,
        outcome: Outcome,
        ledger: SectionLedger,
        saved: NothingSaved,
        fields: FieldCounts,
    ) -> None:
        self.kept = 0
        self._fields = fields
        self._may_omit = plan.omitted
        self._keep = plan.record_filter
        self._mapper = plan.mapper
        self._key_mapper = plan.key_mapper
        self._seen_keys: list[str] = []
        self._key_fields = plan.upload.key_fields
        self._names = plan.record_names
        self._objects = plan.object_fields()
        self._plan = plan_digest(plan.upload)
        self._outcome = outcome
        self._tally = outcome.tally
        self._ledger = ledger
        self._saved = saved

    def __call__(self, record: Record, saved_id: int | None = None) -> Item | None:
        """The item of a record; `saved_id` is its number if it was saved for resend before."""
        try:
            if not self._keep(record):
                self._tally.filtered += 1
                if saved_id is not None:
                    self._ledger.clear([saved_id])
                self._note_seen(self._key_mapper(record).values)
                return None
        except Stopped as error:
            self.reject(RecordUnreadable(f"record filter, {error}"), record, saved_id)
            return None
        self.kept += 1
        return self._item(record, saved_id)

    def reject(
        self, error: ConnectorError, record: Record | None = None, saved_id: int | None = None
    ) -> None:
        """Count a record that is unreadable or on which the filter failed, and save it."""
        self._tally.rejected += 1
        self._outcome.unreadable += 1
        text = self._name(record) if record else error.where
        self._outcome.note_rejected(error.what, text)
        log.info("[%s] rejected: %s (%s)", self._outcome.section, error.what, text)
        fetched = json_if_possible(record) if record else None
        self._ledger.save_for_resend(
            [RecordToSave("rejected", redact(str(error)), None, fetched, None)]
        )
        if saved_id is not None:  # it is saved again, by what it is known by now
            self._ledger.clear([saved_id])

    def finish(self) -> None:
        """Record which of the records that are not sent still exist in the source."""
        self._ledger.seen(self._seen_keys)
        self._seen_keys.clear()

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each field that gets objects."""
        return self._objects.sentences()

    def _name(self, record: Record) -> str:
        return self._names.in_source(record, lambda: self._key_mapper(record).values)

    def _note_seen(self, values: Record) -> None:
        """Note that a record that is not sent now still exists: it is not missing."""
        if self._key_fields and all(values[name] is not None for name in self._key_fields):
            self._seen_keys.append(record_key(values, self._key_fields) or "")
        if len(self._seen_keys) >= SEEN_AT_ONCE:
            self.finish()

    def _item(self, record: Record, saved_id: int | None) -> Item | None:
        try:
            fetched = packing.pack(record)  # before a converter may change it
        except (TypeError, ValueError, RecursionError):
            error = RecordUnreadable("the record contains values that JSON cannot represent")
            self.reject(error, record, saved_id)
            return None
        mapped = self._mapper(record)
        for name, text in mapped.failures:
            if name not in self._outcome.failed_conversions:  # only the first one is shown
                text = ": ".join(filter(None, [self._names.find(mapped.values, record), text]))
            self._outcome.note_conversion(name, text)
        values = mapped.values
        if self.kept <= WATCHED:
            self._objects.look(values)
        if mapped.missing:
            self._tally.incomplete += 1
            reason, text = empty_fields(mapped.missing), self._names(values, record)
            self._outcome.note_incomplete(reason, text)
            log.info("[%s] incomplete: %s (%s)", self._outcome.section, reason, text)
            self._note_seen(values)
            return None
        self._fields.add(record, values)
        omitted = self._omit(values) if self._may_omit else ()
        self._saved.add_upload(values)
        text = to_json(values)
        key = record_key(values, self._key_fields)
        digest = record_digest(self._plan, text)
        return Item(fetched, compress(text), key, digest, saved_id, omitted)

    def _omit(self, values: Record) -> tuple[str, ...]:
        """Take the empty fields out that are not to be sent, and return their names."""
        omitted = tuple(name for name in self._may_omit if is_nothing(values[name]))
        for name in omitted:
            del values[name]
        return omitted
