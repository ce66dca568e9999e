"""Convert a string to uppercase: `c02xk1jklvcf` to `C02XK1JKLVCF`.

    {"source": "serial", "converter": "upper"}

Use it for serial numbers that identify assets, because systems write them differently.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, str.upper)
