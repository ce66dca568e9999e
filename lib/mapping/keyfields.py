"""The fields of the sync key: their values are trimmed, and placeholders among them are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lib.jsontext import printable
from lib.record import Record
from lib.values.placeholders import is_placeholder
from lib.values.values import trimmed


@dataclass(frozen=True)
class KeyFields:
    """The names of the fields that identify a record.

    `placeholders` says what happens if all of them are placeholders: the record is only reported,
    or they are dropped, so that they count as empty. None does not look for placeholders.
    """

    names: tuple[str, ...] = ()
    placeholders: Literal["report", "drop"] | None = None

    def settle(self, values: Record) -> str:
        """Trim the values of the fields; return them as text if all of them are placeholders."""
        for name in self.names:
            if type(values[name]) is str:
                values[name] = trimmed(values[name])
        if not self.placeholders or not all(is_placeholder(values[name]) for name in self.names):
            return ""
        text = ", ".join(f"{name} '{printable(str(values[name]))}'" for name in self.names)
        if self.placeholders == "drop":
            values.update(dict.fromkeys(self.names))
        return text
