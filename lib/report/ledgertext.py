"""Render past runs, saved records, and missing records, as text or as lines of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from lib.jsontext import printable, to_json
from lib.record import Record
from lib.report.runreport import iso8601
from lib.report.summary import COLUMNS, table
from lib.run.fingerprints import record_key
from lib.run.recordnames import RecordNames, first_fields
from lib.secrets import redact, redact_data
from lib.state import Missing, PastRun, SavedRecord
from lib.wording import counted, not_compared

# The columns that the table of runs shows even if they are empty, or the same, in all rows.
ALWAYS = ("run", "section", "started", "took", "status", "fetched", "sent", "rejected")
# How many characters of an error in the table, and of a record, are shown.
LONGEST_ERROR = 60
LONGEST_RECORD = 120
# Members of the lines of JSON that are times, and those that are JSON already.
TIMES = ("started", "ended", "opened", "closed", "first_at", "at", "last_seen")
TEXTS = ("fetched", "mapped")


def history(runs: Sequence[PastRun]) -> str:
    """Return a table with a row for each run, in local time; columns without values are omitted."""
    if not runs:
        return "No runs yet."
    cells = [_cells(run) for run in runs]
    filled = {name for row in cells for name, cell in row.items() if cell not in ("", "0")}
    if len({run.target for run in runs}) == 1:
        filled.remove("target")
    shown = [name for name in cells[0] if name in ALWAYS or name in filled]
    rows = [shown, *([row[name] for name in shown] for row in cells)]
    right = [at for at, name in enumerate(shown) if name in ("run", "took", *COLUMNS)]
    return "\n".join(table(rows, right))


def rejects(
    records: Iterable[SavedRecord], id_paths: Callable[[str], Sequence[str]] = lambda _: ()
) -> Iterator[str]:
    """Yield one or two lines for each saved record, and their number at the end.

    `id_paths` returns the `id_paths` of the connector of a section.
    """
    number = 0
    for record in records:
        number += 1
        since = f" ({record.times} times since {local_time(record.first_at)})"
        often = since if record.times > 1 else ""
        head = (
            f"[{record.section}] {record.outcome} {local_time(record.at)}{often}: {record.reason}"
        )
        shown = _name(record, id_paths(record.section)) or one_line(record.key or "")
        yield "\n  ".join(filter(None, [one_line(head), shown]))
    yield f"{counted(number, 'record') if number else 'No records'} saved for resend."


def missing(section: str, records: Iterable[Missing]) -> Iterator[str]:
    """Yield a line for each missing record of a section, and their number at the end."""
    number = new = 0
    for item in records:
        number += 1
        new += item.new
        yield missing_record(section, item)
    if number:
        yield f"[{section}] {counted(number, 'missing record')}, {new:,} new."
    else:
        yield f"[{section}] No record is missing."


def missing_record(section: str, item: Missing) -> str:
    """Return the line of a missing record."""
    fields = f" ({first_fields(redact_data(item.fields))})" if item.fields else ""
    seen = f"last seen {local_time(item.last_seen)}{' (new)' if item.new else ''}"
    return f"{one_line(f'[{section}] {item.key}')}{fields}, {seen}"


def forgotten(section: str, number: int) -> str:
    """Return a sentence about so many missing records that were forgotten."""
    if not number:
        return f"[{section}] No record is missing."
    were = "was" if number == 1 else "were"
    return f"[{section}] {counted(number, 'missing record')} {were} forgotten."


def restarted(section: str, restart: PastRun, number: int) -> str:
    """Return a sentence about so many records that are not compared since a run."""
    return f"[{section}] {not_compared(number, f'the run of {local_time(restart.started)}')}"


def json_lines(items: Iterable[PastRun | SavedRecord | Missing], **more: Any) -> Iterator[str]:
    """Yield each item as one JSON object on a line, with `more` in front; times are in ISO 8601."""
    for item in items:
        members = {**more, **asdict(item)}
        for name in TIMES:
            if members.get(name) is not None:
                members[name] = iso8601(members[name])
        for name in TEXTS:
            if members.get(name) is not None:
                members[name] = json.loads(members[name])
        yield to_json(redact_data(members))


def _cells(run: PastRun) -> dict[str, str]:
    """The cells of a run by the heads of their columns; a count that is not known is empty."""
    return {
        "run": str(run.id),
        "section": one_line(run.section),
        "started": local_time(run.started),
        "took": "" if run.ended is None else _length(run.ended - run.started),
        "status": run.state,
        **{name: str(run.counts.get(name, "")) for name in COLUMNS},
        "target": one_line(run.target),
        "error": shortened(one_line(run.error), LONGEST_ERROR),
    }


def _name(record: SavedRecord, id_paths: Sequence[str]) -> str:
    """The key and the ID of a record, else its first fields or the beginning of its JSON."""
    mapped, fetched = (_redacted(text) for text in (record.mapped, record.fetched))
    names = RecordNames(_key_fields(record.key, mapped), id_paths)
    name = names.find(mapped, fetched) or first_fields(mapped or fetched)
    return name or shortened(one_line(record.mapped or record.fetched or ""), LONGEST_RECORD)


def _redacted(text: str | None) -> Record:
    record: Record = redact_data(json.loads(text)) if text else {}
    return record


def _key_fields(key: str | None, mapped: Record) -> list[str]:
    """The fields of a record that its key was made of."""
    keys = {name: record_key(mapped, [name]) for name, value in mapped.items() if value is not None}
    whole = [name for name in keys if keys[name] == key]
    if whole or not (key or "").startswith("["):
        return whole[:1]
    try:
        parts = json.loads(key or "")
    except ValueError:
        return []
    return [next((name for name in keys if keys[name] == part), "") for part in parts]


def local_time(moment: float) -> str:
    """Return the time in the time zone of this machine, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def _length(seconds: float) -> str:
    """A length of time, to be compared at a glance: 12.3s, 2m 05s, 1h 02m."""
    if seconds < 60:
        return f"{max(seconds, 0):.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m {rest:02}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02}m"


def one_line(text: str) -> str:
    """Return the text on one line, without secrets and without control characters."""
    return printable(" ".join(redact(text).split()))


def shortened(text: str, longest: int) -> str:
    """Return the text, cut at a number of characters."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
