"""By what runs and records are recognized: fingerprints, digests, and keys.

They are stored, so they must not change with an upgrade: they contain only values that differ from
their default.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from lib.config.sections import Section
from lib.jsontext import to_json
from lib.mapping.mapping import FieldMapping
from lib.sectionsettings import ConnectorSettings
from lib.settings import declared
from lib.target.target import UploadPlan
from lib.values.values import trimmed

# Settings of single connectors that do not decide which records are read.
NOT_THE_RECORDS = {"storage"}
# Attributes that decide on the fields that Oomnitza changes, and not on the record that is sent.
NOT_DIGESTED = ("only_if_filled", "dont_overwrite")
# The attributes of an UploadPlan that the first version digested, in its order.
PLAN = ("mapping_name", "data_type", "sync_field", "insert_only", "update_only", "key_fields")


def section_fingerprint(section: Section, keys: Sequence[FieldMapping]) -> str:
    """Return a string that changes if a section would read, keep, or identify other records.

    It covers the source, the record filter, and `keys`, the fields that identify a record. It
    begins with its version, "2", and contains only settings that differ from their default. So a
    setting that a later version adds to a connector changes nothing unless it is used.
    """
    own = source_settings(section)
    kept = section.recordfilter.value if section.recordfilter else ""
    how = [[item.field, item.attributes] for item in keys]
    text = json.dumps([section.connector, own, kept, how], sort_keys=True, default=str)
    return f"2 {blake2b(text.encode(), digest_size=16).hexdigest()}"


def source_settings(section: Section) -> dict[str, str]:
    """Return the settings that decide which records a section reads, unless they have the default.

    These are the connector's own, without secrets.
    """
    common = {item.name for item in declared(ConnectorSettings)} | NOT_THE_RECORDS
    return {
        item.name: str(value)
        for item in declared(type(section.settings))
        if item.name not in common and not item.about.secret
        if (value := getattr(section.settings, item.name)) != item.default
    }


def plan_digest(plan: UploadPlan) -> bytes:
    """Return a digest (16 bytes) of how records are sent.

    It contains the attributes in PLAN, in that order, and other attributes, except NOT_DIGESTED,
    only if they differ from their default. Otherwise an upgrade would send all records again.
    """
    fields = {item.name: getattr(plan, item.name) for item in dataclasses.fields(plan)}
    later = {
        item.name: fields[item.name]
        for item in dataclasses.fields(plan)
        if item.name not in (*PLAN, *NOT_DIGESTED) and fields[item.name] != item.default
    }
    return record_digest(b"", to_json({name: fields[name] for name in PLAN} | later))


def record_digest(plan: bytes, text: str) -> bytes:
    """Return a digest (16 bytes) of a record as JSON `text`, sent as the plan's digest says."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=plan).digest()


def record_key(values: Mapping[str, Any], fields: Sequence[str]) -> str | None:
    """Return the key of a record, from the fields that identify it; None without any.

    Keys are case-insensitive, as in Oomnitza, and without the invisible characters around them.
    Raises KeyError if `values` lacks a field.
    """
    if not fields:
        return None
    texts = [trimmed(str(values[name])).casefold() for name in fields]
    return texts[0] if len(texts) == 1 else json.dumps(texts)
