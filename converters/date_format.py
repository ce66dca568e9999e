"""A date as seconds since 1970 in UTC, which is how Oomnitza keeps dates, or in a format.

    {"source": "lastCheckin", "converter": "date_format"}
    {"source": "hireDate", "converter": "date_format:format=%d.%m.%Y"}
    {"source": "warranty", "converter": "date_format:from=%m/%d/%Y"}

Knows the dates of all the sources by itself: ISO 8601 with or without time, fraction and offset;
seconds (from 9 digits on) and milliseconds since 1970; `20150721100000.0Z` and the numbers of 18
digits in Active Directory; `Tuesday, July 21 2015 at 10:00 AM`, as Jamf Pro writes it;
`Tue, 21 Jul 2015 10:00:00 GMT`; and others that begin with the year (`2015/7/21 10:00 UTC`) or name
the month (`Jul 21 2015 10:00AM`, `21 July 2015`). Where day and month may be either way round
(`07/08/2015`), `from` has to say how to read it.

A day without a time of day stays that day, at midnight UTC. Nothing, 0, `0000-00-00` (BambooHR) and
`0001-01-01` (AirWatch) are no date and give no value. Names of months and days are English.
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
        "How to write the date, in UTC, as in `%Y-%m-%d %H:%M`; left out, it is a number.",
        default="",
        parse=writing_pattern,
    ),
    "from": Parameter(
        "How dates that are texts are written, as in `%d/%m/%Y`; others cannot be converted then.",
        default="",
        parse=reading_pattern,
    ),
    "zone": Parameter(
        "The time zone of dates that name none, as in `Europe/Oslo`.",
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
