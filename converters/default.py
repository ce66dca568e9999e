"""Return a default value if the value is empty.

    {"source": "location.building", "converter": "default:value=Headquarters"}

Blank strings, empty lists, and empty objects count as empty. 0 and false are values. After another
converter, `default` also replaces an empty result, but not a failed conversion.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import filled, is_nothing

PARAMETERS = {"value": Parameter("The default value, a string.", parse=filled)}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return params["value"] if is_nothing(value) else value
