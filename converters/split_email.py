"""Return the part of an email address before the `@`: `ada` of `ada@example.com`.

    {"source": "email", "converter": "split_email"}

A string without an `@` is returned unchanged.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, _name)


def _name(text: str) -> str:
    return text.partition("@")[0].strip()
