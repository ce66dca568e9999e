"""Convert a date to seconds since 1970 in UTC, like `date_format` without parameters.

    {"source": "lastLogin", "converter": "timestamp"}

It exists for mappings that use this name. See `date_format` for the accepted formats. An empty
value gives no value.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.dates import each_date, epoch

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each_date(value, epoch)
