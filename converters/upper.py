"""Text in capital letters: `C02XK1JKLVCF` of `c02xk1jklvcf`.

    {"source": "serial", "converter": "upper"}

For serial numbers, by which devices are recognised, and which not all systems write alike.
"""

from typing import Any

from lib.converters import Parameter, Params, Record
from lib.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, str.upper)
