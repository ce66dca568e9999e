"""Find connectors and converters by their file names; nothing is imported before it is used."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent


def plugin_names(package: str) -> list[str]:
    """The modules of a package, sorted: `plugin_names("connectors")` is ["casper", "ldap", ...]."""
    found = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return sorted(module.name for module in found if not module.name.startswith("_"))


def find(package: str, name: str) -> str | None:
    """The module's name for a name in any case, or None."""
    return next(
        (module for module in plugin_names(package) if module.lower() == name.lower()), None
    )


def load_plugin(package: str, name: str) -> ModuleType:
    return importlib.import_module(f"{package}.{name}")


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that is most like the word, or nothing when none is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The question to put behind an error, or nothing when no known name is near."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else ""
