"""The table of the changes of recent runs: fields of records, before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lib.jsontext import to_json
from lib.state.rows import (
    Change,
    StoredText,
    compress,
    decompress,
    to_change,
)
from lib.state.sqlite.database import Row, StateDatabase

KEPT_DAYS = 7
# How many changed records of a run are kept, with how many characters of JSON, and how many
# characters of records are compared for them: a record may consist of long lists.
MOST_RECORDS = 5_000
MOST_CHARACTERS = 2_000_000
MOST_COMPARED = 20_000_000
# A longer value is cut.
LONGEST_VALUE = 500
# The name under which the counts of a run say that more records may have changed than were kept.
CUT = "changes_cut"

# A trigger sees what changes while records are stored as sent; to look each of them up before would
# take far longer. It is one of the connection, and not of the file.
START = (
    "CREATE TEMP TABLE IF NOT EXISTS changed (run, key, before)",
    "CREATE TEMP TRIGGER IF NOT EXISTS note_change AFTER UPDATE OF fields ON main.record"
    " WHEN old.digest != new.digest"
    " BEGIN INSERT INTO changed VALUES (new.seen, new.key, old.fields); END",
)
STOP = "DROP TRIGGER IF EXISTS temp.note_change"
CHANGED = "SELECT key, before FROM changed WHERE run = ?"
CLEAR_CHANGED = "DELETE FROM changed WHERE run = ?"
NOTE = "INSERT OR REPLACE INTO change (run, key, fields) VALUES (?, ?, ?)"
CHANGES = "SELECT key, fields FROM change WHERE run = ? ORDER BY key"
EXPIRED_CHANGES = (
    "DELETE FROM change WHERE run NOT IN"
    " (SELECT id FROM run WHERE coalesce(ended, started) >= ? OR state = 'running')"
)


class ChangeLog:
    """Keeps which fields a run changes, until there are too many of them."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database
        self._records = self._characters = self._compared = 0

    @property
    def counts(self) -> dict[str, int]:
        """Counts for the run that say whether all changes were kept."""
        return {CUT: 1} if self._is_full else {}

    def start(self) -> None:
        """Watch for changes, from now on."""
        with self._database.transaction():
            for statement in START:
                self._database.write(statement)

    def note(self, run: int, sent: Mapping[bytes, StoredText]) -> None:
        """Keep the changes of records that were just stored as sent, given as JSON by key."""
        if self._is_full or not (rows := self._database.rows(CHANGED, (run,))):
            return
        self._database.write(CLEAR_CHANGED, (run,))
        found = list(self._compare(rows, sent))
        self._records += len(found)
        self._characters += sum(len(text) for _, text in found)
        self._database.write_many(NOTE, ((run, key, compress(text)) for key, text in found))
        if self._is_full:
            self._database.write(STOP)

    @property
    def _is_full(self) -> bool:
        return (
            self._records >= MOST_RECORDS
            or self._characters >= MOST_CHARACTERS
            or self._compared >= MOST_COMPARED
        )

    def _compare(
        self, changed: Iterable[Row], sent: Mapping[bytes, StoredText]
    ) -> Iterator[tuple[bytes, str]]:
        """Yield the key and the changes, as JSON, of each record that has any."""
        for key, before in changed:
            old, new = decompress(before), decompress(sent[key])
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
