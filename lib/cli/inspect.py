"""The commands that show what is in the state database: `rejects`, `missing`, and `history`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from lib.cli.group import main
from lib.cli.options import JSON, SECTIONS, at_least_one, with_options
from lib.cli.say import say
from lib.errors import UsageError
from lib.plugins import did_you_mean

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
        _require_known(names, [*section_names(given["ini"]), *store.sections(loaded.oomnitza.url)])
        saved = store.saved_records(names, target=loaded.oomnitza.url)
        _print_lines(
            ledgertext.json_lines(saved) if given["as_json"] else ledgertext.rejects(saved)
        )


@main.command(
    "missing",
    part="Inspect",
    short_help="List records no longer in the source.",
    examples=["missing ldap", "missing --json"],
)
@SECTIONS
@JSON
@with_options("ini")
def missing_command(**given: Any) -> None:
    """List records that earlier runs sent but that are no longer in the source.

    Default: all sections. The connector does not change these records in Oomnitza.
    """
    from lib.config.config import common, section_names, spelled
    from lib.report import ledgertext
    from lib.state import open_to_read

    loaded, names = common(given["ini"]), spelled(given["ini"], given["sections"])
    with open_to_read(loaded.state) as store:
        past = store.sections(loaded.oomnitza.url)
        _require_known(names, [*section_names(given["ini"]), *past])
        if not past and not given["as_json"]:
            say("No runs yet.")
        for name in names or past if past else ():
            records = store.section(name, loaded.oomnitza.url).missing()
            in_json = ledgertext.json_lines(records, section=name)
            _print_lines(in_json if given["as_json"] else ledgertext.missing(name, records))


@main.command(
    "history",
    part="Inspect",
    short_help="Show past runs.",
    examples=["history", "history casper --count 5"],
)
@SECTIONS
@COUNT
@JSON
@with_options("ini")
def history_command(**given: Any) -> None:
    """Show past runs, the latest first. Default: all sections."""
    from lib.config.config import common, section_names, spelled
    from lib.report import ledgertext
    from lib.state import open_to_read

    loaded, names = common(given["ini"]), spelled(given["ini"], given["sections"])
    with open_to_read(loaded.state) as store:
        _require_known(names, [*section_names(given["ini"]), *store.sections(loaded.oomnitza.url)])
        runs = store.history(names, given["count"], target=loaded.oomnitza.url)
    _print_lines(ledgertext.json_lines(runs) if given["as_json"] else [ledgertext.history(runs)])


def _require_known(names: Iterable[str], known: list[str]) -> None:
    """Raise UsageError for a section that is neither in the config file nor in the state."""
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            sections = ", ".join(dict.fromkeys(known)) or "none"
            raise UsageError(
                f"section [{name}] not found in the config file or the state database",
                fix=f"{hint[:1].upper()}{hint[1:]} Sections: {sections}".strip(),
            )


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
