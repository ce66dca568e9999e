"""From a record of the source to a record of Oomnitza, field by field.

A mapping comes in layers: built into the connector, kept on the server, written in the ini. They
are merged per field and per key; of the three keys that say where a value comes from (`source`,
`setting`, `hardcoded`) those of the highest layer that has one count. A mapping is compiled once
per run.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.converters import Conversion, Record, conversion
from lib.errors import ConfigurationError
from lib.paths import Getter, compile_path
from lib.plugins import did_you_mean
from lib.settings import boolean, declared

Attributes = dict[str, Any]
Layer = Mapping[str, Attributes | None]

ORIGINS = ("source", "setting", "hardcoded")
KEYS = (*ORIGINS, "converter", "required")


@dataclass(frozen=True)
class FieldMapping:
    """How one field gets its value, and which layer each part of that came from."""

    field: str
    attributes: Attributes
    layers: dict[str, str]

    @property
    def required(self) -> bool:
        return bool(self.attributes.get("required"))


@dataclass
class Mapped:
    """A mapped record: every mapped field, which required ones are empty, which failed and why."""

    values: Record
    missing: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)


def parse(text: str) -> Attributes | None:
    """Read the value of a `mapping.FIELD` key: JSON, a dict as Python writes it, or a bare path.

    An empty text takes the field out of the mapping (None). Raises ValueError with the sentence
    to show.
    """
    text = text.strip()
    if not text:
        return None
    if not text.startswith("{"):
        if "\n" in text:
            raise ValueError("the value goes on over several lines; is the next line indented?")
        return {"source": text}
    attributes = _dictionary(text.rstrip(", \t"))
    for key in attributes:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"there are: {', '.join(KEYS)}"
            raise ValueError(f"a mapping has no {key!r}; {hint}")
    for key in ("source", "setting", "converter"):
        if not isinstance(attributes.get(key, ""), str):
            raise ValueError(f"{key} has to be text, not {attributes[key]!r}")
    if not attributes.get("source", "-").strip():
        raise ValueError("the source is empty; to take the field out, leave the whole value empty")
    if "required" in attributes:
        attributes["required"] = boolean(str(attributes["required"]))
    return attributes


def check(attributes: Attributes, settings_type: type[Any]) -> None:
    """Check what can be checked without the other layers; raises ValueError."""
    if attributes.get("converter"):
        conversion(attributes["converter"])
    if "setting" in attributes:
        _check_setting(attributes["setting"], settings_type)


def from_server(answer: Mapping[str, str | list[str]]) -> dict[str, Attributes]:
    """The server's layer: its answer has the source first, and the field or fields behind it."""
    return {
        name.upper(): {"source": source}
        for source, fields in answer.items()
        for name in ([fields] if isinstance(fields, str) else fields or ())
        if isinstance(name, str)
    }


def merge(
    layers: Mapping[str, Layer], converters: Mapping[str, str] | None = None
) -> dict[str, FieldMapping]:
    """Merge layers by name, the lowest first.

    `converters` are those of the connector for source paths; they serve where no layer names one.
    Raises ConfigurationError for a field without an origin.
    """
    merged: dict[str, FieldMapping] = {}
    for layer, fields in layers.items():
        for name, attributes in fields.items():
            if attributes is None:
                merged.pop(name, None)
                continue
            below = merged.get(name, FieldMapping(name, {}, {}))
            covered = ORIGINS if any(key in attributes for key in ORIGINS) else ()
            kept = {key: item for key, item in below.attributes.items() if key not in covered}
            origins = {key: below.layers[key] for key in kept}
            merged[name] = FieldMapping(
                name, {**kept, **attributes}, {**origins, **dict.fromkeys(attributes, layer)}
            )
    for item in merged.values():
        if not any(key in item.attributes for key in ORIGINS):
            raise ConfigurationError(
                f"mapping.{item.field} has neither a source nor a setting nor a hardcoded value",
                fix=f"Add one, or take the field out with an empty `mapping.{item.field} =`",
            )
        default = (converters or {}).get(item.attributes.get("source", ""))
        if default and "converter" not in item.attributes:
            item.attributes["converter"] = default
            item.layers["converter"] = "built-in"
    return merged


class Mapper:
    """A compiled mapping: call it with a record, get a `Mapped`."""

    def __init__(self, fields: Iterable[FieldMapping], settings: Any) -> None:
        self._fields: list[tuple[str, Getter, Conversion | None, str, bool]] = []
        self._sources: set[str] = set()
        for item in fields:
            self._add(item, settings)

    @property
    def sources(self) -> frozenset[str]:
        """The paths that the mapping reads in a record."""
        return frozenset(self._sources)

    def __call__(self, record: Record) -> Mapped:
        mapped = Mapped({})
        for name, get, convert, source, required in self._fields:
            value = get(record)
            if convert is not None:
                try:
                    value = convert(source, record, value)
                except Exception as error:  # a converter may be anybody's code
                    mapped.failures.append(
                        (name, f"{convert.name}: {error!r:.200} for {value!r:.100}")
                    )
                    value = None
            if required and _is_empty(value):
                mapped.missing.append(name)
            mapped.values[name] = value
        return mapped

    def _add(self, item: FieldMapping, settings: Any) -> None:
        attributes = item.attributes
        source = attributes.get("source", "")
        if source:
            get = compile_path(source)
            self._sources.add(source)
        elif "setting" in attributes:
            get = _constant(getattr(settings, attributes["setting"]))
        else:
            get = _constant(attributes.get("hardcoded"))
        spec = attributes.get("converter")
        convert = conversion(spec) if spec else None
        if convert:
            self._sources.update(convert.reads)
        self._fields.append((item.field, get, convert, source or item.field, item.required))


def _is_empty(value: Any) -> bool:
    return not value or (isinstance(value, str) and not value.strip())


def _constant(value: Any) -> Callable[[Any], Any]:
    return lambda _record: value


def _dictionary(text: str) -> Attributes:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as json_error:
        try:
            value = ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            raise ValueError(
                f"this is neither JSON nor a dict: {json_error.msg}, column {json_error.colno}"
            ) from None
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError('a mapping is written {"source": "..."} or as a bare source path')
    return value


def _check_setting(name: str, settings_type: type[Any]) -> None:
    known = {item.name: item for item in declared(settings_type)}
    if name not in known:
        hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
        raise ValueError(f"there is no setting {name!r}; {hint}")
    if known[name].about.secret:
        raise ValueError(f"the setting {name!r} is a secret and is not sent to Oomnitza")
