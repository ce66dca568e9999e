"""The command line. Here, and in `lib.terminal`, is all that prints; here is all that exits.

Modules that need more than the standard library are imported by the command that uses them, so
that `--help` is quick and an error of one part keeps no other from running.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from lib import __version__, secrets
from lib.errors import ConnectorError, ExitCode, UsageError, gravest
from lib.interruption import Interruption
from lib.plugins import ROOT

if TYPE_CHECKING:
    from lib.config import Config
    from lib.tally import Outcome

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
    """The actions; an error of any of them becomes a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        _prepare_streams()
        with Interruption() as interruption:
            try:
                return self._act(ctx)
            except click.exceptions.Exit as end:
                if end.exit_code == ExitCode.INTERRUPTED and interruption.exit_code:
                    raise click.exceptions.Exit(interruption.exit_code) from None
                raise

    def _act(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LEFT_TO_CLICK:
            raise
        except ConnectorError as error:
            _complain(str(error))
            ctx.exit(int(error.exit_code))
        except KeyboardInterrupt:
            _complain("Interrupted.")
            ctx.exit(int(ExitCode.INTERRUPTED))
        except Exception as error:
            if logging.getLogger().handlers:
                log.exception("unexpected error")
            _complain(f"an error that should not happen: {error!r}")
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


def _with_options(command: Command) -> Command:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def _given(ctx: click.Context) -> dict[str, Any]:
    """The options, wherever they stood: those behind the action count before those in front."""
    outer = ctx.parent.params if ctx.parent else {}
    return {
        name: outer[name]
        if name in outer and ctx.get_parameter_source(name) is ParameterSource.DEFAULT
        else value
        for name, value in ctx.params.items()
    }


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@_with_options
def main(**_: Any) -> None:
    """Pull people and devices out of other systems and upload them to Oomnitza.

    The options may stand before the action or behind it.
    """


@main.command()
@click.argument("connectors", nargs=-1)
@_with_options
@click.pass_context
def upload(ctx: click.Context, /, **_: Any) -> None:
    """Upload from the sections of the ini that are named CONNECTORS."""
    given = _given(ctx)
    names: Sequence[str] = given["connectors"]
    from lib import config, logs

    if not names and not given["show_mappings"]:
        enabled = ", ".join(config.enabled_names(given["ini"])) or "none"
        raise UsageError(
            "upload needs the names of the sections to run", fix=f"Enabled in the ini: {enabled}"
        )
    logs.configure(given["logging_config"])
    loaded = config.load(given["ini"], names)
    _warn(loaded)
    if given["show_mappings"]:
        _show_mappings(loaded)
        return
    outcomes = _run(loaded, given)
    from lib import report

    summary = report.summary(outcomes, testmode=given["testmode"])
    click.echo(secrets.redact(summary), err=given["testmode"])
    ctx.exit(int(report.exit_code(outcomes)))


@main.command()
@click.argument("connectors", nargs=-1)
@click.option("--offline", is_flag=True, help="Check only what needs no network.")
@_with_options
@click.pass_context
def check(ctx: click.Context, /, **_: Any) -> None:
    """Try the sections named CONNECTORS, or all enabled ones, without uploading."""
    given = _given(ctx)
    from lib import config, logs
    from lib.check import check_section

    logs.configure(given["logging_config"])
    loaded = config.load(given["ini"], given["connectors"])
    _warn(loaded)
    codes = []
    for section in loaded.sections:
        for finding in check_section(section, loaded.oomnitza, offline=given["offline"]):
            mark = "ok     " if finding.exit_code is ExitCode.OK else "FAILED "
            click.echo(secrets.redact(f"{mark}[{section.name}] {finding.text}"))
            codes.append(finding.exit_code)
    ctx.exit(int(gravest(codes)))


@main.command("generate-ini")
@_with_options
@click.pass_context
def generate_ini(ctx: click.Context, /, **_: Any) -> None:
    """Write an ini to start from; an older one is kept as .bak."""
    from lib import generate

    path = _given(ctx)["ini"]
    backup = generate.write(path)
    if backup:
        click.echo(f"The older file is now {backup}.")
    click.echo(f"Written: {path}. Fill in [oomnitza], then enable the sections you need.")


@main.command()
@_with_options
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
@_with_options
def sandbox(folder: Path, **_: Any) -> None:
    """Run local stand-ins for Oomnitza and the sources, to try things on."""
    from sandbox.company import Company

    with Company(folder) as company:
        click.echo(company.welcome())
        with suppress(KeyboardInterrupt):
            company.wait()


def _run(loaded: Config, given: dict[str, Any]) -> list[Outcome]:
    from lib.errors import Interrupted
    from lib.pipeline import RunOptions, run_section
    from lib.terminal import TerminalListener

    options = RunOptions(
        testmode=given["testmode"],
        record_count=given["record_count"],
        save_data=given["ini"].absolute().parent / "saved_data" if given["save_data"] else None,
    )
    outcomes: list[Outcome] = []
    for section in loaded.sections:
        with TerminalListener(section.name) as listener:
            outcomes.append(run_section(section, loaded.oomnitza, options, listener))
        if isinstance(outcomes[-1].error, Interrupted):
            break
    return outcomes


def _show_mappings(loaded: Config) -> None:
    from lib import connector, pipeline, report
    from lib.oomnitza import OomnitzaClient

    client = OomnitzaClient(loaded.oomnitza)
    if any(section.settings.use_server_map for section in loaded.sections):
        client.sign_in()
    for section in loaded.sections:
        source = connector.load(section.connector)(section.settings)
        server = client if section.settings.use_server_map else None
        fields = pipeline.effective_mapping(section, source, server)
        title = f"[{section.name}] {source.mapping_name}, {source.data_type}"
        click.echo(secrets.redact(report.mappings(title, fields.values())))


def _warn(loaded: Config) -> None:
    for warning in loaded.warnings:
        click.echo(secrets.redact(f"Warning: {warning}"), err=True)


def _complain(text: str) -> None:
    click.echo(secrets.redact(f"Error: {text}"), err=True)
