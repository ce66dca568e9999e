"""A date of Casper (Jamf Pro) as seconds since 1970 in UTC.

    {"source": "general.report_date", "converter": "casper_date"}

Beside the text of a moment, which is in the server's unnamed time zone, Casper gives the same
moment as FIELD_epoch (milliseconds) and FIELD_utc (with its offset); these are used first. A date
without a time of day stays that day, at midnight UTC. Texts may be all that `date_format` knows,
and are taken as UTC where they have no twin. No date gives no value.
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
