"""Render explanations of records as text: the filter's decision, the fields, and the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any
from unicodedata import east_asian_width

from lib.config.sections import Section
from lib.ini import Entry
from lib.jsontext import printable, to_json
from lib.preview.explain import Decision, Explanation, Filled
from lib.report.summary import table
from lib.wording import empty_fields

HEAD = ("field", "source, converters", "value (the last one is sent)")
# The minimum width of a column, in characters.
NARROWEST = 16
# The indent and the gaps between the columns, in characters.
GAPS = 6
# A placeholder after a character that takes two columns of a terminal; never in a text.
SECOND = "\0"

Row = tuple[str, str, str]


def render_explanations(
    section: Section, explanations: Iterable[tuple[str, Explanation | None]], width: int
) -> Iterator[str]:
    """Yield a text for each explanation of a section, and for each warning between them.

    The lines of the tables are at most `width` columns long; values are shortened to fit.
    """
    for what, explanation in explanations:
        name = f"[{section.name}] {what}"
        if explanation is None:
            yield f"Warning: {name}"
        else:
            decision = _decision(explanation.decision, section.recordfilter)
            fields = ["  " + line for line in _table(explanation.fields, width)]
            yield "\n".join([f"{name}: {decision}", *fields, _end(explanation)])


def _decision(decision: Decision, recordfilter: Entry | None) -> str:
    if recordfilter is None:
        return "no record filter"
    if decision.line is None:
        failed = f" failed ({printable(decision.failure)})" if decision.failure else " is empty"
        return f"the record filter{failed}, line {recordfilter.line}"
    text = recordfilter.value.split("\n")[decision.line - recordfilter.line]
    at = f"line {decision.line}: {printable(text.strip())}"
    if decision.failure:
        return f"the record filter failed ({printable(decision.failure)}), {at}"
    if decision.returned:
        return f"passed the record filter, {at}"
    # Nothing at all, or an empty text, may be returned by mistake.
    what = "" if decision.returned is False else f", which returned {decision.returned!r}"
    return f"filtered out by the record filter{what}, {at}"


def _end(explanation: Explanation) -> str:
    match explanation.outcome:
        case "sent":
            return "Would be sent."
        case "filtered":
            return "Filtered: would not be sent."
        case "rejected":
            return "Rejected: would not be sent, because the record filter failed."
        case "incomplete":
            return f"Incomplete: would not be sent, because {empty_fields(explanation.missing)}."


def _table(fields: Sequence[Filled], width: int) -> list[str]:
    """A row for each field with its source value, and one for each converter with its result."""
    first = max(map(len, [HEAD[0], *(_in_columns(item.field) for item in fields)]))
    second = max(map(len, [HEAD[1], *(label for item in fields for label in _labels(item))]))
    free = width - GAPS - first
    second = min(second, max(free // 2, NARROWEST))
    third = max(free - second, NARROWEST)
    rows = [HEAD, *(row for item in fields for row in _rows(item, third))]
    wrapped = [list(map(wrap, row, (first, second, third))) for row in rows]
    lines = table([line for row in wrapped for line in zip_longest(*row, fillvalue="")])
    return [line.replace(SECOND, "") for line in lines]


def _rows(item: Filled, longest: int) -> Iterator[Row]:
    values = [item.raw, *(step.value for step in item.converted)]
    for at, (label, value) in enumerate(zip(_labels(item), values, strict=True)):
        yield "" if at else _in_columns(item.field), label, _shown(value, longest)
    if item.failure:
        yield "", "", _in_columns(f"conversion failed: {item.failure}")
    if item.missing:
        yield "", "", "required, but empty"
    elif item.omitted:
        yield "", "", "not sent, because it is empty"


def _labels(item: Filled) -> list[str]:
    """Where the value comes from, and the converters that it passes."""
    origin = {"source": item.name, "setting": f"setting {item.name}"}.get(item.origin, item.origin)
    # An inherited converter may come as a surprise.
    whose = "" if item.converters_layer == item.layer else f" [{item.converters_layer}]"
    labels = [f"{item.layer}: {origin}", *(f"{step.converter}{whose}" for step in item.converted)]
    return [_in_columns(label) for label in labels]


def _shown(value: Any, longest: int) -> str:
    text = _in_columns(to_json(value))
    if len(text) <= longest:
        return text
    end = f"... ({len(value)} items)" if isinstance(value, list | dict) else "..."
    return text[: max(longest - len(end), 1)] + end


def _in_columns(text: str) -> str:
    """The printable text, with as many characters as it takes columns of a terminal."""
    return "".join(
        char + SECOND if east_asian_width(char) in "WF" else char for char in printable(text)
    )
