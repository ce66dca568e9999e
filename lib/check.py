"""Try a section without uploading: is all reachable, signed in, and mapped to what is there?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lib import connector, pipeline
from lib.config import Section
from lib.connector import Connector, Record, Sources
from lib.errors import ConnectorError, ExitCode
from lib.mapping import FieldMapping, Mapper
from lib.oomnitza import OomnitzaClient, OomnitzaSettings
from lib.paths import compile_path
from lib.plugins import did_you_mean
from lib.recordfilter import compile_filter

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
            read = (item for item in delivered if isinstance(item, dict))
            samples = list(islice(read, SAMPLE))
    except ConnectorError as error:
        yield _failed(error, "source")
        return
    yield Finding(f"source: {len(samples)} sample records read")
    if fields is not None:
        yield from _check_fields(section, source, fields, samples)


def _check_fields(
    section: Section,
    source: Connector[Any],
    fields: dict[str, FieldMapping],
    samples: list[Record],
) -> Iterator[Finding]:
    for name in section.settings.sync_field:
        if name.upper() not in fields:
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
    keep = compile_filter(section.recordfilter)
    kept = [record for record in samples if keep(record)]
    missing = [name for record in kept for name in mapper(record).missing]
    for name in dict.fromkeys(missing):
        count = missing.count(name)
        text = f"{name} is required and empty in {count} of {len(kept)} sample records"
        yield Finding(text, ExitCode.RECORDS_LEFT if count == len(kept) else ExitCode.OK)


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
