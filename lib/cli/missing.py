"""The command `missing`: list the records that are no longer in the source, and forget them."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from lib.cli.group import main
from lib.cli.inspect import print_lines, require_known
from lib.cli.options import JSON, SECTIONS, with_options
from lib.cli.say import say
from lib.errors import AlreadyRunning, UsageError

if TYPE_CHECKING:
    from lib.state import SectionLedger, Store

FORGET = click.option(
    "--forget",
    is_flag=True,
    help="Acknowledge the missing records: list them once more, and forget them. If a forgotten "
    "record returns, it is sent as a new one.",
)
# How many records are listed and forgotten at once.
AT_ONCE = 500


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

    Default: all sections. The connector does not change these records in Oomnitza, unless the
    section has missing = send. A record is new if it was not missing after the complete run before
    the last one.
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
        past = store.sections(target)
        require_known(names, [*section_names(given["ini"]), *past])
        if not past and not in_json:
            say("No runs yet.")
        for name in () if given["forget"] or not past else names or past:
            _list(store.section(name, target), name, in_json=in_json)
    if given["forget"] and past:
        with open_store(loaded.state) as store:
            for name in names:
                _forget(store, name, target, in_json=in_json)


def _list(ledger: SectionLedger, name: str, *, in_json: bool) -> None:
    """Print the missing records of a section, and how many others are not compared."""
    from lib.report import ledgertext

    records = ledger.missing()
    print_lines(
        ledgertext.json_lines(records, section=name)
        if in_json
        else ledgertext.missing(name, records)
    )
    restart = ledger.restart()
    if restart and (number := ledger.count_not_compared()):
        # Programs read the lines of JSON as records.
        say(ledgertext.restarted(name, restart, number), err=in_json)


def _forget(store: Store, name: str, target: str, *, in_json: bool) -> None:
    """List and forget the missing records of a section, while no run of it is in progress."""
    from lib.report import ledgertext

    ledger, number = store.section(name, target), 0
    with ExitStack() as stack:
        try:
            stack.enter_context(store.lock(name))
        except AlreadyRunning as error:
            fix = "Wait until it has finished, then try again"
            raise AlreadyRunning(error.what, where=f"[{name}]", fix=fix) from None
        records = ledger.missing()
        while some := list(islice(records, AT_ONCE)):
            print_lines(
                ledgertext.json_lines(some, section=name)
                if in_json
                else (ledgertext.missing_record(name, item) for item in some)
            )
            ledger.forget(item.key for item in some)  # which were listed
            number += len(some)
    say(ledgertext.forgotten(name, number), err=in_json)
