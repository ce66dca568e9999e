"""Return the first name of a full name: `Ada` of `Ada Maria Quill`.

    {"source": "name", "converter": "first_from_full"}

A single word is returned unchanged.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, lambda full: full.split()[0])
