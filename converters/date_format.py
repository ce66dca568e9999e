"""A date as seconds since 1970 in UTC, which is how Oomnitza keeps dates.

Takes ISO 8601, with a blank or a T before the time, with or without zone and fraction, and numbers
of seconds or milliseconds. No date gives no value.
"""

from typing import Any

from lib.converters import Params, Record
from lib.dates import epoch


def converter(field: str, record: Record, value: Any, params: Params) -> int | None:
    return epoch(value)
