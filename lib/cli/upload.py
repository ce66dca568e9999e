"""The commands that send records: `upload`, and `resend` for those that were saved."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lib.cli.command import OptionalValue
from lib.cli.group import main, warn_about
from lib.cli.options import (
    ALL_FIELDS,
    FILE,
    RUN,
    SECTIONS,
    THRESHOLDS,
    at_least_one,
    threshold_names,
    with_options,
)
from lib.cli.say import say, warn
from lib.errors import OutputFailed, UsageError

if TYPE_CHECKING:
    from lib.config.config import Config
    from lib.run.events import RunEnded
    from lib.run.options import RunOptions
    from lib.run.tally import Outcome

FULL = click.option(
    "--full",
    is_flag=True,
    help="Full refresh: send every record, even with changed_only or a checkpoint.",
)
FORCE = click.option(
    "--force",
    cls=OptionalValue,
    bare=THRESHOLDS[0],
    multiple=True,
    callback=threshold_names,
    metavar="[=NAMES]",
    help="Send even if a safety threshold is not met: records (default; far fewer records than in "
    "the last complete run), fields (fields became empty in all records), missing (more "
    "missing records than missing_limit). Separate several with commas.",
)
WAIT = click.option(
    "--wait",
    is_flag=True,
    help="If another run of the section is in progress, wait for it to finish.",
)
FAIL_FAST = click.option(
    "--fail-fast", is_flag=True, help="Stop after the first section that fails."
)
PARALLEL = click.option(
    "--parallel",
    type=at_least_one,
    default=1,
    metavar="N",
    help="Run up to N sections at the same time. Default: 1.",
)
REPORT = click.option("--report", type=FILE, help="Write a JSON report of the run to FILE.")
EVENTS = click.option(
    "--events",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Write events as JSON Lines to FILE during the run; - means standard output.",
)


@main.command(
    part="Run",
    short_help="Read records and upload them to Oomnitza.",
    examples=["upload ldap casper", "upload casper --dry-run --record-count 10"],
)
@SECTIONS
@FULL
@FORCE
@WAIT
@FAIL_FAST
@PARALLEL
@REPORT
@EVENTS
@ALL_FIELDS
@with_options("show_mappings", *RUN)
@click.pass_context
def upload(ctx: click.Context, /, **given: Any) -> None:
    """Read records from each SECTION and upload them to Oomnitza."""
    names: Sequence[str] = given["sections"]
    from lib import logs
    from lib.config import config

    if not names and not given["show_mappings"]:
        enabled = ", ".join(config.enabled_names(given["ini"])) or "none"
        raise UsageError(
            "no section is given",
            fix=f"Name the sections to upload. Enabled in the config file: {enabled}",
        )
    logs.configure(given["logging_config"])
    loaded = config.load_config(given["ini"], names)
    warn_about(loaded)
    if given["show_mappings"]:
        _show_mappings(loaded)
    else:
        _run(ctx, loaded, given)


@main.command(
    part="Run",
    short_help="Resend rejected and unsent records.",
    examples=["resend", "resend casper --dry-run"],
)
@SECTIONS
@WAIT
@FAIL_FAST
@PARALLEL
@REPORT
@EVENTS
@with_options(*RUN)
@click.pass_context
def resend(ctx: click.Context, /, **given: Any) -> None:
    """Resend the rejected and unsent records of earlier runs. Default: all enabled sections.

    The current record filter and mapping apply, as in an upload.
    """
    from lib import logs
    from lib.config import config

    logs.configure(given["logging_config"])
    loaded = config.load_config(given["ini"], given["sections"])
    warn_about(loaded)
    _run(ctx, loaded, {"full": False, "force": (), **given, "resend": True})


def _run(ctx: click.Context, loaded: Config, given: dict[str, Any]) -> None:
    """Run the sections, publish the result, and exit."""
    from lib.cli.listening import listening
    from lib.report.summary import command_exit_code
    from lib.run.sections import run_sections

    with listening(given["events"]) as listener:
        ended = run_sections(
            loaded.sections,
            loaded.oomnitza,
            _options(loaded, given),
            listener,
            parallel=given["parallel"],
            fail_fast=given["fail_fast"],
            keep_days=loaded.run.keep_days,
        )
        code = command_exit_code(ended.outcomes)
        _publish(ended, code, loaded, given)
    ctx.exit(code)


def _publish(ended: RunEnded, code: int, loaded: Config, given: dict[str, Any]) -> None:
    """Publish the report as the settings in [report] say, then print the summary.

    What cannot be printed must not keep the report from those who watch over the runs.
    """
    from lib.config.reportsettings import ReportSettings
    from lib.report import runreport
    from lib.report.publish import publish_report
    from lib.report.summary import summary

    testmode = given["testmode"]
    # Programs may read records or events on standard output, so the summary does not go there.
    is_data = testmode or given["events"] == Path("-")
    text = summary(ended.outcomes, testmode=testmode)
    if given.get("resend") and not any(_has_news(outcome) for outcome in ended.outcomes):
        text += "\nNote: No records are saved for resend."
    report = runreport.run_report(
        ended.outcomes,
        started=ended.started,
        ended=ended.at,
        testmode=testmode,
        exit_code=code,
    )
    # Monitoring that watches for overdue uploads must not count a resend as one.
    settings = ReportSettings() if given.get("resend") else loaded.report
    problems = publish_report(report, settings, given["report"])
    try:
        say(text, err=is_data)
    except OutputFailed:
        if not code:
            raise
        problems = [*problems, "the summary could not be printed"]
    for problem in problems:
        warn(problem)


def _has_news(outcome: Outcome) -> bool:
    return bool(outcome.tally.fetched or outcome.notes or outcome.error)


def _options(loaded: Config, given: dict[str, Any]) -> RunOptions:
    from lib.run.options import RunOptions

    folder: Path = given["ini"].absolute().parent
    return RunOptions(
        testmode=given["testmode"],
        record_count=given["record_count"],
        save_data=folder / "saved_data" if given["save_data"] else None,
        state=loaded.state,
        all_fields=given.get("all_fields", False),
        full=given["full"],
        force=given["force"],
        wait=given["wait"],
        resend=given.get("resend", False),
        retry_ceiling=loaded.run.retry_ceiling,
    )


def _show_mappings(loaded: Config) -> None:
    from lib.report.summary import mappings
    from lib.run.plan import make_plan

    with closing(loaded.oomnitza.connect()) as target:
        for section in loaded.sections:
            asked = target if section.settings.use_server_map else None
            plan = make_plan(section, asked, strict=True)
            title = f"[{section.name}] {plan.upload.mapping_name}, {plan.upload.data_type}"
            say(mappings(title, plan.fields.values()))
