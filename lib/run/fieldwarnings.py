"""Warnings about fields that a run left empty, or filled in far fewer records than the last one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lib.plugins import nearest
from lib.run.fields import FieldCounts, everywhere, filled_before
from lib.run.threshold import SMALL
from lib.state import FieldCount
from lib.values.paths import paths_in

# How many fields are described; of the others, only the names are shown.
MOST_FIELDS = 5


def field_warnings(
    counts: FieldCounts, before: Mapping[str, FieldCount], records: int, section: str
) -> Iterator[str]:
    """Yield sentences about a run that read the whole source.

    `before` are the fields of the last complete run, which had `records` records. A field that was
    empty in all of them, and is still mapped in the same way, is not reported again.
    """
    if not counts.records:
        return
    emptied = [name for name in counts.filled if _is_news(counts, before.get(name), name)]
    for name in emptied[:MOST_FIELDS]:
        yield _emptied(counts, before.get(name), records, name)
    if more := emptied[MOST_FIELDS:]:
        yield (
            f"These fields are empty in {everywhere(counts.records)}, too: {', '.join(more)}."
            f" Run `connector.py check {section}` to see their source paths."
        )
    for name, filled in counts.filled.items():
        old = before.get(name)
        if old and filled and old.filled >= SMALL and _is_halved(filled, counts, old, records):
            yield (
                f"{name} is filled in {filled:,} of {counts.records:,} records, and was"
                f" {filled_before(old.filled, records)}."
            )


def meant_otherwise(name: str, path: str) -> str:
    """Return what the source path of a field may be instead, as a sentence; often nothing."""
    if " #" in path:
        return " A comment is not possible after a value; remove it, if this is one."
    constant = f'mapping.{name} = {{"hardcoded": "{path}"}}'
    return f" To send this text itself, write `{constant}`." if " " in path else ""


def _is_news(counts: FieldCounts, before: FieldCount | None, name: str) -> bool:
    if not counts.is_empty(name) or counts.is_constant(name):
        return False
    return not (before and before.filled == 0 and counts.is_mapped_as(before))


def _is_halved(filled: int, counts: FieldCounts, before: FieldCount, records: int) -> bool:
    return 2 * filled * records < before.filled * counts.records


def _emptied(counts: FieldCounts, before: FieldCount | None, records: int, name: str) -> str:
    text = f"{name} is empty in {everywhere(counts.records)}"
    if before and before.filled:
        text = f"{text}, and was {filled_before(before.filled, records)}"
    path = counts.source(name)
    if not path:
        return f"{text}."
    known = {found for record in counts.sample for found in paths_in(record)}
    if not counts.is_absent(name) or path in known:
        return f"{text} (source path `{path}`)."
    near = nearest(path, sorted(known))
    hint = f" Did you mean `{near}`?" if near else meant_otherwise(name, path)
    return f"{text}. No record has `{path}`.{hint}"
