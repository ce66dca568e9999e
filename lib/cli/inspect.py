"""The commands that show what is in the state database: `rejects`, `missing`, and `history`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from lib.cli.group import given_in, main, with_options
from lib.cli.say import say
from lib.errors import UsageError
from lib.plugins import did_you_mean

JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on each line.")
COUNT = click.option(
    "--count", type=click.IntRange(min=1), default=20, show_default=True, help="Of how many runs."
)


@main.command("rejects")
@click.argument("connectors", nargs=-1)
@JSON
@with_options
@click.pass_context
def rejects_command(ctx: click.Context, /, **_: Any) -> None:
    """List the records that were set aside, of CONNECTORS or of all: rejected, or not sent."""
    given = given_in(ctx)
    from lib.config.config import common, section_names, spelled
    from lib.report import ledgertext
    from lib.state import open_to_read

    loaded, names = common(given["ini"]), spelled(given["ini"], given["connectors"])
    with open_to_read(loaded.state) as store:
        _require_known(names, [*section_names(given["ini"]), *store.sections(loaded.oomnitza.url)])
        saved = store.saved_records(names, target=loaded.oomnitza.url)
        _print_lines(
            ledgertext.json_lines(saved) if given["as_json"] else ledgertext.rejects(saved)
        )


@main.command("missing")
@click.argument("connectors", nargs=-1)
@JSON
@with_options
@click.pass_context
def missing_command(ctx: click.Context, /, **_: Any) -> None:
    """List the records that earlier runs of CONNECTORS sent and the last complete one did not find.

    Nothing is done about them.
    """
    given = given_in(ctx)
    from lib.config.config import common, section_names, spelled
    from lib.report import ledgertext
    from lib.state import open_to_read

    loaded, names = common(given["ini"]), spelled(given["ini"], given["connectors"])
    with open_to_read(loaded.state) as store:
        _require_known(names, [*section_names(given["ini"]), *store.sections(loaded.oomnitza.url)])
        for name in names or store.sections(loaded.oomnitza.url):
            records = store.section(name, loaded.oomnitza.url).missing()
            in_json = ledgertext.json_lines(records, section=name)
            _print_lines(in_json if given["as_json"] else ledgertext.missing(name, records))


@main.command("history")
@click.argument("connectors", nargs=-1)
@COUNT
@JSON
@with_options
@click.pass_context
def history_command(ctx: click.Context, /, **_: Any) -> None:
    """Show past runs of CONNECTORS, or of all sections, the latest first."""
    given = given_in(ctx)
    from lib.config.config import common, section_names, spelled
    from lib.report import ledgertext
    from lib.state import open_to_read

    loaded, names = common(given["ini"]), spelled(given["ini"], given["connectors"])
    with open_to_read(loaded.state) as store:
        _require_known(names, [*section_names(given["ini"]), *store.sections(loaded.oomnitza.url)])
        runs = store.history(names, given["count"], target=loaded.oomnitza.url)
    _print_lines(ledgertext.json_lines(runs) if given["as_json"] else [ledgertext.history(runs)])


def _require_known(names: Iterable[str], known: list[str]) -> None:
    """Raise UsageError for a section that is neither in the ini nor in the ledger."""
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(
                f"there is no section [{name}], and there was none",
                fix=hint[:1].upper() + hint[1:],
            )


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
