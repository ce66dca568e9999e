"""Text in small letters: `ada@example.com` of `Ada@Example.COM`.

    {"source": "email", "converter": "lower"}

For logins and addresses, by which people are recognised, and which not all systems write alike.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import each

PARAMETERS: dict[str, Parameter] = {}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return each(value, str.lower)
