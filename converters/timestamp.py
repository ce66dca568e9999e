"""A date as seconds since 1970 in UTC: what `date_format` gives when it has no parameters.

    {"source": "lastLogin", "converter": "timestamp"}

It is there for mappings that use this name; `date_format` says which dates it knows. Nothing gives
no value.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.dates import each_date, epoch

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each_date(value, epoch)
