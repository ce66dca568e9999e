"""The commands that preview a run and send nothing: `check` and `explain`."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import click

from lib.cli.group import main, warn_about
from lib.cli.options import ALL_FIELDS, SECTIONS, with_options
from lib.cli.say import say
from lib.errors import UsageError, gravest

# The width of lines that are not printed on a terminal.
WIDE = 200
# The mark before a finding, by its severity.
MARKS = {"ok": "ok", "note": "note", "failed": "FAILED"}


@main.command(
    "check",
    part="Set up",
    short_help="Check settings, connections, and mappings.",
    examples=["check", "check ldap --offline"],
)
@SECTIONS
@click.option(
    "--offline", is_flag=True, help="Check without network access: settings and mappings only."
)
@ALL_FIELDS
@with_options("ini", "logging_config")
@click.pass_context
def check_command(ctx: click.Context, /, **given: Any) -> None:
    """Check settings, connections, and mappings without uploading.

    Default: all enabled sections.
    """
    from lib import logs
    from lib.config import config
    from lib.config.problems import labeled
    from lib.preview.check import check_section
    from lib.preview.machine import check_machine

    logs.configure(given["logging_config"])
    loaded = config.load_config(given["ini"], given["sections"])
    warn_about(loaded)
    for problem in config.ignored_sections(given["ini"]):
        say(labeled(loaded.path, problem), err=True)
    codes = []
    for finding in check_machine(loaded):
        say(f"{MARKS[finding.severity]:7}{finding.text}")
        codes.append(finding.exit_code)
    for section in loaded.sections:
        options = {name: given[name] for name in ("offline", "all_fields")}
        with logs.about(section.name):
            for finding in check_section(section, loaded.oomnitza, **options, state=loaded.state):
                say(f"{MARKS[finding.severity]:7}[{section.name}] {finding.text}")
                codes.append(finding.exit_code)
    ctx.exit(int(gravest(codes)))


@main.command(
    "explain",
    part="Set up",
    short_help="Show how a record is filtered and mapped.",
    examples=["explain casper", "explain casper --record computer.json --offline"],
)
@click.argument("section", metavar="SECTION")
@click.option(
    "--record",
    type=click.File("rb"),
    metavar="FILE",
    help="Read the records from a JSON file instead of the source; - means standard input.",
)
@click.option(
    "--offline",
    is_flag=True,
    help="With --record: use only the built-in and local mapping, not the one in Oomnitza.",
)
@ALL_FIELDS
@with_options("ini", "logging_config", "record_count")
def explain_command(**given: Any) -> None:
    """Show how a record of SECTION is filtered and mapped, field by field. Nothing is sent."""
    from lib import logs
    from lib.config import config
    from lib.preview.explain import explain_section, read_records
    from lib.preview.explaintext import render_explanations

    if given["offline"] and not given["record"]:
        raise UsageError("--offline works only with --record", fix="Add --record FILE")
    logs.configure(given["logging_config"])
    loaded = config.load_config(given["ini"], [given["section"]])
    warn_about(loaded)
    [section] = loaded.sections
    records = read_records(given["record"]) if given["record"] else None
    options = {name: given[name] for name in ("offline", "all_fields")}
    options |= {"count": given["record_count"] or 1, "state": loaded.state}
    explanations = explain_section(section, loaded.oomnitza, records, **options)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    with logs.about(section.name):
        for text in render_explanations(section, explanations, width):
            say(text)
