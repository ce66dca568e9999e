"""Render the summary of a run as text, and determine its exit code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lib.errors import ExitCode, UnsafeRun, gravest
from lib.interruption import signal_exit_code
from lib.mapping.mapping import FieldMapping
from lib.run.tally import INCOMPLETE, Example, Outcome
from lib.wording import counted

COLUMNS = (
    *("fetched", "filtered", "incomplete", "unchanged", "duplicate"),
    *("sent", "rejected", "unsent"),
)
# Left out where no section has any.
OPTIONAL = ("unchanged", "duplicate")


def summary(outcomes: Sequence[Outcome], *, testmode: bool = False) -> str:
    """Return a table with a row for each section, and a labeled line for each remark below it."""
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
        *(
            f"{label}: [{each.section}] {text}"
            for each in outcomes
            for label, text in _remarks(each)
        ),
    ]
    if testmode:
        lines.append("Note: This was a dry run. Nothing was sent.")
    elif saved := [each.section for each in outcomes if _has_saved(each)]:
        command = f"connector.py rejects {' '.join(saved)}"
        lines.append(f"Note: Run `{command}` to list the rejected and unsent records.")
    return "\n".join(lines)


def _has_saved(outcome: Outcome) -> bool:
    """Whether records may be saved for resend; a safety threshold saves none."""
    unsent = outcome.tally.unsent and not isinstance(outcome.error, UnsafeRun)
    return bool(outcome.tally.rejected or unsent)


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
    left = outcome.refused or tally.unsent or outcome.unconfirmed or _refused_silently(outcome)
    return bool(left or none_complete)


def _refused_silently(outcome: Outcome) -> int:
    """How many records Oomnitza counted as errors although it had taken the requests."""
    counted = (outcome.server or {}).get("errors", 0)
    return max(0, counted - outcome.refused)


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


def _remarks(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield the label and the text of each remark, the most serious ones first."""
    if outcome.error:
        yield "Error", str(outcome.error)
    yield from (("Warning", text) for text in _warnings(outcome))
    yield from (("Note", text) for text in _notes(outcome))


def _warnings(outcome: Outcome) -> Iterator[str]:
    if refused := _refused_silently(outcome):
        yield (
            f"Oomnitza reported errors for {_records(refused)} that it had accepted. See the run"
            " log in Oomnitza."
        )
    if unconfirmed := outcome.unconfirmed:
        yield (
            f"Oomnitza's run log does not confirm {_records(unconfirmed)} that it had accepted. The"
            " next run sends them again."
        )
    # Rejected records come before incomplete ones.
    reasons = sorted(outcome.not_sent.items(), key=lambda item: item[0].startswith(INCOMPLETE))
    for reason, example in reasons:
        yield f"{_records(example.count)} {reason}{_for_example(example)}"
    for name, example in outcome.failed_conversions.items():
        failed = f"{name}: conversion failed in {_records(example.count)}, so the field is empty"
        yield f"{failed}{_for_example(example)}"
    yield from outcome.warnings


def _notes(outcome: Outcome) -> Iterator[str]:
    yield from outcome.notes
    if outcome.tally.filtered and outcome.tally.filtered == outcome.tally.fetched:
        yield "No record passed the record filter."
    if vanished := outcome.tally.vanished:
        were = "was" if vanished == 1 else "were"
        yield f"{_records(vanished)} {were} listed by the source but could not be found."
    if outcome.compared.total() > outcome.compared["new"]:
        new, changed, same = (outcome.compared[name] for name in ("new", "changed", "same"))
        yield f"Compared with the last upload: {new} new, {changed} changed, {same} unchanged"
    if outcome.server:
        counts = ", ".join(f"{count} {name}" for name, count in outcome.server.items())
        yield f"Counts reported by Oomnitza: {counts}"
    if missing := outcome.missing:
        are, them = ("is", "it") if missing == 1 else ("are", "them")
        yield (
            f"{_records(missing)} sent by earlier runs {are} no longer in the source."
            f" Run `connector.py missing {outcome.section}` to list {them}."
        )


def _records(number: int) -> str:
    return counted(number, "record")


def _for_example(example: Example) -> str:
    return f". Example: {example.text}" if example.text else ""


def _part(item: FieldMapping, key: str) -> str:
    if key not in item.attributes or item.attributes[key] in (None, ""):
        return ""
    return f"{item.attributes[key]!s} [{item.layers.get(key, 'sync_field')}]"
