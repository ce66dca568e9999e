"""Render the summary of a run as text, and determine its exit code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lib.errors import ExitCode, gravest
from lib.interruption import signal_exit_code
from lib.mapping.mapping import FieldMapping
from lib.run.tally import Example, Outcome
from lib.wording import counted

COLUMNS = ("fetched", "filtered", "incomplete", "unchanged", "sent", "rejected", "unsent")
# Left out where no section has any.
OPTIONAL = ("unchanged",)


def summary(outcomes: Sequence[Outcome], *, testmode: bool = False) -> str:
    """Return a table with a row for each section, and remarks below it."""
    shown = [
        name
        for name in COLUMNS
        if name not in OPTIONAL or any(getattr(each.tally, name) for each in outcomes)
    ]
    heads = [{"sent": "would send"}.get(name, name) if testmode else name for name in shown]
    rows = [["section", *heads, "seconds"]]
    for outcome in outcomes:
        counts = [str(getattr(outcome.tally, name)) for name in shown]
        rows.append([outcome.section, *counts, f"{outcome.seconds:.1f}"])
    lines = [
        *table(rows, right=range(1, len(rows[0]))),
        *(line for each in outcomes for line in _remarks(each)),
    ]
    if testmode:
        lines.append("Testmode: nothing was sent.")
    return "\n".join(lines)


def exit_code(outcomes: Iterable[Outcome]) -> ExitCode:
    """Return the exit code of the most severe outcome of sections."""
    codes = []
    for outcome in outcomes:
        if outcome.error:
            codes.append(outcome.error.exit_code)
        if _left_records(outcome):
            codes.append(ExitCode.RECORDS_LEFT)
    return gravest(codes)


def command_exit_code(outcomes: Iterable[Outcome]) -> int:
    """Return the exit code of a command that has run these sections, or was to run them.

    After a signal, it is the one of the signal, unless all went well nevertheless.
    """
    code = int(exit_code(outcomes))
    return (signal_exit_code() or code) if code else code


def _left_records(outcome: Outcome) -> bool:
    """Whether records were left that should have gone; some incomplete ones are a daily matter."""
    tally = outcome.tally
    none_complete = tally.incomplete and not (tally.sent or tally.unchanged)
    left = tally.rejected or tally.unsent or outcome.unconfirmed or _refused_silently(outcome)
    return bool(left or none_complete)


def _refused_silently(outcome: Outcome) -> int:
    """How many records Oomnitza counted as errors although it had taken the requests."""
    counted = (outcome.server or {}).get("errors", 0)
    return max(0, counted - outcome.tally.rejected)


def mappings(title: str, fields: Iterable[FieldMapping]) -> str:
    """Return a table of the fields, how each gets its value, and the layer of each attribute."""
    rows = [["field", "value", "converter", "required"]]
    for item in sorted(fields, key=lambda each: each.field):
        value = next(key for key in ("source", "setting", "hardcoded") if key in item.attributes)
        shown = [_part(item, key) for key in (value, "converter", "required")]
        rows.append([item.field, f"{value} {shown[0]}", *shown[1:]])
    return "\n".join([title, *("  " + line for line in table(rows))])


def table(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Return lines with aligned columns; those with the indexes in `right` are right-aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    to_right = set(right)
    return [
        "  ".join(
            cell.rjust(width) if at in to_right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _remarks(outcome: Outcome) -> Iterator[str]:
    begin = f"[{outcome.section}]"
    for note in outcome.notes:
        yield f"{begin} {note}"
    if outcome.tally.vanished:
        yield f"{begin} {outcome.tally.vanished} vanished at the source while it was read"
    for reason, example in outcome.not_sent.items():
        yield f"{begin} {_times(example)} {reason}{_such_as(example)}"
    for name, example in outcome.failed_conversions.items():
        yield f"{begin} {name} left empty in {_times(example)}{_such_as(example)}"
    if outcome.compared.total() > outcome.compared["new"]:
        counts = ", ".join(
            f"{outcome.compared[name]} {name}" for name in ("new", "changed", "same")
        )
        yield f"{begin} Compared with what was last sent: {counts}"
    yield from (f"{begin} {text}" for text in _counted(outcome))
    if outcome.missing:
        yield (
            f"{begin} {outcome.missing} records of earlier runs are no longer at the source;"
            f" `connector.py missing {outcome.section}` lists them"
        )
    if outcome.error:
        yield f"{begin} Failed: {outcome.error}"


def _counted(outcome: Outcome) -> Iterator[str]:
    """What Oomnitza says of the run."""
    if outcome.unconfirmed:
        yield (
            f"Oomnitza's run log does not confirm {counted(outcome.unconfirmed, 'sent record')}"
            " (confirm = strict); the next run sends them again"
        )
    if outcome.server:
        counts = ", ".join(f"{count} {name}" for name, count in outcome.server.items())
        yield f"Oomnitza counted {counts}"
    if _refused_silently(outcome):
        yield (
            f"Oomnitza did not take {_refused_silently(outcome)} of the records that it was sent;"
            " its run log says why"
        )


def _times(example: Example) -> str:
    return "1 record" if example.count == 1 else f"{example.count} records"


def _such_as(example: Example) -> str:
    return f" (such as: {example.text})" if example.text else ""


def _part(item: FieldMapping, key: str) -> str:
    if key not in item.attributes or item.attributes[key] in (None, ""):
        return ""
    return f"{item.attributes[key]!s} [{item.layers.get(key, 'sync_field')}]"
