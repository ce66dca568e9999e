"""Replace a value with another one from a lookup table in the config file.

    [lookup.departments]
    R&D = Research
    0417 = Sales

    [casper]
    mapping.DEPARTMENT = {"source": "location.department", "converter": "lookup:table=departments"}

The lookup is case-insensitive and ignores spaces around a value. Booleans are found as `true` and
`false`, and 1.0 also as 1. The value ends at the first `=` or `:` of its line, so it cannot contain
these characters. A value that is not in the table cannot be converted, unless there is a default.
The same applies to an object. An empty `default=` leaves the field empty.
"""

from collections.abc import Callable
from typing import Any

from lib.mapping.converters import Parameter, Params, Resources
from lib.plugins import did_you_mean
from lib.record import Record
from lib.values.values import each, filled, text_of

PARAMETERS = {
    "table": Parameter(
        "The name of the table: the part of its section name after `lookup.`", parse=filled
    ),
    "default": Parameter("The result for values that are not in the table.", default=None),
}

Change = Callable[[Any], str]


def prepare(params: Params, resources: Resources) -> Change:
    name, default = params["table"].strip().lower(), params["default"]
    if name not in resources.tables:
        known = ", ".join(resources.tables)
        there = f"use one of: {known}" if known else "the config file has no lookup tables"
        hint = did_you_mean(name, resources.tables) or there
        raise ValueError(f"lookup table [lookup.{name}] not found; {hint}")
    table = {key.casefold(): given for key, given in resources.tables[name].items()}

    def look_up(value: Any) -> str:
        try:
            texts = _texts(value)
        except ValueError:
            if default is None:
                raise
            return str(default)
        given: str | None = next((table[text] for text in texts if text in table), default)
        if given is None:
            raise ValueError(f"{str(value).strip()!r:.60} not found in [lookup.{name}]")
        return given

    return look_up


def converter(field: str, record: Record, value: Any, params: Change) -> Any:
    return each(value, params, read=lambda item: item)


def _texts(value: Any) -> list[str]:
    """How a value may stand in a table. Raises ValueError for what cannot."""
    if isinstance(value, bool):
        return [str(value).casefold()]
    texts = [text_of(value).strip().casefold()]
    if isinstance(value, float) and value.is_integer():
        texts.append(str(int(value)))
    return texts
