"""Check a section without uploading: settings, connections, sign-in, permissions, and mapping.

The same data is requested from the source as in an upload, so the same permissions are needed.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from lib.config.sections import Section
from lib.errors import ConnectorError, ExitCode, RecordUnreadable, StateUnreadable
from lib.preview.finding import CheckStep, Finding, failed, note, ok, source_failed, target_failed
from lib.preview.samples import SAMPLE, check_samples
from lib.record import Record
from lib.run import checkpoints
from lib.run.plan import SectionPlan, make_plan
from lib.target.target import TargetSettings
from lib.wording import counted

log = logging.getLogger(__name__)


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
            yield from check_samples(plan, samples)


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
    for text in (*plan.source.remarks.warnings, *plan.source.remarks.notes):
        yield note(CheckStep.SAMPLE, f"source: {text}")
    return samples
