"""What the settings of a section say about empty values, as attributes of its mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lib.mapping.mapping import FieldMapping
from lib.sectionsettings import ConnectorSettings
from lib.settings import words
from lib.values.nothing import DEFAULT

OMIT = "omit"
# The name of the converter.
NOTHING = "nothing"


def add_settings(fields: Mapping[str, FieldMapping], settings: ConnectorSettings) -> None:
    """Add the settings `nothing`, `empty_values`, and `only_if_filled` to the mapping.

    The mapping of a field decides what becomes of its empty values, otherwise only_if_filled,
    otherwise empty_values. A required field is never empty.
    """
    listed = {name.upper() for name in words(settings.only_if_filled)}
    for item in fields.values():
        if settings.nothing and item.attributes.get("source"):
            _convert_first(item, _nothing(settings.nothing))
        omits = item.field in listed or settings.empty_values == OMIT
        if omits and not item.required and "empty" not in item.attributes:
            item.attributes["empty"] = OMIT
            item.layers["empty"] = "ini"


def omitted_if_empty(fields: Iterable[FieldMapping]) -> tuple[str, ...]:
    """Return the fields that are left out of a record in which they are empty."""
    return tuple(item.field for item in fields if item.attributes.get("empty") == OMIT)


def own_converters(item: FieldMapping) -> list[str]:
    """Return the converters of a field, without those that only the setting `nothing` adds."""
    given = item.attributes.get("converter") or []
    specs = [given] if isinstance(given, str) else given
    return [spec for spec in specs if spec.split(":")[0] != NOTHING]


def _convert_first(item: FieldMapping, spec: str) -> None:
    given = item.attributes.get("converter") or []
    item.attributes["converter"] = [spec, *([given] if isinstance(given, str) else given)]
    item.layers.setdefault("converter", "ini")


def _nothing(given: tuple[str, ...]) -> str:
    if given == (DEFAULT,):
        return NOTHING
    return f"{NOTHING}:words=" + ",".join(given).replace("|", r"\|")
