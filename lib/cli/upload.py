"""The commands that send records: `upload`, and `resend` for those that were saved."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lib.cli.group import ALL_FIELDS, FILE, given_in, main, warn, with_options
from lib.cli.say import say
from lib.errors import UsageError

if TYPE_CHECKING:
    from lib.config.config import Config
    from lib.run.events import RunEnded
    from lib.run.options import RunOptions

FULL = click.option("--full", is_flag=True, help="Send all records, also with changed_only = True.")
FORCE = click.option(
    "--force", is_flag=True, help="Send although far fewer records came than last time."
)
WAIT = click.option(
    "--wait", is_flag=True, help="If a section is being run already, wait until that is over."
)
FAIL_FAST = click.option(
    "--fail-fast", is_flag=True, help="Run no further section when one has failed."
)
PARALLEL = click.option(
    "--parallel",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Run up to N sections at the same time.",
)
REPORT = click.option("--report", type=FILE, help="Write what came of the run to a JSON file.")
EVENTS = click.option(
    "--events",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write what happens, while it happens, as lines of JSON; - is standard output.",
)


@main.command()
@click.argument("connectors", nargs=-1)
@FULL
@FORCE
@WAIT
@FAIL_FAST
@PARALLEL
@REPORT
@EVENTS
@ALL_FIELDS
@with_options
@click.pass_context
def upload(ctx: click.Context, /, **_: Any) -> None:
    """Upload from the sections of the ini that are named CONNECTORS."""
    given = given_in(ctx)
    names: Sequence[str] = given["connectors"]
    from lib import logs
    from lib.config import config

    if not names and not given["show_mappings"]:
        enabled = ", ".join(config.enabled_names(given["ini"])) or "none"
        raise UsageError(
            "upload needs the names of the sections to run", fix=f"Enabled in the ini: {enabled}"
        )
    logs.configure(given["logging_config"])
    loaded = config.load_config(given["ini"], names)
    warn(loaded)
    if given["show_mappings"]:
        _show_mappings(loaded)
    else:
        _run(ctx, loaded, given)


@main.command()
@click.argument("connectors", nargs=-1)
@WAIT
@FAIL_FAST
@PARALLEL
@REPORT
@EVENTS
@with_options
@click.pass_context
def resend(ctx: click.Context, /, **_: Any) -> None:
    """Send again what earlier runs of CONNECTORS, or of all enabled sections, have set aside.

    The records take the same way as in an upload: today's record filter and mapping apply.
    """
    given = given_in(ctx)
    from lib import logs
    from lib.config import config

    logs.configure(given["logging_config"])
    loaded = config.load_config(given["ini"], given["connectors"])
    warn(loaded)
    _run(ctx, loaded, {"full": False, "force": False, **given, "resend": True})


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
    """Print the summary, and publish the report as the settings in [report] say."""
    from lib.config.reportsettings import ReportSettings
    from lib.report import runreport
    from lib.report.publish import publish_report
    from lib.report.summary import summary

    testmode = given["testmode"]
    # Programs may read records or events on standard output, so the summary does not go there.
    is_data = testmode or given["events"] == Path("-")
    say(summary(ended.outcomes, testmode=testmode), err=is_data)
    report = runreport.run_report(
        ended.outcomes,
        started=ended.started,
        ended=ended.at,
        testmode=testmode,
        exit_code=code,
    )
    # Monitoring that watches for overdue uploads must not count a resend as one.
    settings = ReportSettings() if given.get("resend") else loaded.report
    for problem in publish_report(report, settings, given["report"]):
        say(f"Warning: {problem}", err=True)


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
