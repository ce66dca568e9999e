"""Try a section without uploading: is all reachable, signed in, and mapped to what is there?"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from lib import connector
from lib.config.sections import Section
from lib.connector import Connector, Sources
from lib.errors import ConnectorError, ExitCode, RecordUnreadable, StateUnreadable
from lib.language import Stopped
from lib.mapping.mapper import Mapper
from lib.mapping.mapping import FieldMapping
from lib.oomnitza import layers
from lib.oomnitza.client import OomnitzaClient, OomnitzaSettings
from lib.plugins import did_you_mean
from lib.record import Record
from lib.recordfilter import compile_filter
from lib.run import checkpoints
from lib.values.paths import compile_path

log = logging.getLogger(__name__)

SAMPLE = 10
DEEPEST = 6


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: all right, or (with an exit code) what is wrong."""

    text: str
    exit_code: ExitCode = ExitCode.OK


def check_section(
    section: Section,
    oomnitza: OomnitzaSettings,
    *,
    offline: bool = False,
    state: Path | None = None,
) -> Iterator[Finding]:
    """Yield what is found, the parts that need no network first.

    `state` is the file of the store, in which it is only looked whether it can be used.
    """
    try:
        yield from _check(section, oomnitza, offline, state)
    except Exception as error:  # nothing may keep the next section from being looked at
        log.exception("[%s] unexpected error", section.name)
        what = f"an error that should not happen ({type(error).__name__})"
        yield Finding(what, ExitCode.SECTION_FAILED)


def _check(
    section: Section, oomnitza: OomnitzaSettings, offline: bool, state: Path | None
) -> Iterator[Finding]:
    source = connector.load(section.connector)(section.settings)
    try:
        local = layers.effective_mapping(source, section.mapping)
        yield Finding(
            f"settings and mapping can be read; {len(local)} fields mapped without Oomnitza"
        )
        if offline:
            return
        yield from _check_online(section, source, oomnitza, state)
    except ConnectorError as error:
        yield _failed(error)


def _check_online(
    section: Section, source: Connector[Any], oomnitza: OomnitzaSettings, state: Path | None
) -> Iterator[Finding]:
    with closing(OomnitzaClient(oomnitza)) as client:
        fields: dict[str, FieldMapping] = {}
        try:
            client.sign_in()
            with_server = section.settings.use_server_map
            server = client.server_mapping(source.mapping_name) if with_server else {}
            fields = layers.effective_mapping(source, section.mapping, server)
            yield Finding(f"Oomnitza: signed in; {len(fields)} fields mapped in all")
            for text in layers.doubly_mapped(server, section.mapping):
                yield Finding(text, ExitCode.CONFIGURATION)
        except ConnectorError as error:
            yield _failed(error, "Oomnitza")
        resources = replace(section.resources, locations=client.locations)
        mapper = Mapper(fields.values(), section.settings, resources)
        try:
            yield from _check_checkpoint(section, source, oomnitza.url, state)
            source.check()
            yield Finding("source: reachable, signed in, permitted to read")
            samples = yield from _samples(source, mapper)
        except ConnectorError as error:
            yield _failed(error, "source")
            return
        if fields and samples:
            yield from _check_fields(source, fields, samples)
            yield from _check_values(section, mapper, samples)


def _check_checkpoint(
    section: Section, source: Connector[Any], target: str, state: Path | None
) -> Iterator[Finding]:
    if state:
        try:
            checkpoints.try_place(section, source, target, state)
        except StateUnreadable as error:
            yield Finding(f"not compared with earlier runs: {error}")


def _samples(source: Connector[Any], mapper: Mapper) -> Generator[Finding, None, list[Record]]:
    # What a mapping names may be no part of everything, unless it is asked for by its name.
    sources = Sources(mapper.sources or frozenset(), everything=True)
    with closing(source.records(sources)) as delivered:
        sample = list(islice(delivered, SAMPLE))
    samples = [item for item in sample if isinstance(item, dict)]
    yield Finding(f"source: {len(samples)} sample records read")
    unreadable = [item for item in sample if isinstance(item, RecordUnreadable)]
    if unreadable:
        what = f"source: {len(unreadable)} sample records cannot be read, such as: {unreadable[0]}"
        yield Finding(what, ExitCode.RECORDS_LEFT)
    return samples


def _check_fields(
    source: Connector[Any], fields: dict[str, FieldMapping], samples: list[Record]
) -> Iterator[Finding]:
    for name in layers.unmapped_sync_fields(source, fields):
        yield Finding(f"the sync_field {name} gets no value", ExitCode.CONFIGURATION)
    known = sorted({path for record in samples for path in _paths(record)})
    for item in fields.values():
        path = item.attributes.get("source")
        if path and all(compile_path(path)(record) is None for record in samples):
            hint = did_you_mean(path, known)
            text = f"mapping.{item.field}: no sample record has {path!r}; {hint}".rstrip("; ")
            yield Finding(text, ExitCode.CONFIGURATION if hint else ExitCode.OK)


def _check_values(section: Section, mapper: Mapper, samples: list[Record]) -> Iterator[Finding]:
    kept, failures = _kept(section, samples)
    if failures:
        what = f"the record filter fails on {len(failures)} of {len(samples)} sample records"
        yield Finding(f"{what}, such as: {failures[0]}", ExitCode.RECORDS_LEFT)
    mapped = [mapper(record) for record in kept]
    failed: dict[str, list[str]] = {}
    for name, text in (pair for each in mapped for pair in each.failures):
        failed.setdefault(name, []).append(text)
    for name, texts in failed.items():
        yield Finding(
            f"{name} is left empty in {len(texts)} of {len(kept)} sample records ({texts[0]})"
        )
    missing = [name for each in mapped for name in each.missing]
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
