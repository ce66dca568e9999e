"""The converters by name, and the text with which a mapping calls one: `split:on=,|index=1`.

A converter is a file in `converters/` with a function

    converter(field, record, value, params)

of the source path, the whole record, the value at that path and the parameters (a parameter
without `=` is True). What it returns is the new value; what it raises makes the field empty. One
that looks beyond its value says which other paths it reads, with a function `reads(params)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lib import plugins

Record = dict[str, Any]
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Conversion:
    """A converter with its parameters, ready to be applied."""

    name: str
    params: Params
    function: Callable[[str, Record, Any, Params], Any]
    reads: tuple[str, ...]

    def __call__(self, field: str, record: Record, value: Any) -> Any:
        return self.function(field, record, value, self.params)


def conversion(spec: str) -> Conversion:
    """Make a conversion from its text; raises ValueError with the sentence to show."""
    name, params = parse_spec(spec)
    known = plugins.find("converters", name)
    if known is None:
        raise ValueError(_unknown(name))
    module = plugins.load("converters", known)
    reads = tuple(module.reads(params)) if hasattr(module, "reads") else ()
    return Conversion(known, params, module.converter, reads)


def parse_spec(spec: str) -> tuple[str, dict[str, Any]]:
    """Split `name:a=1|flag` into ("name", {"a": "1", "flag": True})."""
    name, _, rest = spec.partition(":")
    params: dict[str, Any] = {}
    for part in rest.split("|") if rest else ():
        key, equals, value = part.partition("=")
        params[key.strip()] = value if equals else True
    return name.strip(), params


def _unknown(name: str) -> str:
    known = plugins.names("converters")
    hint = plugins.did_you_mean(name, known) or f"there are: {', '.join(known)}"
    return f"there is no converter {name!r}; {hint}"
