"""Secrets from environment variables: the settings `env_password` and the like."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from lib.config.problems import Problem
from lib.ini import IniSection
from lib.settings import declared


def from_environment(
    kind: type[Any], section: IniSection, report: Callable[[Problem], None]
) -> tuple[dict[str, str], set[str]]:
    """Return the secrets that are in variables, and the names of those whose variable is missing.

    Missing variables are reported.
    """
    values: dict[str, str] = {}
    missing: set[str] = set()
    for item in declared(kind):
        entry = section.entries.get(f"env_{item.name}") if item.about.secret else None
        variable = entry.value.strip() if entry else ""
        if entry and variable and variable not in os.environ:
            what = f"environment variable {variable} not found"
            if not re.fullmatch(r"[A-Z][A-Z0-9_]*", variable):  # it may be the secret itself
                what = "environment variable not found"
            report(Problem(section.name, entry.key, entry.line, what))
            missing.add(item.name)
        elif variable:
            values[item.name] = os.environ[variable]
    return values, missing
