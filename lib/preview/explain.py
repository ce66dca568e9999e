"""Explain what happens to a record: the decision of the filter, and how each field gets its value.

Nothing is sent. `lib.preview.explaintext` puts it into words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, Any, Literal

from lib.config.sections import Section
from lib.connector import Records
from lib.errors import RecordGone, SourceFault, StateUnreadable
from lib.jsontext import to_json
from lib.language import Stopped
from lib.mapping.emptyvalues import OMIT
from lib.mapping.mapper import Mapped, Mapper
from lib.mapping.mapping import ORIGINS, FieldMapping
from lib.record import Record
from lib.recordfilter import RecordFilter
from lib.run.checkpoints import check_place
from lib.run.plan import SectionPlan, make_plan
from lib.run.recordnames import RecordNames
from lib.secrets import redact, redact_data
from lib.target.target import TargetSettings
from lib.values.sendable import shown
from lib.values.values import is_nothing

# Of what is no value for JSON, in characters.
LONGEST = 100


@dataclass(frozen=True)
class Converted:
    """The result of one converter, named as in the mapping, or its failure."""

    converter: str
    value: Any = None
    failure: str = ""


@dataclass(frozen=True)
class Filled:
    """How one field got its value.

    `layer` is the one that says where the value comes from: if `origin` is "source", from the path
    `name`; if it is "setting", from the setting `name`; if it is "hardcoded", from the mapping.
    """

    field: str
    layer: str
    origin: str
    name: str
    raw: Any
    converted: tuple[Converted, ...]
    converters_layer: str  # that names the converters
    value: Any
    missing: bool  # required, and empty
    omitted: bool = False  # empty, and not sent

    @property
    def failure(self) -> str:
        """Why the field is empty, if a converter failed; otherwise empty."""
        return self.converted[-1].failure if self.converted else ""


@dataclass(frozen=True)
class Decision:
    """The result of the record filter and the line that decided, or its failure."""

    returned: Any = True
    line: int | None = None  # None: there is no filter, or it failed where no line is known
    failure: str = ""


@dataclass(frozen=True)
class Explanation:
    """What happens to one record; secrets in it are masked."""

    decision: Decision
    fields: tuple[Filled, ...]

    @property
    def missing(self) -> list[str]:
        """The required fields that are empty."""
        return [item.field for item in self.fields if item.missing]

    @property
    def outcome(self) -> Literal["sent", "filtered", "incomplete", "rejected"]:
        """The outcome in an upload, unless Oomnitza rejects the record."""
        if self.decision.failure:
            return "rejected"
        if not self.decision.returned:
            return "filtered"
        return "incomplete" if self.missing else "sent"


def explain_record(
    mapper: Mapper, fields: Mapping[str, FieldMapping], keep: RecordFilter, record: Record
) -> Explanation:
    """Process a record as a run does, and return each step; `fields` are those of the mapper.

    A record that the filter does not keep is mapped nevertheless.
    """
    decision = _decide(keep, record)
    given: dict[str, list[Any]] = {step.field: [] for step in mapper.steps}
    raw = {step.field: _masked(step.get(record)) for step in mapper.steps}
    mapped = mapper.traced(lambda name, value: given[name].append(_masked(value)))(record)
    filled = (
        _filled(fields[name], raw[name], mapped, _converted(fields[name], given[name], mapped))
        for name in given
    )
    return Explanation(decision, tuple(filled))


def explain_section(
    section: Section,
    settings: TargetSettings,
    given: Records | None = None,
    *,
    offline: bool = False,
    all_fields: bool = False,
    count: int = 1,
    state: Path | None = None,
) -> Iterator[tuple[str, Explanation | None]]:
    """Explain the first `count` records of the source of a section, or of the given records.

    Yields the name of a record with what becomes of it, and sentences with None. `offline` leaves
    Oomnitza alone; with `all_fields` the source is asked for all that it has. `state` is the state
    database, which is only looked at. Raises the ConnectorError that keeps the source from being
    read.
    """
    with closing(settings.connect()) as target:
        plan = make_plan(section, None if offline else target, strict=False)
        for note in [*plan.notes, *_unreadable(plan, settings.url, state)]:
            yield note, None
        explain = partial(explain_record, plan.mapper, plan.fields, plan.record_filter)
        records = given or plan.source.records(plan.projection(all_fields=all_fields))
        with closing(records) as delivered:
            yield from _each(delivered, count, explain, plan.record_names)
    for name in () if plan.without_server else plan.unmapped_sync_fields:
        yield f"An upload would fail: the sync key {name} is not mapped.", None


def _unreadable(plan: SectionPlan, target: str, state: Path | None) -> Iterator[str]:
    """A sentence, if earlier runs cannot be looked at."""
    try:
        if state:
            check_place(plan.section, plan.source, target, state)
    except StateUnreadable as error:
        yield f"Not compared with earlier runs: {error}"


def read_records(file: IO[bytes]) -> Records:
    """Yield the records of a file: one JSON object, a list of them, or JSON Lines.

    Raises SourceFault, with the line, for what is none of these.
    """
    name = "standard input" if file.name == "<stdin>" else file.name
    lines = ((at, line) for at, line in enumerate(file, 1) if line.strip())
    begin = next(lines, None)
    if begin and _is_object(begin[1]):
        for at, line in chain([begin], lines):
            yield _record(_parsed(line.rstrip(), name, at), f"{name}: line {at}")
    elif begin:
        at, line = begin
        whole = _parsed(line + file.read(), name, at)
        for number, item in enumerate(whole if isinstance(whole, list) else [whole], 1):
            yield _record(item, f"{name}: item {number}")


def _each(
    delivered: Records, count: int, explain: Callable[[Record], Explanation], names: RecordNames
) -> Iterator[tuple[str, Explanation | None]]:
    """Explain records, until there were `count` that could be read."""
    number, left = 0, count
    for number, item in enumerate(delivered, 1):
        if isinstance(item, dict):
            explanation = explain(item)
            name = redact(names.find({each.field: each.value for each in explanation.fields}, item))
            yield f"record {number}{f' ({name})' if name else ''}", explanation
            left -= 1
            if not left:
                break
        else:
            became = "no longer exists" if isinstance(item, RecordGone) else "could not be read"
            yield f"record {number} {became}: {item}", None
    if not number:
        yield "no records found", None


def _decide(keep: RecordFilter, record: Record) -> Decision:
    try:
        returned, line = keep.decide(record)
    except Stopped as error:
        why = str(error).removeprefix(f"line {error.line}: ")
        return Decision(None, error.line or None, redact(why))
    return Decision(_masked(returned), line)


def _converted(mapping: FieldMapping, given: list[Any], mapped: Mapped) -> Iterator[Converted]:
    """What each converter of a field gave, up to the first one that failed."""
    specs = mapping.attributes.get("converter") or []
    texts = [specs] if isinstance(specs, str) else specs
    failure = dict(mapped.failures).get(mapping.field, "")
    if failure:
        # The last one may have given something, which cannot be sent.
        failed = min(len(given), len(texts) - 1)
        yield from map(Converted, texts[:failed], given)
        yield Converted(texts[failed], failure=redact(failure))
    elif texts:
        yield from map(Converted, texts[:-1], given)
        yield Converted(texts[-1], redact_data(mapped.values[mapping.field]))


def _filled(
    mapping: FieldMapping, raw: Any, mapped: Mapped, converted: Iterable[Converted]
) -> Filled:
    origin = next(key for key in ORIGINS if key in mapping.attributes)
    return Filled(
        field=mapping.field,
        layer=mapping.layers[origin],
        origin=origin,
        name="" if origin == "hardcoded" else mapping.attributes[origin],
        raw=raw,
        converted=tuple(converted),
        converters_layer=mapping.layers.get("converter", ""),
        value=_masked(mapped.values[mapping.field]),
        missing=mapping.field in mapped.missing,
        omitted=mapping.attributes.get("empty") == OMIT
        and is_nothing(mapped.values[mapping.field]),
    )


def _masked(value: Any) -> Any:
    """A copy without secrets; of what cannot be shown as JSON, how Python writes it."""
    try:
        copy = redact_data(value)
        to_json(copy)
    except Exception:  # it may be of anybody's class
        return redact(shown(value, LONGEST))
    return copy


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _parsed(text: bytes, name: str, line: int) -> Any:
    """The value of a text that begins on this line of a file."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line += error.lineno - 1
        problem = f"invalid JSON at column {error.colno}"
    except UnicodeDecodeError as error:
        line += text.count(b"\n", 0, error.start)
        problem = "the text is not valid UTF-8"
    except ValueError:
        problem = "invalid JSON: a number is too long"
    except RecursionError:
        problem = "invalid JSON: lists or objects are nested too deeply"
    raise SourceFault(problem, where=f"{name}: line {line}")


def _record(value: Any, where: str) -> Record:
    if not isinstance(value, dict):
        raise SourceFault("a record must be a JSON object", where=where)
    return value
