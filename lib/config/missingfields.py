"""The keys `missing.FIELD` of a section: the values that its missing records are sent with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lib.config.problems import Problem
from lib.connector import Connector
from lib.ini import IniSection
from lib.mapping.mapping import field_name

PREFIX = "missing."


def missing_fields(
    section: IniSection, source: Connector[Any], report: Callable[[Problem], None]
) -> dict[str, str]:
    """Return the values by field, none without `missing = send`; problems are reported."""
    values: dict[str, str] = {}
    for key, entry in section.entries.items():
        if key.startswith(PREFIX):
            try:
                values[field_name(key, PREFIX)] = entry.value.strip()
            except ValueError as error:
                report(Problem(section.name, key, entry.line, str(error)))
    if source.settings.missing != "send":
        if values:
            key, what = f"{PREFIX}{next(iter(values))}", "not used without missing = send"
            report(Problem(section.name, key, section.line, what, "warning"))
        return {}
    line = section.entries["missing"].line
    if not values:
        what = "no field for missing records is set. Add `missing.FIELD = value`"
        report(Problem(section.name, "missing", line, what))
    sync_key = tuple(source.sync_fields) or (("USER",) if source.data_type == "users" else ())
    for name in filter(values.__contains__, sync_key):
        what = f"{name} is the sync key, so all missing records would become one. Set another field"
        report(Problem(section.name, f"{PREFIX}{name}", line, what))
    if source.incremental:
        what = f"{source.title} is read incrementally, so missing records are not known"
        report(Problem(section.name, "missing", line, what))
    return values
