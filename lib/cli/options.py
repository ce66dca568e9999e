"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from lib import __version__
from lib.plugins import ROOT

Callback = Callable[..., Any]


def at_least_one(value: Any) -> int:
    """Return the value of an option as a number of 1 or more. Raises BadParameter for others."""
    number = 0
    with suppress(ValueError):
        number = int(value)
    if number < 1:
        raise click.BadParameter(f"{value!r} is not a whole number of at least 1.")
    return number


FILE = click.Path(dir_okay=False, path_type=Path)
# Every command accepts all of these, before its name and after it: cron jobs that give one without
# effect must go on working. Its help shows those that it uses.
SHARED: dict[str, tuple[list[str], dict[str, Any]]] = {
    "show_mappings": (
        ["--show-mappings"],
        {"is_flag": True, "help": "Show how each field is mapped, then exit."},
    ),
    "testmode": (
        ["--testmode", "--dry-run"],
        {
            "is_flag": True,
            "help": "Dry run: show the records that would be sent, without sending them.",
        },
    ),
    "save_data": (
        ["--save-data"],
        {
            "is_flag": True,
            "help": "Save each record, as fetched and as sent, in saved_data/ next to the config "
            "file.",
        },
    ),
    "ini": (
        ["--ini"],
        {
            "type": FILE,
            "default": ROOT / "config.ini",
            "help": "Config file to use. Default: config.ini next to connector.py.",
        },
    ),
    "logging_config": (
        ["--logging-config"],
        {
            "type": FILE,
            "default": ROOT / "logging.json",
            "help": "Logging configuration to use. Default: logging.json next to connector.py.",
        },
    ),
    "record_count": (
        ["--record-count"],
        {
            "type": at_least_one,
            "metavar": "N",
            "help": "Stop after N records that pass the record filter.",
        },
    ),
}
RUN = ("testmode", "save_data", "ini", "logging_config", "record_count")

# The safety thresholds that --force lifts by their names; without a name, the first one.
THRESHOLDS = ("records", "fields", "missing")

SECTIONS = click.argument("sections", nargs=-1, metavar="[SECTION]...")
ALL_FIELDS = click.option(
    "--all-fields",
    is_flag=True,
    help="Read all fields from the source, not only those that the mapping and filter use.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")


def threshold_names(
    ctx: click.Context, param: click.Parameter, given: Sequence[str]
) -> frozenset[str]:
    """Return the names in the values of --force, which are lists separated by commas."""
    names = frozenset(name.strip().lower() for text in given for name in text.split(","))
    for name in sorted(names - set(THRESHOLDS)):
        raise click.BadParameter(f"'{name}' is not one of: {', '.join(THRESHOLDS)}.", ctx, param)
    return names


def with_options(*used: str) -> Callable[[Callback], Callback]:
    """Add the shared options, hidden from the help except those named."""

    def add(command: Callback) -> Callback:
        for name, (flags, settings) in reversed(SHARED.items()):
            option = click.option(*flags, name, **settings, hidden=name not in used)
            command = option(command)
        return click.version_option(
            __version__, prog_name="Oomnitza Connector", hidden="version" not in used
        )(command)

    return add
