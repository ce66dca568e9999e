"""The table of the changes of recent runs: fields of records, before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lib.jsontext import to_json
from lib.state.rows import (
    Change,
    Known,
    StoredText,
    compress,
    decode_key,
    decompress,
    to_change,
)
from lib.state.sqlite.database import Row, StateDatabase

KEPT_DAYS = 7
# How many changed records of a run are kept, with how many characters of JSON, and how many
# characters of records are compared for them: a record may consist of long lists.
MOST_RECORDS = 10_000
MOST_CHARACTERS = 4_000_000
MOST_COMPARED = 20_000_000
# A longer value is cut.
LONGEST_VALUE = 500
# The name under which the counts of a run say how many changed records were not kept.
NOT_KEPT = "changes_not_kept"

STORED = "SELECT key, fields FROM record WHERE id IN (SELECT value FROM json_each(?))"
NOTE = "INSERT OR REPLACE INTO change (run, key, fields) VALUES (?, ?, ?)"
CHANGES = "SELECT key, fields FROM change WHERE run = ? ORDER BY key"
EXPIRED_CHANGES = (
    "DELETE FROM change WHERE run NOT IN"
    " (SELECT id FROM run WHERE coalesce(ended, started) >= ? OR state = 'running')"
)

# A record to be stored as sent: key, digest, and JSON text of the fields.
Sent = tuple[str, bytes, StoredText]


class ChangeLog:
    """Keeps which fields a run changes, until there are too many of them."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database
        self._records = self._characters = self._compared = self._not_kept = 0

    @property
    def counts(self) -> dict[str, int]:
        """The number of changed records that were not kept, if there are any."""
        return {NOT_KEPT: self._not_kept} if self._not_kept else {}

    def note(self, run: int, items: Sequence[Sent], known: Mapping[str, Known]) -> None:
        """Keep the changes of records that are about to be stored as sent.

        `known` are those of them that were sent before.
        """
        changed = {
            key: fields
            for key, digest, fields in items
            if (before := known.get(key)) and before.digest != digest
        }
        if not changed:
            return
        if self._is_full:
            self._not_kept += len(changed)
            return
        ids = json.dumps([known[key].id for key in changed])
        found = list(self._compare(self._database.rows(STORED, (ids,)), changed))
        self._records += len(found)
        self._characters += sum(len(text) for _, text in found)
        self._database.write_many(NOTE, ((run, key, compress(text)) for key, text in found))

    @property
    def _is_full(self) -> bool:
        return (
            self._records >= MOST_RECORDS
            or self._characters >= MOST_CHARACTERS
            or self._compared >= MOST_COMPARED
        )

    def _compare(
        self, stored: Iterable[Row], after: Mapping[str, StoredText]
    ) -> Iterator[tuple[bytes, str]]:
        """Yield the key and the changes, as JSON, of each record that has any."""
        for key, before in stored:
            old, new = decompress(before), decompress(after[decode_key(key)])
            if old is None or new is None or old == new:
                continue
            self._compared += len(old) + len(new)
            fields = _changed_fields(json.loads(old), json.loads(new))
            if fields:
                yield key, to_json(fields)


def read_changes(database: StateDatabase, run: int) -> list[Change]:
    """Return the changes of a run, by the keys of the records."""
    return [database.convert(to_change, row) for row in database.rows(CHANGES, (run,))]


def _changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the old and the new value of each field that differs; a field left out stays as is."""
    return {
        name: [_cut(before.get(name)), _cut(value)]
        for name, value in after.items()
        if before.get(name) != value
    }


def _cut(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else to_json(value)
    return value if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
