"""The commands to set up the connector: `generate-ini`, `sandbox`, and `gui`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from lib.cli.group import main
from lib.cli.options import with_options
from lib.cli.say import inform, say
from lib.errors import UsageError
from lib.plugins import ROOT


@main.command(
    "generate-ini",
    part="Set up",
    short_help="Create a config file to start from.",
    examples=["generate-ini", "generate-ini --ini /etc/oomnitza/config.ini"],
)
@with_options("ini")
def generate_ini(**given: Any) -> None:
    """Create a config file to start from. An existing file is kept with the suffix .bak."""
    from lib.config import generate

    path = given["ini"]
    backup = generate.write(path)
    if backup:
        inform(f"the existing file was renamed to {backup}")
    say(
        f"Created {path}. Next: fill in [oomnitza], then set `enable = True` in the sections you "
        "need."
    )


@main.command(
    part="Set up", short_help="Run mock servers to try the connector.", examples=["sandbox"]
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=ROOT / ".sandbox",
    metavar="FOLDER",
    help="Folder for the sandbox's data and its config.ini. Default: .sandbox next to "
    "connector.py.",
)
@with_options()
def sandbox(folder: Path, **_: Any) -> None:
    """Run mock servers for Oomnitza and the sources on this machine.

    Try the connector on them safely: nothing leaves this machine.
    """
    from sandbox.company import Company

    try:
        prepared = Company(folder)
    except OSError as error:
        raise UsageError(
            f"cannot write the folder of the sandbox ({error.strerror})",
            where=str(folder),
            fix="Name another one with --folder",
        ) from None
    with prepared as company:
        say(company.welcome())
        with suppress(KeyboardInterrupt):
            company.wait()


@main.command(
    part="Set up", short_help="Edit settings in a browser (not available).", examples=["gui"]
)
@with_options("ini")
def gui(**_: Any) -> None:
    """Edit the settings in a browser. This version does not have it yet."""
    raise UsageError(
        "gui is not available in this version",
        fix="Create a config file with `connector.py generate-ini` and edit it as text",
    )
