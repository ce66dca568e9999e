"""Return the ID of an Oomnitza location, found by its name.

    {"source": "location.building", "converter": "location"}
    {"source": "office_code", "converter": "location:label=code"}

A location is found if its name is equal to the value. If several locations have the same name, the
first one is used. Deleted locations are ignored. If the value is the ID of a location
(case-insensitive), this ID is returned. If no location is found, the value cannot be converted.
The locations are read from Oomnitza once per run, when the first one is needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lib.errors import ConnectorError
from lib.mapping.converters import Parameter, Params, Resources
from lib.record import Record
from lib.values.values import each

PARAMETERS = {
    "field": Parameter("The attribute of the location that is returned.", default="location_id"),
    "label": Parameter(
        "The attribute of the location that the value is compared with.", default="name"
    ),
}


def prepare(params: Params, resources: Resources) -> Locations:
    return Locations(resources.locations, params["field"].strip(), params["label"].strip())


def converter(field: str, record: Record, value: Any, params: Locations) -> Any:
    return each(value, params.find)


class Locations:
    """Oomnitza's locations, loaded when first needed; threads may share them."""

    def __init__(self, load: Callable[[], list[Record]] | None, field: str, label: str) -> None:
        self._load = load
        self._field = field
        self._label = label
        self._lock = threading.Lock()
        self._loaded = False
        self._why_not = ""
        self._by_label: dict[str, Any] = {}
        self._by_id: dict[str, Any] = {}

    def find(self, text: str) -> Any:
        """The id of the location of that name, or id. Raises ValueError where there is none."""
        with self._lock:
            if not self._loaded:
                self._fill()
                self._loaded = True
        if self._why_not:
            raise ValueError(self._why_not)
        text = text.strip()
        found = self._by_label.get(text, self._by_id.get(text.lower()))
        if found is None:
            raise ValueError(f"location {text!r:.60} not found in Oomnitza")
        return found

    def _fill(self) -> None:
        if self._load is None:
            self._why_not = "locations are not available without Oomnitza"
            return
        try:
            locations = self._load()
        except ConnectorError as error:
            self._why_not = f"cannot read the locations from Oomnitza: {error}"
            return
        for location in filter(_exists, locations):
            label, given = location.get(self._label), location.get(self._field)
            if label and given:
                self._by_label.setdefault(str(label).strip(), given)
                self._by_id.setdefault(str(given).lower(), given)


def _exists(location: Any) -> bool:
    return isinstance(location, dict) and not location.get("deleted")
