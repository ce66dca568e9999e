"""Records as JSON text, also where they hold what JSON does not know."""

from __future__ import annotations

import base64
import json
from datetime import date
from typing import Any


def to_json(value: Any) -> str:
    """One line of JSON: dates in ISO 8601, bytes in base64, sets as lists, the rest as its text."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case set() | frozenset():
            return sorted(value, key=str)
    return str(value)
