"""Return the value of an extension attribute of Casper (Jamf Pro), by its name.

    {"source": "extension_attributes", "converter": "casper_extension_attribute:attr=Owner"}

If several attributes have the same name, the first one with a value is used. An attribute that
exists but is empty stays empty.
"""

from typing import Any

from lib.mapping.converters import Parameter, Params
from lib.record import Record
from lib.values.values import filled, is_nothing

PARAMETERS = {
    "attr": Parameter("The exact name of the attribute.", parse=filled),
    "default": Parameter("The value if the record does not have the attribute.", default=None),
}


def reads(params: Params) -> tuple[str, ...]:
    return ("extension_attributes",)


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    attributes = record.get("extension_attributes") or []
    if not isinstance(attributes, list):
        raise ValueError("extension_attributes is not a list")
    values = [
        item.get("value")
        for item in attributes
        if isinstance(item, dict) and item.get("name") == params["attr"]
    ]
    if not values:
        return params["default"]
    return next((item for item in values if not is_nothing(item)), values[0])
