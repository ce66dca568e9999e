"""Convert a string to lowercase: `Ada@Example.COM` to `ada@example.com`.

    {"source": "email", "converter": "lower"}

Use it for user names and email addresses that identify users, because systems write them
differently.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, str.lower)
