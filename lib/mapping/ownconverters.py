"""Custom converters: loads and checks the files of the administrator, and isolates their errors.

Every problem with such a file is a ValueError that names it, whatever the file itself raises.
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
    """Return the files of converters in a folder, sorted."""
    paths = sorted(folder.glob("*.py")) if folder else []
    return [path for path in paths if not path.stem.startswith("_")]


def is_own(module: ModuleType) -> bool:
    """Return whether a module is a custom converter."""
    return module.__name__.startswith(PREFIX)


@lru_cache
def load_converter(path: Path, parameter: type[Any]) -> ModuleType:
    """Import the file of a converter; `parameter` is the class of the values in its PARAMETERS.

    Raises ValueError if that fails, or if the file has no valid converter.
    """
    spec = importlib.util.spec_from_file_location(f"{PREFIX}{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    with blamed(f"cannot load {path}"):
        spec.loader.exec_module(module)
    problem = _problem(module, parameter)
    if problem:
        raise ValueError(f"{path}: {problem}")
    return module


@contextmanager
def blamed(beginning: str, *unchanged: type[Exception]) -> Iterator[None]:
    """Raise ValueError, with this beginning, for every error in the block, SystemExit too.

    The text of errors of the types in `unchanged` is shown as it is.
    """
    try:
        yield
    except (Exception, SystemExit) as error:
        text = _text(error)
        if not isinstance(error, unchanged):
            text = f"{beginning}: {type(error).__name__}: {text}"
        raise ValueError(text) from None


def sparing(function: Callable[..., Any]) -> Callable[[str, Any, Any, Any], Any]:
    """Wrap a converter so that it gets a copy of a list or dict, and cannot change the record."""

    def converter(field: str, record: Any, value: Any, params: Any) -> Any:
        given = value.copy() if isinstance(value, list | dict) else value
        return function(field, record, given, params)

    return converter


def paths(returned: Any) -> frozenset[str]:
    """Check the paths that `reads` returned; raise TypeError if it is not a list of paths."""
    if isinstance(returned, str) or not all(isinstance(path, str) for path in returned):
        raise TypeError("it must return a list of paths")
    return frozenset(returned)


def _problem(module: ModuleType, parameter: type[Any]) -> str:
    """Return why a file cannot be used; empty if it can."""
    converter = getattr(module, "converter", None)
    if not callable(converter):
        return "the function converter(field, record, value, params) is missing"
    if not _takes_four(converter):
        return "converter must accept the arguments (field, record, value, params)"
    declared = getattr(module, "PARAMETERS", {})
    if not isinstance(declared, Mapping) or not all(
        isinstance(key, str) and isinstance(item, parameter) and callable(item.parse)
        for key, item in declared.items()
    ):
        return 'PARAMETERS must have the form {"name": Parameter("its meaning"), ...}'
    for name in ("prepare", "reads"):
        if not callable(getattr(module, name, len)):
            return f"{name} is not a function"
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
        return "the error cannot be shown"
