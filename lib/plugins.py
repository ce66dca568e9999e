"""Find connectors and converters by their file names; modules are imported when they are used."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent


def plugin_names(package: str) -> list[str]:
    """Return the modules of a package, sorted: ["casper", "ldap", ...] for "connectors"."""
    modules = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def find(package: str, name: str) -> str | None:
    """Return the name of the module with this name (case-insensitive), or None."""
    return next(
        (module for module in plugin_names(package) if module.lower() == name.lower()), None
    )


def load_plugin(package: str, name: str) -> ModuleType:
    """Import a module of a package."""
    return importlib.import_module(f"{package}.{name}")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name that is most similar to the word, or "" if none is similar."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question for the end of an error, or "" if no known name is similar."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else ""
