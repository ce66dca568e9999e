"""The mapping of a section, merged of three layers: built-in, Oomnitza's, and the config file's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.connector import Connector
from lib.mapping import emptyvalues, mapping
from lib.mapping.mapping import FieldMapping, Layer, ServerMapping


def effective_mapping(
    source: Connector[Any], ini: Layer, server: ServerMapping | None = None
) -> dict[str, FieldMapping]:
    """Return the merged mapping of a section; `server` is the layer of Oomnitza, if it is used.

    The sync fields become required, and for users also USER, by which they are recognized unless
    another sync field is configured. Raises ConfigurationError for a field without an origin.
    """
    layers = {
        "built-in": source.default_mapping(),
        "server": mapping.from_server(server or {}),
        "ini": ini,
    }
    fields = mapping.merge(layers, source.converters)
    people = ("USER",) if source.data_type == "users" else ()
    for name in (*people, *source.sync_fields):
        if name in fields:
            fields[name].attributes["required"] = True
            fields[name].layers.setdefault("required", "sync_field")
    emptyvalues.add_settings(fields, source.settings)
    return fields


def unmapped_sync_fields(source: Connector[Any], fields: Mapping[str, FieldMapping]) -> list[str]:
    """Return the sync fields that no mapping fills."""
    return [name for name in source.sync_fields if name not in fields]


def doubly_mapped(server: ServerMapping, ini: Layer) -> list[str]:
    """Return warnings about fields that only Oomnitza's mapping fills, and from two paths."""
    paths: dict[str, list[str]] = {}
    for path, field in mapping.server_pairs(server):
        paths.setdefault(field, []).append(path)
    return [
        f"the mapping in Oomnitza fills {name} from {' and '.join(several)}; only"
        " the last one is used"
        for name, several in paths.items()
        if len(several) > 1 and not (ini.get(name) or {}).get("source")
    ]
