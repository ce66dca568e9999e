"""Find fields that get objects: their source path stops before a value that Oomnitza can show."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any

from lib.mapping.emptyvalues import own_converters
from lib.mapping.mapping import FieldMapping
from lib.record import Record

# The field of Oomnitza that stores a list of objects.
APPLICATIONS = "APPLICATIONS"


class ObjectFields:
    """The fields that get an object or a list of objects in the records that were looked at.

    `expected` are the source paths of the built-in mapping, some of which lead to objects. Fields
    with a converter are not looked at: its result is what its author wants.
    """

    def __init__(self, fields: Iterable[FieldMapping], expected: Container[str]) -> None:
        self._sources = {
            item.field: item.attributes["source"]
            for item in fields
            if item.field != APPLICATIONS
            and (source := item.attributes.get("source"))
            and source not in expected
            and not own_converters(item)
        }
        self._found: dict[str, Any] = {}

    def look(self, values: Record) -> None:
        """Look at the values of a mapped record."""
        for name in self._sources:
            value = values[name]
            if isinstance(value, dict | list) and name not in self._found and _objects(value):
                self._found[name] = value

    def sentences(self) -> Iterator[str]:
        """Yield a sentence for each field that gets objects, with a path that leads to a value."""
        for name, value in self._found.items():
            source, first = self._sources[name], _objects(value)[0]
            key = next((key for key, inner in first.items() if _is_value(inner)), None)
            kind, further = ("an object", "") if isinstance(value, dict) else ("objects", "[0]")
            hint = f", for example {source}{further}.{key}" if key else ""
            yield (
                f"{name}: the source path '{source}' leads to {kind}, not to a value. Add the name"
                f" of one of the values to the path{hint}."
            )


def _objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a value, without empty ones."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict) and item]


def _is_value(value: Any) -> bool:
    return value is not None and not isinstance(value, dict | list)
