"""Text in capital letters: `C02XK1JKLVCF` of `c02xk1jklvcf`.

    {"source": "serial", "converter": "upper"}

For serial numbers, by which devices are recognised, and which not all systems write alike.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, str.upper)
