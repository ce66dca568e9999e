"""From a record of the source to a record of Oomnitza, field by field.

A mapping comes in layers: built into the connector, kept on the server, written in the ini. They
are merged per field and per key; of the three keys that say where a value comes from (`source`,
`setting`, `hardcoded`) those of the highest layer that has one count. A mapping is compiled once
per run.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lib.converters import Conversion, Record, Resources, conversions
from lib.errors import ConfigurationError
from lib.language import Stopped
from lib.paths import Getter, compile_path, section_and_key
from lib.plugins import did_you_mean
from lib.settings import boolean, declared

Attributes = dict[str, Any]
Layer = Mapping[str, Attributes | None]
# A field, its key in a section, and its getter where the section is no dict.
KeyedField = tuple[str, str, Getter]

ORIGINS = ("source", "setting", "hardcoded")
KEYS = (*ORIGINS, "converter", "required")
# What JSON refuses, and Python would silently take for something else.
LONE_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*\\(?![\\\"'])")


@dataclass(frozen=True)
class FieldMapping:
    """How one field gets its value, and which layer each part of that came from."""

    field: str
    attributes: Attributes
    layers: dict[str, str]

    @property
    def required(self) -> bool:
        return bool(self.attributes.get("required"))


@dataclass(slots=True)
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
    _check_keys(attributes)
    if "required" in attributes:
        attributes["required"] = boolean(str(attributes["required"]))
    return attributes


def check(attributes: Attributes, settings_type: type[Any], resources: Resources) -> None:
    """Check what can be checked without the other layers; raises ValueError."""
    if attributes.get("converter"):
        conversions(attributes["converter"], resources)
    if "setting" in attributes:
        _check_setting(attributes["setting"], settings_type)


def from_server(answer: Mapping[str, str | list[str]]) -> dict[str, Attributes]:
    """The server's layer: its answer has the source first, and the field or fields behind it."""
    return {name: {"source": source} for source, name in server_pairs(answer)}


def server_pairs(answer: Mapping[str, str | list[str]]) -> Iterator[tuple[str, str]]:
    """The (source path, field) pairs of a server's answer."""
    for source, fields in answer.items():
        for name in [fields] if isinstance(fields, str) else fields or ():
            if isinstance(name, str):
                yield source, name.upper()


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
    """A compiled mapping: call it with a record, get a `Mapped`.

    Raises ValueError for converters that cannot be made, which `check` would have told.
    """

    def __init__(
        self, fields: Iterable[FieldMapping], settings: Any, resources: Resources | None = None
    ) -> None:
        self.steps = [_step(item, settings, resources or Resources()) for item in fields]
        self._empty: Record = dict.fromkeys(step.field for step in self.steps)
        self._sections, self._others = _by_section(self.steps)
        self._converted = [
            (step.field, step.origin, step.conversions) for step in self.steps if step.conversions
        ]
        self._required = [step.field for step in self.steps if step.required]

    @property
    def sources(self) -> frozenset[str] | None:
        """The paths that the mapping reads in a record; None if that may be any."""
        found = {step.source for step in self.steps if step.source}
        for step in self.steps:
            for convert in step.conversions:
                if convert.reads is None:
                    return None
                found |= convert.reads
        return frozenset(found)

    def __call__(self, record: Record) -> Mapped:
        values = self._empty.copy()
        for place, fields in self._sections:
            section = record if place is None else record.get(place)
            if type(section) is dict:
                for name, key, _ in fields:
                    values[name] = section.get(key)
            else:
                for name, _, get in fields:
                    values[name] = get(record)
        for name, get in self._others:
            values[name] = get(record)
        mapped = Mapped(values)
        for name, origin, converters in self._converted:
            value = values[name]
            for convert in converters:
                try:
                    value = convert.function(origin, record, value, convert.params)
                except Exception as error:  # a converter may be anybody's code
                    mapped.failures.append((name, failure(convert, error, value)))
                    value = None
                    break
            values[name] = value
        mapped.missing += [name for name in self._required if is_empty(values[name])]
        return mapped


class Step(NamedTuple):
    """How one field is filled: its getter, then its conversions, applied one after the other."""

    field: str
    get: Getter
    conversions: tuple[Conversion, ...]
    source: str
    required: bool

    @property
    def origin(self) -> str:
        """What a converter is told of where its value comes from: the source path or the field."""
        return self.source or self.field


def failure(convert: Conversion, error: Exception, value: Any) -> str:
    """Why a converter failed, in words."""
    said = str(error) if isinstance(error, ValueError | Stopped) else repr(error)
    return f"{convert.name}: {said:.200} for {value!r:.100}"


def is_empty(value: Any) -> bool:
    """Whether a required field counts as missing with this value."""
    return not value or (isinstance(value, str) and not value.strip())


def _step(item: FieldMapping, settings: Any, resources: Resources) -> Step:
    attributes = item.attributes
    source = attributes.get("source", "")
    if source:
        get = compile_path(source)
    elif "setting" in attributes:
        get = _constant(getattr(settings, attributes["setting"]))
    else:
        get = _constant(attributes.get("hardcoded"))
    made = conversions(attributes.get("converter") or (), resources)
    return Step(item.field, get, made, source, item.required)


def _by_section(
    steps: Iterable[Step],
) -> tuple[list[tuple[str | None, list[KeyedField]]], list[tuple[str, Getter]]]:
    """The fields of each section, to be looked up together, and those of other paths.

    To call the getter of each takes twice as long.
    """
    sections: dict[str | None, list[KeyedField]] = {}
    others = []
    for step in steps:
        found = section_and_key(step.source) if step.source else None
        if found is None:
            others.append((step.field, step.get))
        else:
            place, key = found
            sections.setdefault(place, []).append((step.field, key, step.get))
    return list(sections.items()), others


def _check_keys(attributes: Attributes) -> None:
    for key in attributes:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f"there are: {', '.join(KEYS)}"
            raise ValueError(f"a mapping has no {key!r}; {hint}")
    for key in ("source", "setting"):
        if not isinstance(attributes.get(key, ""), str):
            raise ValueError(f"{key} has to be text, not {attributes[key]!r}")
    if not _are_texts(attributes.get("converter", "")):
        raise ValueError("converter has to be a text, or a list of texts")
    if not attributes.get("source", "-").strip():
        raise ValueError("the source is empty; to take the field out, leave the whole value empty")
    origins = [key for key in ORIGINS if key in attributes]
    if len(origins) > 1:
        raise ValueError(f"there are {' and '.join(origins)} for one field; keep one of them")


def _are_texts(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def _constant(value: Any) -> Callable[[Any], Any]:
    return lambda _record: value


def _dictionary(text: str) -> Attributes:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as json_error:
        if LONE_BACKSLASH.search(text):
            raise ValueError("a backslash has to be written twice here: \\\\d for \\d") from None
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
