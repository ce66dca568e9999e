"""Render past runs, saved records, and missing records, as text or as lines of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from lib.jsontext import printable, to_json
from lib.report.runreport import iso8601
from lib.report.summary import COLUMNS, table
from lib.run.tally import brief
from lib.secrets import redact, redact_data
from lib.state import Missing, PastRun, SavedRecord
from lib.wording import counted

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


def rejects(records: Iterable[SavedRecord]) -> Iterator[str]:
    """Yield one or two lines for each saved record, and their number at the end."""
    number = 0
    for record in records:
        number += 1
        since = f" ({record.times} times since {local_time(record.first_at)})"
        often = since if record.times > 1 else ""
        head = (
            f"[{record.section}] {record.outcome} {local_time(record.at)}{often}: {record.reason}"
        )
        shown = _record(record.mapped or record.fetched) or one_line(record.key or "")
        yield "\n  ".join(filter(None, [one_line(head), shown]))
    yield f"{counted(number, 'record') if number else 'No records'} saved for resend."


def missing(section: str, records: Iterable[Missing]) -> Iterator[str]:
    """Yield a line for each missing record of a section, and their number at the end."""
    number = 0
    for item in records:
        number += 1
        fields = f" ({brief(redact_data(item.fields))})" if item.fields else ""
        name, seen = one_line(f"[{section}] {item.key}"), local_time(item.last_seen)
        yield f"{name}{fields}, last seen {seen}"
    yield f"[{section}] {counted(number, 'missing record') if number else 'No missing records'}."


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


def _record(text: str | None) -> str:
    """The first fields of a record, so that it is recognized, or the beginning of its JSON."""
    if not text:
        return ""
    return brief(redact_data(json.loads(text))) or shortened(one_line(text), LONGEST_RECORD)


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
