"""The command line as a whole: errors of any command become sentences and exit codes."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lib import secrets
from lib.cli.command import Command, write_commands
from lib.cli.options import SHARED, with_options
from lib.cli.say import say
from lib.errors import ConnectorError, ExitCode, OutputFailed
from lib.interruption import Interruption
from lib.logs import IN_SUMMARY

if TYPE_CHECKING:
    from lib.config.config import Config

log = logging.getLogger(__name__)

# What click or connector.py turns into words or into a quiet end.
LEFT_TO_OTHERS = (
    click.ClickException,
    click.exceptions.Exit,
    click.Abort,
    BrokenPipeError,
    ModuleNotFoundError,
)


class _Commands(click.Group):
    """The commands; an error of any of them becomes a sentence and an exit code."""

    command_class = Command

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
        except LEFT_TO_OTHERS:
            raise
        except ConnectorError as error:
            _end(ctx, error.labeled, error.exit_code)
        except KeyboardInterrupt:
            _end(ctx, "Error: the command was interrupted", ExitCode.INTERRUPTED)
        except Exception as error:
            details = _log_unexpected(error)
            text = f"Error: unexpected error ({details}). This is a bug in the connector."
            _end(ctx, f"{text} Please report it", ExitCode.SECTION_FAILED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [item for item in self.commands.values() if isinstance(item, Command)]
        write_commands(commands, formatter)


def _end(ctx: click.Context, text: str, code: ExitCode) -> None:
    """Print the last words of a command, if that is possible, and exit."""
    with suppress(OutputFailed):
        say(text, err=True)
    ctx.exit(int(code))


def _log_unexpected(error: Exception) -> str:
    """Log the traceback and return where it is; without a log file, return the error itself."""
    if logging.getLogger().handlers:
        log.exception("unexpected error", extra=IN_SUMMARY)
        return f"{type(error).__name__}; details are in the log files"
    return f"{type(error).__name__}: {error}"


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


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@with_options(*SHARED, "version")
def main(**_: Any) -> None:
    """Sync users and assets from your systems to Oomnitza.

    Options can be given before or after the command.
    """


def warn_about(loaded: Config) -> None:
    """Print the warnings about the config file."""
    from lib.config.problems import labeled

    for warning in loaded.warnings:
        say(labeled(loaded.path, warning), err=True)
