"""The commands that show what is in the state database: `rejects`, `missing`, and `history`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from lib.cli.group import main
from lib.cli.options import JSON, SECTIONS, with_options
from lib.cli.say import say
from lib.errors import AlreadyRunning, UsageError
from lib.plugins import did_you_mean

if TYPE_CHECKING:
    from lib.state import SectionLedger, Store

COUNT = click.option(
    "--count",
    type=click.IntRange(min=1),
    default=20,
    metavar="N",
    help="Number of runs to show. Default: 20.",
)


FORGET = click.option(
    "--forget",
    is_flag=True,
    help="Acknowledge the missing records: list them once more, and forget them. If a forgotten "
    "record returns, it is sent as a new one.",
)
# How many missing records are listed and forgotten at once.
FORGOTTEN_AT_ONCE = 500


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
            ledgertext.json_lines(saved)
            if given["as_json"]
            else ledgertext.rejects(saved, _id_paths)
        )


@main.command(
    "missing",
    part="Inspect",
    short_help="List records no longer in the source.",
    examples=["missing ldap", "missing --json", "missing ldap --forget"],
)
@SECTIONS
@FORGET
@JSON
@with_options("ini")
def missing_command(**given: Any) -> None:
    """List records that earlier runs sent but that are no longer in the source.

    Default: all sections. The connector does not change these records in Oomnitza. A record is new
    if it was not missing after the complete run before the last one.
    """
    from lib.config.config import common, section_names, spelled
    from lib.state import open_store, open_to_read

    if given["forget"] and not given["sections"]:
        raise UsageError(
            "--forget needs a section", fix="Name the sections whose missing records to forget"
        )
    loaded, names = common(given["ini"]), spelled(given["ini"], given["sections"])
    target, in_json = loaded.oomnitza.url, given["as_json"]
    with open_to_read(loaded.state) as store:
        there = store.sections(target)
        _require_known(names, [*section_names(given["ini"]), *there])
        if not given["forget"] or not there:
            for name in names or there:
                _list_missing(store.section(name, target), name, in_json=in_json)
            return
    with open_store(loaded.state) as store:
        for name in names:
            _forget_missing(store, name, target, in_json=in_json)


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


def _list_missing(ledger: SectionLedger, name: str, *, in_json: bool) -> None:
    from lib.report import ledgertext

    records = ledger.missing()
    _print_lines(
        ledgertext.json_lines(records, section=name)
        if in_json
        else ledgertext.missing(name, records)
    )
    restart = ledger.restart()
    if restart and (number := ledger.count_not_compared()):
        # Programs read the lines of JSON as records.
        say(ledgertext.restarted(name, restart, number), err=in_json)


def _forget_missing(store: Store, name: str, target: str, *, in_json: bool) -> None:
    """List and forget the missing records of a section, while no run of it is in progress."""
    from lib.report import ledgertext

    ledger, number = store.section(name, target), 0
    with ExitStack() as stack:
        try:
            stack.enter_context(store.lock(name))
        except AlreadyRunning as error:
            raise error.with_fix("Wait until it has finished, then try again") from None
        records = ledger.missing()
        while some := list(islice(records, FORGOTTEN_AT_ONCE)):
            _print_lines(
                ledgertext.json_lines(some, section=name)
                if in_json
                else (ledgertext.missing_record(name, item) for item in some)
            )
            ledger.forget(item.key for item in some)  # those that were listed
            number += len(some)
    say(ledgertext.forgotten(name, number), err=in_json)


@cache
def _id_paths(section: str) -> tuple[str, ...]:
    """The paths of the IDs in the records of a section, also of one that is not configured."""
    from lib import connector, plugins

    name = plugins.find("connectors", section.split(".")[0])
    try:
        return connector.load_connector(name).id_paths if name else ()
    except ImportError:  # the records are shown without their IDs
        return ()


def _require_known(names: Iterable[str], known: list[str]) -> None:
    """Raise UsageError for a section that is neither in the config file nor in the state."""
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(
                f"section [{name}] not found in the config file or the state database",
                fix=hint[:1].upper() + hint[1:],
            )


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
