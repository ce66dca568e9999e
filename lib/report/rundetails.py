"""Render the details of a past run: how often its fields were filled, and what it changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from lib.jsontext import printable, to_json
from lib.mapping.mapping import ORIGINS
from lib.report.ledgertext import local_time, one_line, shortened
from lib.report.summary import table
from lib.secrets import redact_data
from lib.state import Change, FieldCount, PastRun
from lib.wording import counted

# How many characters of a value are shown.
LONGEST_VALUE = 60
KEPT = "Changes are kept for 7 days"


def fields(run: PastRun, counts: Sequence[FieldCount]) -> Iterator[str]:
    """Yield lines about the fields of a run: in how many of its records each was filled."""
    if not counts:
        yield f"{_title(run)}: the fields are not known."
        return
    records = run.counts.get("ready", 0)
    yield f"{_title(run)}: {counted(records, 'record')} mapped"
    rows = [["field", "filled", "share", "value"]]
    for item in counts:
        share = f"{100 * item.filled / records:.0f}%" if records else ""
        rows.append([item.field, str(item.filled), share, one_line(_origin(item))])
    yield from (f"  {line}" for line in table(rows, right=(1, 2)))


def changes(run: PastRun, changed: Sequence[Change]) -> Iterator[str]:
    """Yield lines about the records that a run changed: a summary by field, then each record."""
    if not changed:
        yield f"{_title(run)}: no changed fields. {KEPT}."
        return
    yield f"{_title(run)}: {counted(len(changed), 'changed record')}"
    if run.counts.get("changes_cut"):
        yield "  The run may have changed more records. Only the first ones are kept."
    times = Counter(name for item in changed for name in item.fields)
    for name, number in times.most_common():
        yield f"  {name}: changed in {counted(number, 'record')}"
    for item in changed:
        yield f"  {one_line(item.key)}"
        for name, (before, after) in item.fields.items():
            before, after = redact_data([before, after])
            yield f"    {name}: {_value(before)} → {_value(after)}"


def fields_json(run: PastRun, counts: Sequence[FieldCount]) -> Iterator[str]:
    """Yield a line of JSON for each field of a run."""
    for item in counts:
        members = {"field": item.field, "filled": item.filled, "mapping": json.loads(item.mapping)}
        records = run.counts.get("ready", 0)
        yield _json({"run": run.id, "section": run.section, "records": records, **members})


def changes_json(run: PastRun, changed: Sequence[Change]) -> Iterator[str]:
    """Yield a line of JSON for each record that a run changed."""
    for item in changed:
        both = {name: {"before": old, "after": new} for name, (old, new) in item.fields.items()}
        yield _json({"run": run.id, "section": run.section, "key": item.key, "fields": both})


def _json(members: dict[str, Any]) -> str:
    return to_json(redact_data(members))


def _title(run: PastRun) -> str:
    return one_line(f"[{run.section}] run {run.id} ({local_time(run.started)}, {run.state})")


def _origin(item: FieldCount) -> str:
    """Where the value of a field came from, as `--show-mappings` shows it."""
    attributes = json.loads(item.mapping)
    origin = next((key for key in ORIGINS if key in attributes), "")
    return f"{origin} {attributes.get(origin, '')}"


def _value(value: Any) -> str:
    if value is None:
        return "null"
    text = value if isinstance(value, str) else to_json(value)
    return shortened(printable(text), LONGEST_VALUE) or '""'
