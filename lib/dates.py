"""Moments in time, from the forms in which systems write them, to seconds since 1970 in UTC."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

# Beyond this, a number cannot mean seconds (it would be the year 5138): it means milliseconds.
MILLISECONDS_FROM = 100_000_000_000


def epoch(value: Any) -> int | None:
    """Seconds since 1970 for ISO 8601 (with or without time, zone, fraction) or a number.

    A text without a zone is taken as UTC, a number of 12 digits or more as milliseconds. Nothing,
    blanks and 0 are no moment: None. Raises ValueError for everything else.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    text = "" if value is None else str(value).strip()
    if text in ("", "0"):
        return None
    if text.isdecimal() and len(text) > 8:
        return _from_number(int(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date in a known form") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())


def _from_number(number: float) -> int | None:
    if not math.isfinite(number):
        raise ValueError(f"{number} is no moment")
    seconds = number / 1000 if abs(number) >= MILLISECONDS_FROM else number
    return int(seconds) or None
