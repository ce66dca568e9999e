"""What a run has to do with the ones before it: the brake, full runs, what counts as the same."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from lib.config.sections import Section
from lib.connector import Connector, ConnectorSettings
from lib.jsontext import to_json
from lib.mapping.mapping import FieldMapping
from lib.run import formerly
from lib.settings import declared, seconds
from lib.state import SectionLedger
from lib.target.target import UploadPlan

# Of a section with fewer records than these, only their complete absence is strange.
SMALL = 20
# Settings of single connectors that do not decide on their records.
NOT_THE_RECORDS = {"storage"}
PLAN = ("mapping_name", "data_type", "sync_field", "insert_only", "update_only", "key_fields")


def least(ledger: SectionLedger, settings: ConnectorSettings) -> int:
    """How many records a section must have after its last complete run."""
    before = ledger.last_complete()
    if before is None:
        return 0
    counts = before.counts
    return least_expected(counts["ready"] + counts.get("unreadable", 0), settings.shrink_limit)


def least_expected(before: int, limit: str) -> int:
    """How many records a run must have, if the last complete one had so many."""
    if limit.endswith("%"):
        left = math.ceil(before * (100 - float(limit[:-1])) / 100)
        if left == 0:
            return 0
    else:
        left = before - int(limit)
    return max(left, 1) if before >= SMALL else min(before, 1)


def is_full(settings: ConnectorSettings, ledger: SectionLedger) -> bool:
    """Whether a run sends all records, changed or not."""
    if not settings.changed_only:
        return True
    last = ledger.last_full()
    return last is None or not 0 <= time.time() - last < seconds(settings.full_every)


def describe(
    ledger: SectionLedger,
    section: Section,
    source: Connector[Any],
    keys: Sequence[FieldMapping],
    *,
    full: bool,
) -> None:
    """Note what kind of run it is; `keys` are the fields by which its records are recognised."""
    # Of a source that brings only what has changed, nothing is ever missing.
    now = "" if source.incremental else fingerprint(section, keys)
    ledger.describe(fingerprint=now, full=full, formerly=formerly.fingerprint(section, keys))


def fingerprint(section: Section, keys: Sequence[FieldMapping]) -> str:
    """A text that is the same as long as what decides on a section's records is.

    That is where they come from, the record filter, and by which fields they are recognised. It
    begins with its version, and holds only settings that differ from their default: a setting that
    a connector gets later on changes nothing for who does not use it.
    """
    common = {item.name for item in declared(ConnectorSettings)} | NOT_THE_RECORDS
    own = {
        item.name: str(value)
        for item in declared(type(section.settings))
        if item.name not in common and not item.about.secret
        if (value := getattr(section.settings, item.name)) != item.default
    }
    kept = section.recordfilter.value if section.recordfilter else ""
    how = [[item.field, item.attributes] for item in keys]
    text = json.dumps([section.connector, own, kept, how], sort_keys=True, default=str)
    return f"2 {blake2b(text.encode(), digest_size=16).hexdigest()}"


def digest_of_plan(plan: UploadPlan) -> bytes:
    """By which it is recognised that records are sent in the same way.

    What is in PLAN stands in it always and in that order, as it did in the first version; what a
    plan holds besides, only if it is not its default. Else all records would be sent once more.
    """
    fields = {item.name: getattr(plan, item.name) for item in dataclasses.fields(plan)}
    later = {
        item.name: fields[item.name]
        for item in dataclasses.fields(plan)
        if item.name not in PLAN and fields[item.name] != item.default
    }
    return digest_of(b"", to_json({name: fields[name] for name in PLAN} | later))


def digest_of(plan: bytes, text: str) -> bytes:
    """By which a record, sent in a certain way, is recognised as unchanged."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=plan).digest()


def key_of(values: Mapping[str, Any], fields: Sequence[str]) -> str | None:
    """What a record is recognised by, from the fields that identify it; None without any.

    Large and small letters make no difference, as for Oomnitza.
    """
    if not fields:
        return None
    texts = [str(values[name]).strip().casefold() for name in fields]
    return texts[0] if len(texts) == 1 else json.dumps(texts)
