"""Remove spaces, line breaks, and invisible characters at the start and end of a string.

    {"source": "general.asset_tag", "converter": "strip"}

Invisible characters are control characters, such as NUL, and format characters, such as U+200B,
U+200E, and U+FEFF. If the string contains nothing else, there is no value.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each, is_nothing, trimmed

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    stripped = None if is_nothing(value) else each(value, trimmed)
    return None if stripped == "" else stripped
