"""Return the value or, if it is empty, the first of other fields that has a value.

    {"source": "mobilePhone", "converter": "first_field:fields=workPhone,profile.phones.0"}

Blank strings, empty lists, and empty objects count as empty. 0 and false are values. Spaces around
a string from another field are removed. If all fields are empty, there is no value.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params, Resources
from lib.record import Record
from lib.values.paths import Getter, compile_path
from lib.values.values import is_nothing, parts

PARAMETERS = {
    "fields": Parameter(
        "The source paths of the other fields, in order, separated by commas.", parse=parts
    )
}


def reads(params: Params) -> tuple[str, ...]:
    return tuple(params["fields"])


def prepare(params: Params, resources: Resources) -> list[Getter]:
    return [compile_path(path) for path in params["fields"]]


def converter(field: str, record: Record, value: Any, params: list[Getter]) -> Any:
    if not is_nothing(value):
        return value
    for get in params:
        other = get(record)
        if not is_nothing(other):
            return other.strip() if isinstance(other, str) else other
    return None
