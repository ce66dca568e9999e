"""Write records as JSON, including values that JSON does not have."""

from __future__ import annotations

import base64
import json
import math
import re
from datetime import date
from typing import Any

SURROGATE = re.compile("[\ud800-\udfff]")


def to_json(value: Any) -> str:
    """Return one line of JSON: dates as ISO 8601, bytes as base64, sets as lists, others as text.

    A number that is none (NaN), or has no end, becomes null.
    Half a surrogate pair (the rest of an emoji that a system cut in two) becomes an escape, since
    no encoding knows it.
    """
    try:
        text = _ENCODER.encode(value)
    except ValueError:
        text = _ENCODER.encode(_finite(value))
    if text.isascii():
        return text
    return SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def json_if_possible(value: Any) -> str | None:
    """Return what `to_json` returns; None for what it cannot write, such as keys of other types."""
    try:
        return to_json(value)
    except (TypeError, ValueError, RecursionError):
        return None


def printable(text: str) -> str:
    """Return the text on one line, without control characters."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case set() | frozenset():
            return sorted(value, key=str)
    return str(value)


# Made once: json.dumps would make one for each text.
_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False, allow_nan=False)
