"""The converters by name, and the text with which a mapping calls one: `split:on=,|index=1`.

A converter is a file, in `converters/` or in a folder of the administrator's, with a function

    converter(field, record, value, params)

of the source path, the whole record, the value at that path and the parameters. What it returns is
the new value; what it raises makes the field empty. Beside it the file may have

    PARAMETERS     the parameters it takes, by name; without it any, as texts (True without an `=`)
    reads(params)  the paths that it looks at beside its value
    prepare(params, resources)
                   called once, when the mapping is read: returns what `converter` is to get as
                   its parameters, and raises ValueError for those that are wrong

or it is a program in the section [converters] of the ini, with the same four names.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from lib import plugins
from lib.ini import Entry
from lib.programs import compile_entry
from lib.settings import boolean

Record = dict[str, Any]
Params = Mapping[str, Any]
Function = Callable[[str, Record, Any, Any], Any]

ARGUMENTS = ("field", "record", "value", "params")
REQUIRED: Any = object()
OWN = "own_converters."
# A vertical bar behind a backslash is part of a parameter.
BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Parameter:
    """What a converter says of one of its parameters: its meaning, default and how it is read."""

    help: str
    default: Any = REQUIRED
    parse: Callable[[str], Any] = str


@dataclass(frozen=True)
class Resources:
    """What converters are made of, beside their parameters; can be pickled without locations."""

    programs: Mapping[str, Entry] = field(default_factory=dict)  # [converters], by name
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # [lookup.NAME]
    folder: Path | None = None
    locations: Callable[[], list[Record]] | None = None  # Oomnitza's, asked for when first used


NOTHING = Resources()


@dataclass(frozen=True)
class Conversion:
    """A converter with its parameters, ready to be applied.

    `reads` are the paths that it looks at beside its value; None if it may look at all.
    """

    name: str
    function: Function
    params: Any = field(default_factory=dict)
    reads: frozenset[str] | None = frozenset()

    def __call__(self, field: str, record: Record, value: Any) -> Any:
        return self.function(field, record, value, self.params)


def conversions(specs: str | Sequence[str], resources: Resources) -> tuple[Conversion, ...]:
    """The conversions that a mapping names, one or a list, in the order of their application."""
    texts = (specs,) if isinstance(specs, str) else specs
    return tuple(conversion(text, resources) for text in texts)


def conversion(spec: str, resources: Resources = NOTHING) -> Conversion:
    """Make a conversion from its text; raises ValueError with the sentence to show."""
    name, params = parse_spec(spec)
    entry = resources.programs.get(name.lower())
    if entry is not None:
        program = compile_entry(entry, ARGUMENTS)
        return Conversion(name.lower(), program.run, params, program.reads("record"))
    known, module = _module(name, resources)
    try:
        return _from_module(known, module, params, resources)
    except ValueError as error:
        raise ValueError(f"converter {known}: {error}") from None


def names(resources: Resources) -> list[str]:
    """All converters that there are, sorted."""
    folder = [path.stem for path in _files(resources.folder)]
    return sorted({*resources.programs, *folder, *plugins.names("converters")})


def parse_spec(spec: str) -> tuple[str, dict[str, Any]]:
    r"""Split `name:a=1|flag` into ("name", {"a": "1", "flag": True}); `\|` is a bar in a value."""
    name, _, rest = spec.partition(":")
    params: dict[str, Any] = {}
    for part in BAR.split(rest) if rest else ():
        key, equals, value = part.replace("\\|", "|").partition("=")
        params[key.strip()] = value if equals else True
    return name.strip(), params


def _from_module(
    name: str, module: ModuleType, given: dict[str, Any], resources: Resources
) -> Conversion:
    declared: Mapping[str, Parameter] | None = getattr(module, "PARAMETERS", None)
    params: Any = given if declared is None else _read(declared, given)
    # One of the administrator's may look at anything, unless it says what.
    reads = None if module.__name__.startswith(OWN) else frozenset[str]()
    if hasattr(module, "reads"):
        reads = frozenset(module.reads(params))
    if hasattr(module, "prepare"):
        params = module.prepare(params, resources)
    return Conversion(name, module.converter, params, reads)


def _read(declared: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all declared parameters."""
    for key in given:
        if key not in declared:
            there = f"it takes {', '.join(declared)}" if declared else "it takes none"
            hint = plugins.did_you_mean(key, declared) or there
            raise ValueError(f"there is no parameter {key!r}; {hint}")
    values: dict[str, Any] = {}
    for key, parameter in declared.items():
        text = given.get(key, parameter.default)
        if text is REQUIRED:
            raise ValueError(f"the parameter {key} is missing. {parameter.help}")
        if key not in given:
            values[key] = parameter.default
            continue
        if text is True and parameter.parse is not boolean:
            raise ValueError(f"the parameter {key} needs a value: {key}=...")
        try:
            values[key] = parameter.parse("true" if text is True else text)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    return values


def _module(name: str, resources: Resources) -> tuple[str, ModuleType]:
    """The file of a converter: the administrator's own one before the one that comes along."""
    for path in _files(resources.folder):
        if path.stem.lower() == name.lower():
            return path.stem, _load_file(path)
    known = plugins.find("converters", name)
    if known is None:
        raise ValueError(_unknown(name, names(resources)))
    return known, plugins.load("converters", known)


def _files(folder: Path | None) -> list[Path]:
    found = sorted(folder.glob("*.py")) if folder else []
    return [path for path in found if not path.stem.startswith("_")]


@lru_cache
def _load_file(path: Path) -> ModuleType:
    """Run a converter's file. Raises ValueError where that fails, or it holds no converter."""
    spec = importlib.util.spec_from_file_location(f"{OWN}{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # it may be anybody's code
        raise ValueError(f"{path} cannot be loaded: {type(error).__name__}: {error}") from None
    if not callable(getattr(module, "converter", None)):
        raise ValueError(f"{path} has no function converter(field, record, value, params)")
    return module


def _unknown(name: str, known: Iterable[str]) -> str:
    if "|" in name:
        return f'{name!r} is no converter; several are written as a list: ["one", "other"]'
    hint = plugins.did_you_mean(name, known) or f"there are: {', '.join(known)}"
    return f"there is no converter {name!r}; {hint}"
