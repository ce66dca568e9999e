"""Check a section without uploading: settings, connections, sign-in, permissions, and mapping.

The same data is requested from the source as in an upload, so the same permissions are needed.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from lib.config.sections import Section
from lib.connector import Projection
from lib.errors import ConnectorError, ExitCode, RecordUnreadable, StateUnreadable
from lib.language import Stopped
from lib.plugins import did_you_mean
from lib.preview.finding import CheckStep, Finding, failed, note, ok, source_failed, target_failed
from lib.record import Record
from lib.run import checkpoints
from lib.run.plan import SectionPlan, make_plan
from lib.target.target import TargetSettings
from lib.values.paths import compile_path
from lib.wording import counted

log = logging.getLogger(__name__)

SAMPLE = 10
DEEPEST = 6


def check_section(
    section: Section,
    target: TargetSettings,
    *,
    offline: bool = False,
    all_fields: bool = False,
    state: Path | None = None,
) -> Iterator[Finding]:
    """Yield the findings on a section, first those that need no network.

    With `all_fields` the source is asked for all that it has. `state` is the file of the store, in
    which it is only looked whether it can be used.
    """
    try:
        yield from _check_offline(section)
        if not offline:
            yield from _check_online(section, target, all_fields, state)
    except ConnectorError as error:
        yield failed(CheckStep.SETTINGS, str(error), error.exit_code)
    except Exception as error:  # nothing may keep the next section from being looked at
        log.exception("[%s] unexpected error", section.name)
        what = (
            f"unexpected error ({type(error).__name__}). Report this bug, with the details in the"
            " log file."
        )
        yield failed(CheckStep.MACHINE, what, ExitCode.SECTION_FAILED)


def _check_offline(section: Section) -> Iterator[Finding]:
    fields = make_plan(section, None, strict=False).fields
    yield ok(
        CheckStep.SETTINGS,
        f"settings: valid, {counted(len(fields), 'field')} mapped (built-in and local)",
    )


def _check_online(
    section: Section, settings: TargetSettings, all_fields: bool, state: Path | None
) -> Iterator[Finding]:
    with closing(settings.connect()) as target:
        plan = None
        try:
            plan = make_plan(section, target, strict=True)
            text = f"Oomnitza: signed in, {counted(len(plan.fields), 'field')} mapped in total"
            yield ok(CheckStep.TARGET_SIGNED_IN, text)
            for each in plan.notes:
                yield failed(CheckStep.MAPPING, each, ExitCode.CONFIGURATION)
        except ConnectorError as error:
            yield target_failed(error)
        usable_plan = plan or make_plan(section, None, strict=False)
        try:
            yield from _check_checkpoint(usable_plan, settings.url, state)
            usable_plan.source.check()
            yield ok(CheckStep.SOURCE_PERMITTED, "source: reachable, signed in, permitted to read")
            samples = yield from _samples(usable_plan, all_fields)
        except ConnectorError as error:
            yield source_failed(error)
            return
        if plan and samples:
            yield from _check_fields(plan, samples)
            yield from _check_values(plan, samples)


def _check_checkpoint(plan: SectionPlan, target: str, state: Path | None) -> Iterator[Finding]:
    if state:
        try:
            checkpoints.check_place(plan.section, plan.source, target, state)
        except StateUnreadable as error:
            yield note(CheckStep.MACHINE, f"not compared with earlier runs: {error}")


def _samples(plan: SectionPlan, all_fields: bool) -> Generator[Finding, None, list[Record]]:
    with closing(plan.source.records(plan.projection(all_fields=all_fields))) as records:
        sample = list(islice(records, SAMPLE))
    samples = [item for item in sample if isinstance(item, dict)]
    unreadable = [item for item in sample if isinstance(item, RecordUnreadable)]
    if samples:
        yield ok(CheckStep.SAMPLE, f"source: {counted(len(samples), 'sample record')} read")
    elif not unreadable:
        yield note(CheckStep.SAMPLE, "source: no sample records found")
    if unreadable:
        number = counted(len(unreadable), "sample record")
        what = f"source: {number} could not be read. Example: {unreadable[0]}"
        yield failed(CheckStep.SAMPLE, what, ExitCode.RECORDS_LEFT)
    return samples


def _check_fields(plan: SectionPlan, samples: list[Record]) -> Iterator[Finding]:
    for name in plan.unmapped_sync_fields:
        what = (
            f"the sync key {name} is not mapped. Add `mapping.{name} = <source>` to the section, or"
            f" map {name} in Oomnitza."
        )
        yield failed(CheckStep.MAPPING, what, ExitCode.CONFIGURATION)
    known_paths: list[str] | None = None
    for item in plan.fields.values():
        path = item.attributes.get("source")
        if path and all(compile_path(path)(record) is None for record in samples):
            known_paths = _known_paths(plan, samples) if known_paths is None else known_paths
            hint = did_you_mean(path, known_paths)
            text = f"mapping.{item.field}: no sample record contains the source path '{path}'"
            if hint:
                text = f"{text}. {hint[0].upper()}{hint[1:]}"
                yield failed(CheckStep.MAPPING, text, ExitCode.CONFIGURATION)
            else:
                yield note(CheckStep.MAPPING, text)


def _known_paths(plan: SectionPlan, samples: list[Record]) -> list[str]:
    """The paths that the source has, also those that nothing reads, if they may be seen."""
    sample = list(samples)
    try:
        with closing(plan.source.records(Projection(everything=True))) as records:
            sample += [item for item in islice(records, SAMPLE) if isinstance(item, dict)]
    except ConnectorError as error:
        log.info("cannot read the fields that the section does not use: %s", error)
    return sorted({path for record in sample for path in _paths(record)})


def _check_values(plan: SectionPlan, samples: list[Record]) -> Iterator[Finding]:
    kept, failures = _kept(plan, samples)
    if failures:
        what = f"the record filter failed on {_some(len(failures), len(samples))}"
        text = f"{what}. Example: {failures[0]}"
        yield failed(CheckStep.FILTER, text, ExitCode.RECORDS_LEFT)
    if samples and not kept and not failures:
        text = "no sample record passed the record filter, so the values were not checked"
        yield note(CheckStep.FILTER, text)
    mapped = [plan.mapper(record) for record in kept]
    conversions: dict[str, list[str]] = {}
    for name, text in (pair for each in mapped for pair in each.failures):
        conversions.setdefault(name, []).append(text)
    for name, texts in conversions.items():
        yield note(
            CheckStep.MAPPING,
            f"{name}: conversion failed in {_some(len(texts), len(kept))}, so the field is empty"
            f". Example: {texts[0]}",
        )
    missing = [name for each in mapped for name in each.missing]
    for name in dict.fromkeys(missing):
        count = missing.count(name)
        text = f"{name}: required, but empty in {_some(count, len(kept))}"
        if count == len(kept):
            yield failed(CheckStep.MAPPING, text, ExitCode.RECORDS_LEFT)
        else:
            yield note(CheckStep.MAPPING, text)


def _some(number: int, total: int) -> str:
    return f"{number} of {counted(total, 'sample record')}"


def _kept(plan: SectionPlan, samples: list[Record]) -> tuple[list[Record], list[str]]:
    """The records that the filter keeps, and how it failed on others."""
    kept, failures = [], []
    for record in samples:
        try:
            if plan.record_filter(record):
                kept.append(record)
        except Stopped as error:
            failures.append(str(error))
    return kept, failures


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
