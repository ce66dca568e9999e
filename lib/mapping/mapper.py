"""The mapper: a mapping that is compiled once per run and applied to each record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from lib.language import Stopped
from lib.mapping.converters import Conversion, Resources, conversions
from lib.mapping.mapping import FieldMapping
from lib.record import Record
from lib.secrets import redact, redact_data
from lib.values.paths import Getter, compile_path, section_and_key
from lib.values.sendable import PLAIN, TOO_LONG, sendable, shown

# Called with a field and the value that a converter gave for it.
Trace = Callable[[str, Any], None]
# A field, its key in a section, and its getter where the section is no dict.
KeyedField = tuple[str, str, Getter]


@dataclass(slots=True)
class Mapped:
    """A mapped record: the values, the required fields that are empty, and the failed converters.

    `failures` are pairs of a field and a message.
    """

    values: Record
    missing: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)


class Mapper:
    """A compiled mapping; call it with a record of the source to get a `Mapped`.

    Raises ValueError for invalid converters, as `mapping.check_field_mapping` does.
    """

    def __init__(
        self, fields: Iterable[FieldMapping], settings: Any, resources: Resources | None = None
    ) -> None:
        self._compile([_field_step(item, settings, resources or Resources()) for item in fields])

    def traced(self, trace: Trace) -> Mapper:
        """Return the same mapping with a trace: called with the result of each converter."""
        made = copy(self)
        made._compile(_traced(step, trace) for step in self.steps)
        return made

    def _compile(self, steps: Iterable[FieldStep]) -> None:
        self.steps = list(steps)
        self._empty: Record = dict.fromkeys(step.field for step in self.steps)
        self._sections, self._others = _by_section(self.steps)
        self._converted = [
            (step.field, step.origin, step.conversions) for step in self.steps if step.conversions
        ]
        self._required = [step.field for step in self.steps if step.required]

    @property
    def paths(self) -> frozenset[str] | None:
        """The paths that the mapping reads in a record; None if that may be any."""
        paths = {step.source for step in self.steps if step.source}
        for step in self.steps:
            for convert in step.conversions:
                if convert.reads is None:
                    return None
                paths |= convert.reads
        return frozenset(paths)

    def __call__(self, record: Record) -> Mapped:
        values = self._source_values(record)
        mapped = Mapped(values)
        for name, origin, converters in self._converted:
            value = values[name]
            for convert in converters:
                try:
                    value = convert.function(origin, record, value, convert.params)
                except (Exception, SystemExit) as error:  # a converter may be anybody's code
                    mapped.failures.append((name, failure(convert, error, value)))
                    value = None
                    break
            kind = type(value)
            # What `sendable` looks at first; most values need no more than that.
            if not (kind is int and -TOO_LONG < value < TOO_LONG) and kind not in PLAIN:
                try:
                    value = sendable(value)
                except Exception as error:  # a value may be of anybody's class
                    mapped.failures.append((name, unsendable(convert, error)))
                    value = None
            values[name] = value
        mapped.missing += [name for name in self._required if is_empty(values[name])]
        return mapped

    def _source_values(self, record: Record) -> Record:
        """Return the values of the source paths, by their fields, before any conversion."""
        values = self._empty.copy()
        for section_key, fields in self._sections:
            section = record if section_key is None else record.get(section_key)
            if type(section) is dict:
                for name, key, _ in fields:
                    values[name] = section.get(key)
            else:
                for name, _, get in fields:
                    values[name] = get(record)
        for name, get in self._others:
            values[name] = get(record)
        return values


class FieldStep(NamedTuple):
    """How one field is filled: by its getter, then by its conversions, one after the other."""

    field: str
    get: Getter
    conversions: tuple[Conversion, ...]
    source: str
    required: bool

    @property
    def origin(self) -> str:
        """The source path, which converters get as `field`; the field if there is none."""
        return self.source or self.field


def failure(convert: Conversion, error: BaseException, value: Any) -> str:
    """Return the message for a converter that failed on a value, with secrets masked."""
    reason, converted = f"{redact(_message(error)):.200}", shown(redact_data(value), 100)
    quoted = isinstance(value, str) and converted in reason
    return f"{convert.name}: {reason}" + ("" if quoted else f" (value: {converted})")


def unsendable(convert: Conversion, error: Exception) -> str:
    """Return the message for a result of a converter that cannot be sent, with secrets masked."""
    return f"{convert.name}: {redact(_message(error)):.200}"


def is_empty(value: Any) -> bool:
    """Return whether a required field counts as missing with this value."""
    return not value or (isinstance(value, str) and not value.strip())


def _message(error: BaseException) -> str:
    if isinstance(error, ValueError | Stopped):
        with suppress(Exception, SystemExit):  # it may be of anybody's class, too
            return str(error)
    return f"unexpected error ({shown(error, 200)})"


def _field_step(item: FieldMapping, settings: Any, resources: Resources) -> FieldStep:
    attributes = item.attributes
    source = attributes.get("source", "")
    if source:
        get = compile_path(source)
    elif "setting" in attributes:
        get = _constant(getattr(settings, attributes["setting"]))
    else:
        get = _constant(attributes.get("hardcoded"))
    made = conversions(attributes.get("converter") or (), resources)
    return FieldStep(item.field, get, made, source, item.required)


def _traced(step: FieldStep, trace: Trace) -> FieldStep:
    def traced(convert: Conversion) -> Conversion:
        def function(field: str, record: Record, value: Any, params: Any) -> Any:
            value = convert.function(field, record, value, params)
            trace(step.field, value)
            return value

        return replace(convert, function=function)

    return step._replace(conversions=tuple(map(traced, step.conversions)))


def _by_section(
    steps: Iterable[FieldStep],
) -> tuple[list[tuple[str | None, list[KeyedField]]], list[tuple[str, Getter]]]:
    """Group the steps: the fields of each section, to be looked up together, and all others.

    Calling the getter of each field would take twice as long.
    """
    sections: dict[str | None, list[KeyedField]] = {}
    others = []
    for step in steps:
        keys = section_and_key(step.source) if step.source else None
        if keys is None:
            others.append((step.field, step.get))
        else:
            section, key = keys
            sections.setdefault(section, []).append((step.field, key, step.get))
    return list(sections.items()), others


def _constant(value: Any) -> Callable[[Any], Any]:
    return lambda _record: value
