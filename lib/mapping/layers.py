"""The mapping of one section, from its three layers: built in, kept in Oomnitza, in the ini."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.connector import Connector
from lib.errors import ConfigurationError
from lib.mapping import mapping
from lib.mapping.mapping import FieldMapping, Layer, ServerMapping


def effective_mapping(
    source: Connector[Any], ini: Layer, server: ServerMapping | None = None
) -> dict[str, FieldMapping]:
    """The merged mapping of a section; without `server` that layer is left out.

    The fields by which a record is recognised have to have a value: the sync fields, and the login
    of people, who are known by it unless Oomnitza or the ini say otherwise. Raises
    ConfigurationError for a field without an origin.
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
    return fields


def unmapped_sync_fields(source: Connector[Any], fields: Mapping[str, FieldMapping]) -> list[str]:
    """The sync fields that no mapping fills."""
    return [name for name in source.sync_fields if name not in fields]


def require_sync_fields(source: Connector[Any], fields: Mapping[str, FieldMapping]) -> None:
    """Raise ConfigurationError if a sync field gets no value."""
    for name in unmapped_sync_fields(source, fields):
        raise ConfigurationError(
            f"the sync_field {name} gets no value",
            fix=f"Add `mapping.{name} = <source>` to the ini, or map it in Oomnitza",
        )


def doubly_mapped(server: ServerMapping, ini: Layer) -> list[str]:
    """Sentences on fields that Oomnitza's mapping fills from two paths, and the ini from none."""
    paths: dict[str, list[str]] = {}
    for path, names in mapping.server_pairs(server):
        paths.setdefault(names, []).append(path)
    return [
        f"Oomnitza's mapping fills {name} from {' and '.join(found)}; the last one counts"
        for name, found in paths.items()
        if len(found) > 1 and not (ini.get(name) or {}).get("source")
    ]
