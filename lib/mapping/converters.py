"""The converters by name, and the text with which a mapping calls one: `split:on=,|index=1`.

A converter is a file, in `converters/` or in a folder of the administrator's, with a function

    converter(field, record, value, params)

of the source path, the whole record, the value at that path and the parameters. What it returns is
the new value; what it raises makes the field empty. It must change neither the record nor the
value, which other fields and the ledger look at, too. The file may also have

    PARAMETERS     the parameters it takes, by name; without it any, as texts (True without an `=`)
    reads(params)  the paths that it looks at besides its value
    prepare(params, resources)
                   called once, when the mapping is read: returns what `converter` is to get as
                   its parameters, and raises ValueError for those that are wrong

or it is an expression in the section [converters] of the config file, with the same four names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from lib import plugins
from lib.ini import Entry
from lib.mapping import ownconverters
from lib.mapping.ownconverters import blamed
from lib.programs import compile_entry
from lib.record import Record
from lib.settings import boolean

Params = Mapping[str, Any]
Function = Callable[[str, Record, Any, Any], Any]

ARGUMENTS = ("field", "record", "value", "params")
REQUIRED: Any = object()
BAR = re.compile(r"(?P<backslashes>\\*)\|")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a converter: its meaning, its default, and its parser."""

    help: str
    default: Any = REQUIRED
    parse: Callable[[str], Any] = str


@dataclass(frozen=True)
class Resources:
    """What converters may use besides their parameters; can be pickled without `locations`."""

    programs: Mapping[str, Entry] = field(default_factory=dict)  # [converters], by name
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # [lookup.NAME]
    folder: Path | None = None
    locations: Callable[[], list[Record]] | None = None  # Oomnitza's, asked for when first used


NOTHING = Resources()


@dataclass(frozen=True)
class Conversion:
    """A converter with its parameters, ready to be applied.

    `reads` are the paths that it reads besides its value; None if it may read all.
    """

    name: str
    function: Function
    params: Any = field(default_factory=dict)
    reads: frozenset[str] | None = frozenset()

    def __call__(self, field: str, record: Record, value: Any) -> Any:
        return self.function(field, record, value, self.params)


def conversions(specs: str | Sequence[str], resources: Resources) -> tuple[Conversion, ...]:
    """Return the conversions that a mapping names, in the order of their application."""
    texts = (specs,) if isinstance(specs, str) else specs
    return tuple(conversion(text, resources) for text in texts)


def conversion(spec: str, resources: Resources = NOTHING) -> Conversion:
    """Make a conversion from a text such as `split:on=@`; raise ValueError with the message."""
    name, params = parse_spec(spec)
    entry = resources.programs.get(name.lower())
    if entry is not None:
        program = compile_entry(entry, ARGUMENTS)
        return Conversion(name.lower(), program.run, params, program.reads("record"))
    full_name, module = _module(name, resources)
    try:
        return _from_module(full_name, module, params, resources)
    except ValueError as error:
        raise ValueError(f"converter {full_name}: {error}") from None


def converter_names(resources: Resources) -> list[str]:
    """Return the names of all converters: built in, in the folder, and in [converters]; sorted."""
    folder = [path.stem for path in ownconverters.files(resources.folder)]
    return sorted({*resources.programs, *folder, *plugins.plugin_names("converters")})


def parse_spec(spec: str) -> tuple[str, dict[str, Any]]:
    r"""Split `name:a=1|flag` into ("name", {"a": "1", "flag": True}).

    A bar behind a backslash, `\|`, is part of a value; a backslash at a value's end is written
    twice in front of a bar. Raises ValueError for a parameter that is there twice.
    """
    name, _, rest = spec.partition(":")
    params: dict[str, Any] = {}
    for part in _between_bars(rest) if rest else ():
        key, equals, value = part.partition("=")
        key = key.strip()
        if key in params:
            raise ValueError(f"converter {name.strip()}: the parameter '{key}' is set twice")
        params[key] = value if equals else True
    return name.strip(), params


def _between_bars(text: str) -> Iterator[str]:
    part, at = "", 0
    for bar in BAR.finditer(text):
        backslashes = bar["backslashes"]
        part += text[at : bar.start()]
        at = bar.end()
        if len(backslashes) % 2:
            part += f"{backslashes[1:]}|"
        else:
            yield part + backslashes[: len(backslashes) // 2]
            part = ""
    yield part + text[at:]


def _from_module(
    name: str, module: ModuleType, given: dict[str, Any], resources: Resources
) -> Conversion:
    declared: Mapping[str, Parameter] | None = getattr(module, "PARAMETERS", None)
    params: Any = given if declared is None else _read(declared, given)
    # One of the administrator's may look at anything, unless it says what.
    own = ownconverters.is_own(module)
    reads = None if own else frozenset[str]()
    if hasattr(module, "reads"):
        with blamed(f"{module.__file__}: reads() failed", ValueError):
            reads = ownconverters.paths(module.reads(params))
    if hasattr(module, "prepare"):
        with blamed(f"{module.__file__}: prepare() failed", ValueError):
            params = module.prepare(params, resources)
    function = ownconverters.sparing(module.converter) if own else module.converter
    return Conversion(name, function, params, reads)


def _read(declared: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all declared parameters."""
    for key, text in given.items():
        if key not in declared:
            there = f"use one of: {', '.join(declared)}" if declared else "it has no parameters"
            hint = plugins.did_you_mean(key, declared) or there
            raise ValueError(f"unknown parameter '{key}'; {hint}")
        _check_bars(key, text, declared)
    return {key: _value(key, parameter, given) for key, parameter in declared.items()}


def _value(key: str, parameter: Parameter, given: Mapping[str, Any]) -> Any:
    if key not in given:
        if parameter.default is REQUIRED:
            raise ValueError(f"the parameter {key} is missing. {parameter.help}")
        return parameter.default
    text = given[key]
    if text is True and parameter.parse is not boolean:
        raise ValueError(f"the parameter {key} needs a value: {key}=...")
    try:
        with blamed("the value cannot be parsed", ValueError):
            return parameter.parse("true" if text is True else text)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _check_bars(key: str, text: Any, declared: Iterable[str]) -> None:
    """Raise ValueError for a value that contains another parameter, because its bar was escaped."""
    for other in declared:
        swallowed = re.compile(rf"\|\s*{re.escape(other)}\s*=")
        if other != key and isinstance(text, str) and swallowed.search(text):
            raise ValueError(
                f"{key}: the backslash before |{other}= makes it part of the value. If the value"
                f" ends with a backslash, write two: \\\\|{other}= (in JSON four)"
            )


def _module(name: str, resources: Resources) -> tuple[str, ModuleType]:
    """Return the module of a converter: a custom one before a built-in one of the same name."""
    for path in ownconverters.files(resources.folder):
        if path.stem.lower() == name.lower():
            return path.stem, ownconverters.load_converter(path, Parameter)
    full_name = plugins.find("converters", name)
    if full_name is None:
        raise ValueError(_unknown(name, converter_names(resources)))
    return full_name, plugins.load_plugin("converters", full_name)


def _unknown(name: str, existing: Iterable[str]) -> str:
    if "|" in name:
        return (
            f'\'{name}\' is not a converter. Write several converters as a list: ["one", "other"]'
        )
    hint = plugins.did_you_mean(name, existing) or f"use one of: {', '.join(existing)}"
    return f"unknown converter '{name}'; {hint}"
