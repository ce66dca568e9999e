"""Try a section without uploading: is all reachable, signed in, and mapped to what is there?"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lib import connector, pipeline
from lib.config import Section
from lib.connector import Connector, Record, Sources
from lib.errors import ConnectorError, ExitCode, RecordUnreadable
from lib.language import Stopped
from lib.mapping import FieldMapping, Mapper
from lib.oomnitza import OomnitzaClient, OomnitzaSettings
from lib.paths import compile_path
from lib.plugins import did_you_mean
from lib.recordfilter import compile_filter

log = logging.getLogger(__name__)

SAMPLE = 10
DEEPEST = 6


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: all right, or (with an exit code) what is wrong."""

    text: str
    exit_code: ExitCode = ExitCode.OK


def check_section(
    section: Section, oomnitza: OomnitzaSettings, *, offline: bool = False
) -> Iterator[Finding]:
    """Yield what is found, the parts that need no network first."""
    try:
        yield from _check(section, oomnitza, offline)
    except Exception as error:  # nothing may keep the next section from being looked at
        log.exception("[%s] unexpected error", section.name)
        what = f"an error that should not happen ({type(error).__name__})"
        yield Finding(what, ExitCode.SECTION_FAILED)


def _check(section: Section, oomnitza: OomnitzaSettings, offline: bool) -> Iterator[Finding]:
    source = connector.load(section.connector)(section.settings)
    try:
        local = pipeline.effective_mapping(section, source, None)
        yield Finding(
            f"settings and mapping can be read; {len(local)} fields mapped without Oomnitza"
        )
        if offline:
            return
        yield from _check_online(section, source, oomnitza)
    except ConnectorError as error:
        yield _failed(error)


def _check_online(
    section: Section, source: Connector[Any], oomnitza: OomnitzaSettings
) -> Iterator[Finding]:
    fields: dict[str, FieldMapping] | None = None
    with closing(OomnitzaClient(oomnitza)) as client:
        try:
            client.sign_in()
            server = client if section.settings.use_server_map else None
            fields = pipeline.effective_mapping(section, source, server)
            yield Finding(f"Oomnitza: signed in; {len(fields)} fields mapped in all")
        except ConnectorError as error:
            yield _failed(error, "Oomnitza")
    paths = frozenset[str]()
    if fields is not None:
        paths = Mapper(fields.values(), section.settings).sources
    try:
        source.check()
        yield Finding("source: reachable, signed in, permitted to read")
        # What a mapping names may be no part of everything, unless it is asked for by its name.
        with closing(source.records(Sources(paths, everything=True))) as delivered:
            sample = list(islice(delivered, SAMPLE))
    except ConnectorError as error:
        yield _failed(error, "source")
        return
    samples = [item for item in sample if isinstance(item, dict)]
    yield Finding(f"source: {len(samples)} sample records read")
    unreadable = [item for item in sample if isinstance(item, RecordUnreadable)]
    if unreadable:
        what = f"source: {len(unreadable)} sample records cannot be read, such as: {unreadable[0]}"
        yield Finding(what, ExitCode.RECORDS_LEFT)
    if fields is not None:
        yield from _check_fields(section, source, fields, samples)


def _check_fields(
    section: Section,
    source: Connector[Any],
    fields: dict[str, FieldMapping],
    samples: list[Record],
) -> Iterator[Finding]:
    for name in pipeline.unmapped_sync_fields(section, fields):
        yield Finding(f"the sync_field {name} gets no value", ExitCode.CONFIGURATION)
    if not samples:
        return
    known = sorted({path for record in samples for path in _paths(record)})
    for item in fields.values():
        path = item.attributes.get("source")
        if path and all(compile_path(path)(record) is None for record in samples):
            hint = did_you_mean(path, known)
            text = f"mapping.{item.field}: no sample record has {path!r}; {hint}".rstrip("; ")
            yield Finding(text, ExitCode.CONFIGURATION if hint else ExitCode.OK)
    mapper = Mapper(fields.values(), section.settings)
    kept, failures = _kept(section, samples)
    if failures:
        what = f"the record filter fails on {len(failures)} of {len(samples)} sample records"
        yield Finding(f"{what}, such as: {failures[0]}", ExitCode.RECORDS_LEFT)
    missing = [name for record in kept for name in mapper(record).missing]
    for name in dict.fromkeys(missing):
        count = missing.count(name)
        text = f"{name} is required and empty in {count} of {len(kept)} sample records"
        yield Finding(text, ExitCode.RECORDS_LEFT if count == len(kept) else ExitCode.OK)


def _kept(section: Section, samples: list[Record]) -> tuple[list[Record], list[str]]:
    """The records that the filter keeps, and how it failed on others."""
    keep = compile_filter(section.recordfilter)
    kept, failures = [], []
    for record in samples:
        try:
            if keep(record):
                kept.append(record)
        except Stopped as error:
            failures.append(str(error))
    return kept, failures


def _failed(error: ConnectorError, part: str = "") -> Finding:
    return Finding(f"{part}: {error}" if part else str(error), error.exit_code)


def _paths(value: Any, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """The paths in a record that lead to something, lists by their first item."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = [(str(at), item) for at, item in enumerate(value[:1])]
    for name, item in items:
        path = f"{prefix}{name}"
        yield path
        if depth < DEEPEST:
            yield from _paths(item, f"{path}.", depth + 1)
