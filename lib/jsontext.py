"""Records as JSON text, also where they hold what JSON does not know."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from typing import Any

SURROGATE = re.compile("[\ud800-\udfff]")


def to_json(value: Any) -> str:
    """One line of JSON: dates in ISO 8601, bytes in base64, sets as lists, the rest as its text.

    Half a surrogate pair (the rest of an emoji that a system cut in two) becomes an escape, since
    no encoding knows it.
    """
    text = json.dumps(value, default=_plain, ensure_ascii=False)
    return SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case set() | frozenset():
            return sorted(value, key=str)
    return str(value)
