"""Remove spaces, tabs, and line breaks at the start and end of a string.

    {"source": "general.asset_tag", "converter": "strip"}

If the string contains nothing else, there is no value.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each, is_nothing

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return None if is_nothing(value) else each(value, str.strip)
