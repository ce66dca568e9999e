"""The commands to set up the connector: `generate-ini`, `sandbox`, and `gui`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from lib.cli.group import given_in, main, with_options
from lib.cli.say import say
from lib.errors import UsageError
from lib.plugins import ROOT


@main.command("generate-ini")
@with_options
@click.pass_context
def generate_ini(ctx: click.Context, /, **_: Any) -> None:
    """Write an ini to start from; an older one is kept as .bak."""
    from lib.config import generate

    path = given_in(ctx)["ini"]
    backup = generate.write(path)
    if backup:
        say(f"The older file is now {backup}.")
    say(f"Written: {path}. Fill in [oomnitza], then enable the sections you need.")


@main.command()
@with_options
def gui(**_: Any) -> None:
    """Edit the settings in a browser (not in this version yet)."""
    raise UsageError(
        "this version has no gui yet",
        fix="Make an ini with `connector.py generate-ini` and edit it as text",
    )


@main.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / ".sandbox",
    help="Where the sandbox keeps its data and its ready-made config.ini.",
)
@with_options
def sandbox(folder: Path, **_: Any) -> None:
    """Run local stand-ins for Oomnitza and the sources, to try things on."""
    from sandbox.company import Company

    with Company(folder) as company:
        say(company.welcome())
        with suppress(KeyboardInterrupt):
            company.wait()
