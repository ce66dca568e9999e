"""Convert the first letter to uppercase and all others to lowercase: `BERLIN` to `Berlin`.

    {"source": "city", "converter": "capitalize"}

The string is treated as a whole, not word by word: `NEW YORK` becomes `New york`.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, str.capitalize)
