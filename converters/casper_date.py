"""Convert a date of Casper (Jamf Pro) to seconds since 1970 in UTC.

    {"source": "general.report_date", "converter": "casper_date"}

Casper gives a timestamp as a string in the time zone of the server, without naming the zone. It
also gives the same timestamp as FIELD_epoch (milliseconds) and FIELD_utc (with an offset). These
two fields are used first. If both are missing, the string is read as UTC, in any format that
`date_format` accepts. A date without a time of day becomes midnight UTC of that day. An empty date
gives no value.
"""

import re
from functools import lru_cache
from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.dates import each_date, epoch
from lib.values.paths import Getter, compile_path

PARAMETERS: dict[str, Parameter] = {}
DAY = re.compile(r"\s*\d{4}-\d\d-\d\d\s*")


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        for twin in _twins(field):
            seconds = epoch(twin(record))
            if seconds:
                return seconds
    return each_date(value, epoch)


@lru_cache
def _twins(field: str) -> tuple[Getter, ...]:
    return compile_path(f"{field}_epoch"), compile_path(f"{field}_utc")
