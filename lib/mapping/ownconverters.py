"""Converters in files of the administrator's: loaded, looked at, and kept from doing harm.

What is wrong with such a file is a ValueError that names it, whatever the file itself raises.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

PREFIX = "own_converters."


def files(folder: Path | None) -> list[Path]:
    """The files of converters in a folder, sorted."""
    found = sorted(folder.glob("*.py")) if folder else []
    return [path for path in found if not path.stem.startswith("_")]


def is_own(module: ModuleType) -> bool:
    return module.__name__.startswith(PREFIX)


@lru_cache
def load_converter(path: Path, parameter: type[Any]) -> ModuleType:
    """Run a converter's file. `parameter` is the class of what its PARAMETERS hold.

    Raises ValueError where that fails, or it holds no converter.
    """
    spec = importlib.util.spec_from_file_location(f"{PREFIX}{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    with blamed(f"{path} cannot be loaded"):
        spec.loader.exec_module(module)
    problem = _problem(module, parameter)
    if problem:
        raise ValueError(f"{path} {problem}")
    return module


@contextmanager
def blamed(beginning: str, *told: type[Exception]) -> Iterator[None]:
    """Make a ValueError with this beginning of all that a file raises, also to end the program.

    What is `told` is in the file's own words: it is to be shown without more.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        said = _text(error)
        text = said if isinstance(error, told) else f"{beginning}: {type(error).__name__}: {said}"
        raise ValueError(text) from None


def sparing(function: Callable[..., Any]) -> Callable[[str, Any, Any, Any], Any]:
    """A converter that gets a copy of a list or dict: that of the record stays as it is."""

    def converter(field: str, record: Any, value: Any, params: Any) -> Any:
        given = value.copy() if isinstance(value, list | dict) else value
        return function(field, record, given, params)

    return converter


def paths(found: Any) -> frozenset[str]:
    """What `reads` returns; raises TypeError where that is no list of paths."""
    if isinstance(found, str) or not all(isinstance(path, str) for path in found):
        raise TypeError("it has to return a list of paths")
    return frozenset(found)


def _problem(module: ModuleType, parameter: type[Any]) -> str:
    """What keeps a file from being used; nothing if it is all right."""
    converter = getattr(module, "converter", None)
    if not callable(converter):
        return "has no function converter(field, record, value, params)"
    if not _takes_four(converter):
        return "has a converter that cannot be called as converter(field, record, value, params)"
    declared = getattr(module, "PARAMETERS", {})
    if not isinstance(declared, Mapping) or not all(
        isinstance(key, str) and isinstance(item, parameter) and callable(item.parse)
        for key, item in declared.items()
    ):
        return 'has PARAMETERS that are not written {"name": Parameter("its meaning"), ...}'
    for name in ("prepare", "reads"):
        if not callable(getattr(module, name, len)):
            return f"has a {name} that is no function"
    return ""


def _takes_four(converter: Callable[..., Any]) -> bool:
    try:
        inspect.signature(converter).bind("field", {}, None, {})
    except TypeError:
        return False
    except ValueError:  # some that are written in C tell nothing
        return True
    return True


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except (Exception, SystemExit):
        return "an error that cannot be shown"
