"""A reader of JSON Lines files: each line is one record, as a JSON object (jsonlines.org).

A malformed line is reported with the file and its number, and the rest is read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lib.connector import Projection, Records, SourceItem
from lib.errors import RecordUnreadable, SourceFault
from lib.filenames import path_text
from lib.files import textfiles
from lib.files.textfiles import FileSettings
from lib.remarks import Remarks

SUFFIX = ".jsonl"


def check_jsonl(settings: FileSettings) -> None:
    """Read the beginning of each file; raise SourceFault or SourceUnavailable for a problem."""
    textfiles.check_all(settings, SUFFIX, partial(_read, settings))


def read_jsonl(
    settings: FileSettings, projection: Projection, remarks: Remarks | None = None
) -> Records:
    """Yield the objects of all files."""
    read = partial(_read, settings)
    yield from textfiles.read_all(
        settings, SUFFIX, read, checkpoint=projection.checkpoint, remarks=remarks
    )


def _read(settings: FileSettings, path: Path) -> Iterator[SourceItem]:
    begun, name = False, path_text(path)
    for number, line in enumerate(textfiles.lines(path, settings.encoding), 1):
        if not line.strip():
            continue
        if not begun and line.lstrip().startswith("["):
            raise SourceFault(
                "the file is a JSON array, not JSON Lines",
                where=path_text(path),
                fix="Write each record as an object on a line of its own",
            )
        begun = True
        yield _record(line, settings, f"{name}: line {number}")


def _record(line: str, settings: FileSettings, where: str) -> SourceItem:
    if not textfiles.is_text(line):
        problem = f"the line is not valid {settings.encoding} text. Check encoding"
        return RecordUnreadable(problem, where=where)
    try:
        value = json.loads(line, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        return RecordUnreadable(f"the line is not valid JSON: {_reason(error)}", where=where)
    if not isinstance(value, dict):
        return RecordUnreadable("the line is not a JSON object", where=where)
    return value


class _NotANumber(ValueError):
    """A number that JSON or Oomnitza does not support; the text is for administrators."""


def _reason(error: ValueError | RecursionError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"error at character {error.pos + 1}"
        case _NotANumber():
            return str(error)
        case RecursionError():
            return "nested too deeply"
    return "a number has too many digits"  # the only other ValueError: int() has a limit


def _refuse(constant: str) -> Any:
    """Raise an error for NaN and Infinity, which Python accepts as JSON and Oomnitza does not."""
    raise _NotANumber(f"{constant} is not a valid number")


def _finite(text: str) -> float:
    """Return a number; raise an error for one that is too large and would become infinite."""
    number = float(text)
    if math.isinf(number):
        raise _NotANumber(f"the number {text} is too large")
    return number
