"""Check the filter and the mapping of a section with a few records of its source."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice

from lib.connector import Projection
from lib.errors import ConnectorError, ExitCode
from lib.language import Stopped
from lib.plugins import did_you_mean
from lib.preview.finding import CheckStep, Finding, failed, note, ok
from lib.record import Record
from lib.run.fieldwarnings import meant_otherwise
from lib.run.plan import SectionPlan
from lib.values.paths import compile_path, paths_in
from lib.wording import counted

log = logging.getLogger(__name__)

# How many records are read.
SAMPLE = 10


def check_samples(plan: SectionPlan, samples: Sequence[Record]) -> Iterator[Finding]:
    """Yield the findings on the record filter and the mapping; `samples` has at least one."""
    known = _KnownPaths(plan, samples)
    kept, failures = _kept(plan, samples)
    yield from _check_filter(plan, samples, kept, failures, known)
    yield from _check_identity(plan)
    yield from _check_sources(plan, samples, known)
    yield from _check_values(plan, kept)


class _KnownPaths:
    """The paths of the samples, and those of the source that nothing reads, if they may be seen."""

    def __init__(self, plan: SectionPlan, samples: Sequence[Record]) -> None:
        self._plan = plan
        self._samples = samples
        self._found: list[str] | None = None

    def __call__(self) -> list[str]:
        if self._found is None:
            records = [*self._samples, *self._whole_records()]
            self._found = sorted({path for record in records for path in paths_in(record)})
        return self._found

    def _whole_records(self) -> list[Record]:
        try:
            with closing(self._plan.source.records(Projection(everything=True))) as records:
                return [item for item in islice(records, SAMPLE) if isinstance(item, dict)]
        except ConnectorError as error:
            log.info("cannot read the fields that the section does not use: %s", error)
            return []


def _check_filter(
    plan: SectionPlan,
    samples: Sequence[Record],
    kept: Sequence[Record],
    failures: Sequence[str],
    known: _KnownPaths,
) -> Iterator[Finding]:
    if not plan.section.recordfilter:
        return
    if failures:
        what = f"the record filter failed on {_some(len(failures), len(samples))}"
        text = f"{what}. Example: {failures[0]}"
        yield failed(CheckStep.FILTER, text, ExitCode.RECORDS_LEFT)
    text = f"record filter: keeps {_some(len(kept), len(samples))}"
    yield ok(CheckStep.FILTER, text) if kept else note(CheckStep.FILTER, text)
    for path in sorted(plan.record_filter.reads or ()):
        if _is_empty(path, samples) and path not in known():
            hint = _hint(path, known())
            text = f"record filter: no sample record contains '{path}'{hint}"
            yield note(CheckStep.FILTER, text)


def _check_identity(plan: SectionPlan) -> Iterator[Finding]:
    for name in plan.unmapped_sync_fields:
        what = (
            f"the sync key {name} is not mapped. Add `mapping.{name} = <source>` to the section, or"
            f" map {name} in Oomnitza."
        )
        yield failed(CheckStep.MAPPING, what, ExitCode.CONFIGURATION)
    if plan.upload.key_fields or plan.unmapped_sync_fields:
        return
    if plan.upload.data_type == "users":
        text = "USER is not mapped, so Oomnitza may not know which user a record belongs to"
    else:
        text = (
            "no sync_field is set, so the sync key selected in Oomnitza applies. If none is"
            " selected there, the upload fails"
        )
    yield note(CheckStep.MAPPING, text)


def _check_sources(
    plan: SectionPlan, samples: Sequence[Record], known: _KnownPaths
) -> Iterator[Finding]:
    for item in plan.fields.values():
        path = item.attributes.get("source")
        if not path or not _is_empty(path, samples):
            continue
        if path in known():
            text = f"mapping.{item.field}: '{path}' is empty in all sample records"
            yield note(CheckStep.MAPPING, text)
            continue
        text = f"mapping.{item.field}: no sample record contains the source path '{path}'"
        if hint := _hint(path, known()):
            yield failed(CheckStep.MAPPING, text + hint, ExitCode.CONFIGURATION)
        elif meant := meant_otherwise(item.field, path):
            yield note(CheckStep.MAPPING, f"{text}.{meant.rstrip('.')}")
        else:
            yield note(CheckStep.MAPPING, text)


def _check_values(plan: SectionPlan, kept: Sequence[Record]) -> Iterator[Finding]:
    objects = plan.object_fields()
    mapped = [plan.mapper(record) for record in kept]
    for each in mapped:
        objects.look(each.values)
    yield from (note(CheckStep.MAPPING, text) for text in objects.sentences())
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


def _is_empty(path: str, samples: Sequence[Record]) -> bool:
    get = compile_path(path)
    return all(get(record) is None for record in samples)


def _hint(path: str, known: list[str]) -> str:
    """A question for the end of a finding; empty if no known path is similar."""
    same = [each for each in known if each.casefold() == path.casefold()]
    hint = f"did you mean {same[0]}?" if same else did_you_mean(path, known)
    return f". {hint[0].upper()}{hint[1:]}" if hint else ""


def _some(number: int, total: int) -> str:
    return f"{number} of {counted(total, 'sample record')}"


def _kept(plan: SectionPlan, samples: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """The records that the filter keeps, and how it failed on others."""
    kept, failures = [], []
    for record in samples:
        try:
            if plan.record_filter(record):
                kept.append(record)
        except Stopped as error:
            failures.append(str(error))
    return kept, failures
