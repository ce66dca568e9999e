"""Records as JSON text, also where they hold what JSON does not know."""

from __future__ import annotations

import base64
import json
import math
import re
from datetime import date
from typing import Any

SURROGATE = re.compile("[\ud800-\udfff]")


def to_json(value: Any) -> str:
    """One line of JSON: dates in ISO 8601, bytes in base64, sets as lists, the rest as its text.

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
    """What `to_json` gives; None for what it cannot write, such as keys that are no texts."""
    try:
        return to_json(value)
    except (TypeError, ValueError, RecursionError):
        return None


def printable(text: str) -> str:
    """The text without what a terminal would take for a command, and on one line."""
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
