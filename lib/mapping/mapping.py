"""Mappings: the rules that fill the fields of Oomnitza from a record of the source.

A mapping has three layers: built into the connector, configured in Oomnitza, and written in the
config file. They are merged per field and per key; of the keys that say where a value comes from
(`source`, `setting`, `hardcoded`), the highest layer that has one of them wins. The result is
compiled once per run (`lib.mapping.mapper`).
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lib.errors import ConfigurationError
from lib.mapping.converters import Resources, conversions
from lib.plugins import did_you_mean
from lib.settings import boolean, declared, one_of
from lib.values.kinds import kind_of
from lib.values.paths import check_path
from lib.values.sendable import sendable

Attributes = dict[str, Any]
Layer = Mapping[str, Attributes | None]
# The layer that is kept in Oomnitza, as it answers: source path → a field, or several.
ServerMapping = Mapping[str, str | list[str]]

ORIGINS = ("source", "setting", "hardcoded")
KEYS = (*ORIGINS, "converter", "required", "empty")
# What to do with an empty value: send it as null, or leave the field out of the record.
EMPTY = ("send", "omit")
# Before the name of a field, in the keys of a section.
PREFIX = "mapping."
# What JSON refuses, and Python would silently take for something else.
LONE_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*\\(?![\\\"'])")

# The errors of the JSON parser in plain words.
JSON_ERRORS = {
    "Expecting property name enclosed in double quotes": "expected a name in double quotes",
    "Illegal trailing comma before end of object": "unexpected comma",
    "Expecting ',' delimiter": "expected a comma or a closing bracket",
    "Expecting ':' delimiter": "expected a colon",
    "Expecting value": "expected a value",
    "Extra data": "unexpected text after the closing bracket",
    "Invalid control character at": "line break or control character in a string",
    "Unterminated string starting at": "unclosed string",
}


@dataclass(frozen=True)
class FieldMapping:
    """The mapping of one field: its attributes (KEYS), and the layer that each of them is from."""

    field: str
    attributes: Attributes
    layers: dict[str, str]

    @property
    def required(self) -> bool:
        return bool(self.attributes.get("required"))


def parse_field_mapping(text: str) -> Attributes | None:
    """Parse the value of a `mapping.FIELD` key: JSON, a Python dict, or a bare source path.

    An empty text removes the field from the mapping (None). Raises ValueError with the message to
    show.
    """
    text = text.strip()
    if not text:
        return None
    if not text.startswith("{"):
        if "\n" in text:
            raise ValueError(
                "the value has several lines. Check whether the next line is indented by mistake"
            )
        return {"source": text}
    attributes = _dictionary(text.rstrip(", \t"))
    _check_keys(attributes)
    if "source" in attributes:
        attributes["source"] = attributes["source"].strip()
    if "hardcoded" in attributes:
        attributes["hardcoded"] = sendable(attributes["hardcoded"])
    if "required" in attributes:
        attributes["required"] = boolean(str(attributes["required"]))
    return attributes


def field_name(key: str, prefix: str = PREFIX) -> str:
    """Return the field that a key `mapping.FIELD` fills; raise ValueError for an invalid one."""
    name = key.removeprefix(prefix).strip("'\"[] ").upper()
    if not name:
        raise ValueError(f"the field name after `{prefix}` is missing")
    if re.search(r"[\s.]", name):
        raise ValueError(
            f"'{name}' is not a valid field name; a field name cannot contain dots or spaces"
        )
    return name


def check_field_mapping(
    attributes: Attributes, settings_type: type[Any], resources: Resources
) -> None:
    """Check a mapping as far as possible without the other layers.

    Raises ValueError for an invalid path, converter, or setting.
    """
    if "source" in attributes:
        check_path(attributes["source"])
    if attributes.get("converter"):
        conversions(attributes["converter"], resources)
    if "setting" in attributes:
        _check_setting(attributes["setting"], settings_type)


def from_server(answer: ServerMapping) -> dict[str, Attributes]:
    """Return the layer of Oomnitza, whose response has source paths with a field or fields."""
    return {name: {"source": source} for source, name in server_pairs(answer)}


def server_pairs(answer: ServerMapping) -> Iterator[tuple[str, str]]:
    """Yield the (source path, field) pairs of a response of Oomnitza."""
    for source, fields in answer.items():
        for name in [fields] if isinstance(fields, str) else fields or ():
            if isinstance(name, str):
                yield source, name.upper()


def merge(
    layers: Mapping[str, Layer], converters: Mapping[str, str] | None = None
) -> dict[str, FieldMapping]:
    """Merge the layers, given by name with the lowest first; return the mappings by field.

    `converters` are the connector's default converters by source path, for fields of which no layer
    names one. Raises ConfigurationError for a field without an origin.
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
                f"mapping.{item.field} needs a source, a setting, or a hardcoded value",
                fix=f"Add one, or remove the field with `mapping.{item.field} =`",
            )
        default = (converters or {}).get(item.attributes.get("source", ""))
        if default and "converter" not in item.attributes:
            item.attributes["converter"] = default
            item.layers["converter"] = "built-in"
    return merged


def _check_keys(attributes: Attributes) -> None:
    for key in attributes:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"use one of: {', '.join(KEYS)}"
            raise ValueError(f"unknown key '{key}' in the mapping; {hint}")
    for key in ("source", "setting"):
        if not isinstance(attributes.get(key, ""), str):
            raise ValueError(f"{key} must be a string, not {kind_of(attributes[key])}")
    if "empty" in attributes:
        try:
            attributes["empty"] = one_of(str(attributes["empty"]), EMPTY)
        except ValueError as error:
            raise ValueError(f"empty: {error}") from None
    if not _are_texts(attributes.get("converter", "")):
        raise ValueError("converter must be a string or a list of strings")
    if not attributes.get("source", "-").strip():
        raise ValueError(
            "source is empty. To remove the field from the mapping, write `mapping.FIELD =`"
        )
    origins = [key for key in ORIGINS if key in attributes]
    if len(origins) > 1:
        raise ValueError(f"{' and '.join(origins)} cannot be combined; keep one of them")


def _are_texts(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def _dictionary(text: str) -> Attributes:
    try:
        value = json.loads(text, object_pairs_hook=_each_once)
    except RecursionError:
        raise ValueError("the brackets are nested too deeply") from None
    except json.JSONDecodeError as error:
        if LONE_BACKSLASH.search(text):
            raise ValueError(
                "a backslash must be written twice here: \\\\d instead of \\d"
            ) from None
        value = _literal(
            text, f"{JSON_ERRORS.get(error.msg, 'syntax error')} at column {error.colno}"
        )
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise ValueError('expected {"source": "..."} or a source path')
    return value


def _literal(text: str, problem: str) -> Any:
    """Parse a Python literal; `problem` is why it is not JSON."""
    try:
        tree = ast.parse(text, mode="eval")
        value = ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(f"invalid JSON: {problem}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            _each_once((key.value, None) for key in node.keys if isinstance(key, ast.Constant))
    return value


def _each_once(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Return a dict of pairs; raise ValueError if a key occurs twice."""
    pairs = list(pairs)
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            raise ValueError(f"'{key}' is set twice; keep one of them")
    return dict(pairs)


def _check_setting(name: str, settings_type: type[Any]) -> None:
    settings = {item.name: item for item in declared(settings_type)}
    if name not in settings:
        hint = did_you_mean(name, settings) or f"use one of: {', '.join(settings)}"
        raise ValueError(f"unknown setting '{name}'; {hint}")
    if settings[name].about.secret:
        raise ValueError(f"the setting '{name}' is a secret and cannot be sent to Oomnitza")
