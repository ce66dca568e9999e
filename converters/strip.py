"""Text without the blanks, tabs and line ends around it.

    {"source": "general.asset_tag", "converter": "strip"}

Where nothing else is in it, there is no value.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each, is_nothing

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return None if is_nothing(value) else each(value, str.strip)
