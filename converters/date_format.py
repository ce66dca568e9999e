"""Convert a date to seconds since 1970 in UTC, the date format of Oomnitza, or to a given format.

    {"source": "lastCheckin", "converter": "date_format"}
    {"source": "hireDate", "converter": "date_format:format=%d.%m.%Y"}
    {"source": "warranty", "converter": "date_format:from=%m/%d/%Y"}

These formats are recognized without `from`:

- ISO 8601, with or without time, fraction, and offset
- seconds since 1970 (9 digits or more) and milliseconds
- `20150721100000.0Z` and the 18-digit numbers of Active Directory
- `Tuesday, July 21 2015 at 10:00 AM` (Jamf Pro)
- `Tue, 21 Jul 2015 10:00:00 GMT`
- other dates that begin with the year (`2015/7/21 10:00 UTC`) or name the month
  (`Jul 21 2015 10:00AM`, `21 July 2015`)

If the order of day and month is ambiguous (`07/08/2015`), set `from`.

A date without a time of day becomes midnight UTC of that day. An empty value, 0, `0000-00-00`
(BambooHR), and `0001-01-01` (AirWatch) give no value. Names of months and days are in English.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from functools import partial
from typing import Any

from lib.mapping.converters import Parameter, Params, Resources
from lib.record import Record
from lib.values.dates import each_date, epoch, moment, reading_pattern, time_zone, writing_pattern

PARAMETERS = {
    "format": Parameter(
        "The format of the result, in UTC, such as `%Y-%m-%d %H:%M`. Default: seconds since 1970.",
        default="",
        parse=writing_pattern,
    ),
    "from": Parameter(
        "The format of dates that are strings, such as `%d/%m/%Y`. Strings in other formats cannot"
        " be converted.",
        default="",
        parse=reading_pattern,
    ),
    "zone": Parameter(
        "The time zone of dates without one, such as `Europe/Oslo`.",
        default=UTC,
        parse=time_zone,
    ),
}


def prepare(params: Params, resources: Resources) -> Callable[[Any], Any]:
    how = {"zone": params["zone"], "pattern": params["from"]}
    if params["format"]:
        return partial(_written, params["format"], **how)
    return partial(epoch, **how)


def converter(field: str, record: Record, value: Any, params: Callable[[Any], Any]) -> Any:
    return each_date(value, params)


def _written(form: str, value: Any, zone: tzinfo, pattern: str) -> str | None:
    found = moment(value, zone, pattern)
    if found is None:
        return None
    try:
        return found.astimezone(UTC).strftime(form)
    except OverflowError:
        raise ValueError(
            f"{value!r:.60} is outside the range of years that can be written"
        ) from None
