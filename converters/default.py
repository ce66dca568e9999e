"""A value for records that have none.

    {"source": "location.building", "converter": "default:value=Headquarters"}

Blank text, empty lists and empty objects count as none; 0 and false are values. Behind another
converter it also fills what that one leaves empty, but not what it fails to convert.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import filled, is_nothing

PARAMETERS = {"value": Parameter("The text that is taken then.", parse=filled)}


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    return params["value"] if is_nothing(value) else value
