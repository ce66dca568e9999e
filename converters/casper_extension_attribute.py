"""The value of one extension attribute of Casper (Jamf Pro), by its name.

    {"source": "extension_attributes", "converter": "casper_extension_attribute:attr=Owner"}

Parameters: `attr`, the name; `default`, the value where the record has no such attribute. Of
several with one name the first that is filled counts.
"""

from collections.abc import Iterator
from typing import Any

from lib.converters import Params, Record


def reads(params: Params) -> tuple[str, ...]:
    return ("extension_attributes",)


def converter(field: str, record: Record, value: Any, params: Params) -> Any:
    values = list(_values(record, params["attr"]))
    if not values:
        return params.get("default")
    return next(filter(None, values), values[0])


def _values(record: Record, name: str) -> Iterator[Any]:
    for item in record.get("extension_attributes") or ():
        if item.get("name") == name:
            yield item.get("value")
