"""The commands that show what is in the state database: `rejects` and `history`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import click

from lib.cli.group import main
from lib.cli.options import JSON, SECTIONS, at_least_one, with_options
from lib.cli.say import say
from lib.errors import UsageError
from lib.plugins import did_you_mean

if TYPE_CHECKING:
    from lib.state import PastRun, Store

# With --fields or --changes, among how many runs of a section the latest one is looked for.
LATEST = 50
RUNS = click.argument("sections", nargs=-1, metavar="[SECTION|RUN]...")
FIELDS = click.option(
    "--fields",
    is_flag=True,
    help="Show in how many records of a run each field was filled.",
)
CHANGES = click.option(
    "--changes",
    is_flag=True,
    help="Show the fields that a run of the last 7 days changed, with the values before and after.",
)
COUNT = click.option(
    "--count",
    type=at_least_one,
    default=20,
    metavar="N",
    help="Number of runs to show. Default: 20.",
)


@main.command(
    "rejects",
    part="Inspect",
    short_help="List the records saved for resend.",
    examples=["rejects casper", "rejects --json"],
)
@SECTIONS
@JSON
@with_options("ini")
def rejects_command(**given: Any) -> None:
    """List the records saved for resend: rejected and unsent. Default: all sections."""
    from lib.config.config import common, section_names, spelled
    from lib.report import ledgertext
    from lib.state import open_to_read

    loaded, names = common(given["ini"]), spelled(given["ini"], given["sections"])
    with open_to_read(loaded.state) as store:
        require_known(names, [*section_names(given["ini"]), *store.sections(loaded.oomnitza.url)])
        saved = store.saved_records(names, target=loaded.oomnitza.url)
        print_lines(
            ledgertext.json_lines(saved)
            if given["as_json"]
            else ledgertext.rejects(saved, _id_paths)
        )


@main.command(
    "history",
    part="Inspect",
    short_help="Show past runs.",
    examples=["history", "history casper --count 5", "history casper --fields"],
)
@RUNS
@COUNT
@FIELDS
@CHANGES
@JSON
@with_options("ini")
def history_command(**given: Any) -> None:
    """Show past runs, the latest first. Default: all sections.

    RUN is the number of a run. With --fields or --changes, a SECTION means its latest run.
    """
    from lib.config.config import common, section_names, spelled
    from lib.report import ledgertext
    from lib.state import open_to_read

    loaded = common(given["ini"])
    numbers = [int(each) for each in given["sections"] if each.isdecimal()]
    names = spelled(given["ini"], [each for each in given["sections"] if not each.isdecimal()])
    details = given["fields"] or given["changes"]
    with open_to_read(loaded.state) as store:
        target = loaded.oomnitza.url
        require_known(names, [*section_names(given["ini"]), *store.sections(target)])
        runs = [_past_run(store, number, target) for number in numbers]
        if details and not numbers:
            for name in names or store.sections(target):
                runs += _latest(store, name, target, details=given)
        elif names or not numbers:
            runs += store.history(names, given["count"], target=target)
        if details and runs:
            for run in runs:
                print_lines(_details(store, run, given))
            return
    print_lines(ledgertext.json_lines(runs) if given["as_json"] else [ledgertext.history(runs)])


def _past_run(store: Store, number: int, target: str) -> PastRun:
    run = store.past_run(number, target)
    if run is None:
        raise UsageError(
            f"run {number} not found in the state database",
            fix="Run `connector.py history` to list the runs",
        )
    return run


def _latest(store: Store, name: str, target: str, details: Mapping[str, Any]) -> list[PastRun]:
    """The latest run of a section of which there are details, or else the latest one."""
    runs = store.history([name], LATEST, target=target)
    read = store.fields if details["fields"] else store.changes
    return [run for run in runs if read(run.id)][:1] or runs[:1]


def _details(store: Store, run: PastRun, given: Mapping[str, Any]) -> Iterator[str]:
    from lib.report import rundetails

    if given["fields"]:
        show = rundetails.fields_json if given["as_json"] else rundetails.fields
        yield from show(run, store.fields(run.id))
    if given["changes"]:
        list_changes = rundetails.changes_json if given["as_json"] else rundetails.changes
        yield from list_changes(run, store.changes(run.id))


@cache
def _id_paths(section: str) -> tuple[str, ...]:
    """The paths of the IDs in the records of a section, also of one that is not configured."""
    from lib import connector, plugins

    name = plugins.find("connectors", section.split(".")[0])
    try:
        return connector.load_connector(name).id_paths if name else ()
    except ImportError:  # the records are shown without their IDs
        return ()


def require_known(names: Iterable[str], known: list[str]) -> None:
    """Raise UsageError for a section that is neither in the config file nor in the state."""
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            sections = ", ".join(dict.fromkeys(known)) or "none"
            raise UsageError(
                f"section [{name}] not found in the config file or the state database",
                fix=f"{hint[:1].upper()}{hint[1:]} Sections: {sections}".strip(),
            )


def print_lines(lines: Iterable[str]) -> None:
    """Print each line on standard output."""
    for line in lines:
        say(line)
