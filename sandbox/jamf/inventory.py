"""What both inventories of the Jamf Pro API have in common, made from the Classic records.

What the Classic API leaves empty ("") is null here, and ids are text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ATTRIBUTE_TYPES = {"String": "STRING", "Number": "INTEGER", "Date": "DATE"}
"""The type of an extension attribute, by what the Classic API calls it."""


def section_key(section: str) -> str:
    """Return the key under which a section is answered: USER_AND_LOCATION, userAndLocation."""
    first, *others = section.lower().split("_")
    return first + "".join(word.capitalize() for word in others)


def renamed(source: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return `source` under the names of this API; `names` maps each to its Classic one."""
    return {name: text_or_none(source.get(classic)) for name, classic in names.items()}


def text_or_none(value: Any) -> Any:
    """Return the value, and None for an empty text."""
    return None if value == "" else value


def constant(words: str) -> str:
    """Return the constant that stands for such words: Not Available is NOT_AVAILABLE."""
    return words.replace(" ", "_").upper()


def id_of(name: str, names: Iterable[str]) -> str | None:
    """Return the id of a department or building, which are numbered from 1 in their order."""
    return next((str(n) for n, each in enumerate(names, 1) if each == name), None)
