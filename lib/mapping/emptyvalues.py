"""Which fields are sent although they are empty, and which are left out of the record then."""

from __future__ import annotations

from collections.abc import Mapping

from lib.connector import ConnectorSettings
from lib.mapping.mapping import FieldMapping
from lib.settings import words

OMIT = "omit"


def omitted_if_empty(
    fields: Mapping[str, FieldMapping], settings: ConnectorSettings
) -> tuple[str, ...]:
    """Return the fields that are left out of a record in which they are empty.

    The mapping of a field decides, otherwise only_if_filled, otherwise empty_values.
    """
    listed = {name.upper() for name in words(settings.only_if_filled)}

    def is_omitted(item: FieldMapping) -> bool:
        default = OMIT if item.field in listed else settings.empty_values
        return bool(item.attributes.get("empty", default) == OMIT)

    return tuple(name for name, item in fields.items() if is_omitted(item))
