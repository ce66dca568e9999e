"""The commands that preview a run and send nothing: `check` and `explain`."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import click

from lib.cli.group import ALL_FIELDS, given_in, main, warn, with_options
from lib.cli.say import say
from lib.errors import UsageError, gravest

# The width of lines that are not printed on a terminal.
WIDE = 200
# The mark before a finding, by its severity.
MARKS = {"ok": "ok", "note": "note", "failed": "FAILED"}


@main.command("check")
@click.argument("connectors", nargs=-1)
@click.option("--offline", is_flag=True, help="Check only what needs no network.")
@ALL_FIELDS
@with_options
@click.pass_context
def check_command(ctx: click.Context, /, **_: Any) -> None:
    """Try the sections named CONNECTORS, or all enabled ones, without uploading."""
    given = given_in(ctx)
    from lib import logs
    from lib.config import config
    from lib.preview.check import check_section

    logs.configure(given["logging_config"])
    loaded = config.load_config(given["ini"], given["connectors"])
    warn(loaded)
    codes = []
    for section in loaded.sections:
        options = {name: given[name] for name in ("offline", "all_fields")}
        for finding in check_section(section, loaded.oomnitza, **options, state=loaded.state):
            say(f"{MARKS[finding.severity]:7}[{section.name}] {finding.text}")
            codes.append(finding.exit_code)
    ctx.exit(int(gravest(codes)))


@main.command("explain")
@click.argument("section")
@click.option("--record", type=click.File("rb"), help="Read records from a JSON file; - is stdin.")
@click.option("--offline", is_flag=True, help="With --record: leave Oomnitza's mapping aside.")
@ALL_FIELDS
@with_options
@click.pass_context
def explain_command(ctx: click.Context, /, **_: Any) -> None:
    """Show what becomes of a record of SECTION, field by field, and send nothing."""
    given = given_in(ctx)
    from lib import logs
    from lib.config import config
    from lib.preview.explain import explain_section, read_records
    from lib.preview.explaintext import render_explanations

    if given["offline"] and not given["record"]:
        raise UsageError("--offline explains records of a file", fix="Add --record FILE")
    logs.configure(given["logging_config"])
    loaded = config.load_config(given["ini"], [given["section"]])
    warn(loaded)
    [section] = loaded.sections
    records = read_records(given["record"]) if given["record"] else None
    options = {name: given[name] for name in ("offline", "all_fields")}
    options |= {"count": given["record_count"] or 1, "state": loaded.state}
    explanations = explain_section(section, loaded.oomnitza, records, **options)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
    for text in render_explanations(section, explanations, width):
        say(text)
