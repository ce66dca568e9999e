"""Finds the mock systems by the files and folders of `sandbox/`; no list names them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import sandbox
from sandbox.mock import MockSystem


def mock_systems() -> list[type[MockSystem]]:
    """Those that a file defines or a folder's `__init__` gives out, by their names."""
    kinds = [
        kind
        for module in pkgutil.iter_modules(sandbox.__path__, "sandbox.")
        for kind in vars(importlib.import_module(module.name)).values()
        if _is_of(module.name, kind)
    ]
    return sorted(kinds, key=lambda kind: kind.name)


def _is_of(module: str, kind: object) -> bool:
    """Whether it is a mock system that is complete, and of this module or below it."""
    return (
        inspect.isclass(kind)
        and issubclass(kind, MockSystem)
        and not inspect.isabstract(kind)
        and f"{kind.__module__}.".startswith(f"{module}.")
    )
