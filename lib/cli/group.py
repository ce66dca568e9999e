"""What all commands have in common: options, error messages, and exit codes."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from lib import __version__, secrets
from lib.cli.say import say
from lib.errors import ConnectorError, ExitCode
from lib.interruption import Interruption
from lib.plugins import ROOT

if TYPE_CHECKING:
    from lib.config.config import Config

Command = Callable[..., Any]

log = logging.getLogger(__name__)

# What click itself turns into words or into a quiet end.
LEFT_TO_CLICK = (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError)

FILE = click.Path(dir_okay=False, path_type=Path)
OPTIONS = (
    click.option(
        "--show-mappings", is_flag=True, help="Show the mappings of the sections, and end."
    ),
    click.option("--testmode", is_flag=True, help="Show what would be sent, and send nothing."),
    click.option(
        "--save-data", is_flag=True, help="Keep each record, as it came and as it was sent."
    ),
    click.option(
        "--ini", type=FILE, default=ROOT / "config.ini", help="The file with the settings."
    ),
    click.option(
        "--logging-config",
        type=FILE,
        default=ROOT / "logging.json",
        help="The file that says what is logged, and where.",
    ),
    click.option(
        "--record-count", type=click.IntRange(min=1), metavar="N", help="Stop after N records."
    ),
    click.version_option(__version__, prog_name="Oomnitza Connector"),
)


class _Commands(click.Group):
    """The commands; an error of any of them becomes a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        _prepare_streams()
        with secrets.apart(), Interruption() as interruption:
            try:
                return self._act(ctx)
            except click.exceptions.Exit as end:
                # A request that a signal kept from being repeated has failed by the signal, too.
                if end.exit_code and interruption.exit_code:
                    raise click.exceptions.Exit(interruption.exit_code) from None
                raise

    def _act(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LEFT_TO_CLICK:
            raise
        except ConnectorError as error:
            say(error.labeled, err=True)
            ctx.exit(int(error.exit_code))
        except KeyboardInterrupt:
            complain("Interrupted.")
            ctx.exit(int(ExitCode.INTERRUPTED))
        except Exception as error:
            if logging.getLogger().handlers:
                log.exception("unexpected error")
            complain(f"an error that should not happen: {error!r}")
            ctx.exit(int(ExitCode.SECTION_FAILED))


def _prepare_streams() -> None:
    """Write UTF-8 to files and pipes, and escape what the terminal's encoding does not know.

    Where there is no stream at all (pythonw, `>&-`), what is written goes nowhere.
    """
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


ALL_FIELDS = click.option(
    "--all-fields",
    is_flag=True,
    help="Ask the source for all fields that it has, not only for those that are needed.",
)


def with_options(command: Command) -> Command:
    """Add the options that all commands have."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def given_in(ctx: click.Context) -> dict[str, Any]:
    """Return the options from before and after the command; those after it take precedence."""
    outer = ctx.parent.params if ctx.parent else {}
    return {
        name: outer[name]
        if name in outer and ctx.get_parameter_source(name) is ParameterSource.DEFAULT
        else value
        for name, value in ctx.params.items()
    }


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@with_options
def main(**_: Any) -> None:
    """Pull people and devices out of other systems and upload them to Oomnitza.

    The options may stand before the action or behind it.
    """


def warn(loaded: Config) -> None:
    """Print the warnings about the config file."""
    from lib.config.problems import labeled

    for warning in loaded.warnings:
        say(labeled(loaded.path, warning), err=True)


def complain(text: str) -> None:
    """Print an error on standard error."""
    say(f"Error: {text}", err=True)
