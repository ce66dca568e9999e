"""The table of the fields of each run: in how many of its records they were filled."""

from __future__ import annotations

from lib.state.rows import FieldCount
from lib.state.sqlite.database import StateDatabase

RECORD_FIELD = "INSERT OR REPLACE INTO field (run, name, filled, mapping) VALUES (?, ?, ?, ?)"
FIELDS = "SELECT name, filled, mapping FROM field WHERE run = ? ORDER BY name"
# Those of runs that are no longer there.
EXPIRED_FIELDS = "DELETE FROM field WHERE run NOT IN (SELECT id FROM run)"


def read_fields(database: StateDatabase, run: int) -> list[FieldCount]:
    """Return the fields of a run, by their names."""
    return [FieldCount(*row) for row in database.rows(FIELDS, (run,))]
