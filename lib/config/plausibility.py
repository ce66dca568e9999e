"""Values and sections of a config file that are valid, but probably a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lib import plugins
from lib.ini import Entry, IniSection
from lib.settings import Setting, declared

# Examples that no real value equals. Others, such as a type of device, may be right.
PLACEHOLDER = re.compile(r"YOUR [A-Z]|change-me|\bexample\.")
# What is written as `mapping.FIELD` in a section, and not as a section of its own.
PARTS = ("mapping", "mappings", "recordfilter", "filter", "settings")


def doubtful_values(kind: type[Any], entries: Mapping[str, Entry]) -> Iterator[tuple[Entry, str]]:
    """Yield settings whose value is probably not meant, each with a warning."""
    for item in declared(kind):
        entry = entries.get(item.name)
        if entry and (text := _doubt(item, entry.value.strip())):
            yield entry, text


def _doubt(item: Setting, value: str) -> str:
    if value == item.about.example and PLACEHOLDER.search(value):
        return "this is the example of the generated config file. Replace it with your own value"
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return "the quotes are part of the value. Write the value without quotes"
    if " #" in value:
        return (
            "the value contains ' #'. A comment is not possible after a value, so the rest of the"
            " line is part of the value"
        )
    return ""


def doubtful_section(section: IniSection, reserved: tuple[str, ...]) -> str:
    """Return a warning about a section that does not run; empty if it is a section to enable."""
    name, _, suffix = section.name.partition(".")
    if plugins.find("connectors", name) is None:
        connectors = plugins.plugin_names("connectors")
        near = plugins.nearest(section.name, [*reserved, *connectors])
        hint = f"; did you mean [{near}]?" if near else ""
        return f"unknown section, ignored{hint}"
    if suffix.lower() in PARTS and "enable" not in section.entries:
        return f"this section is ignored. Write its lines in [{name}], for example mapping.FIELD"
    return ""
