"""Text with its first letter large and all others small: `Berlin` of `BERLIN`.

    {"source": "city", "converter": "capitalize"}

This is done to the text, not to each of its words: `NEW YORK` becomes `New york`.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, str.capitalize)
