"""What is noted of keys when their records are delivered: sent, or found unchanged, by a run.

A record has the run that last delivered it, and how many more records with its key that run had.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable

from lib.state.rows import Known, SharedKeys, encode_key, to_shared_key
from lib.state.sqlite.database import StateDatabase

UNCHANGED = (
    "UPDATE record SET seen = ?1, seen_at = ?2,"
    " twins = CASE WHEN delivered IS ?1 THEN twins + 1 ELSE 0 END, delivered = ?1"
    " WHERE id IN (SELECT value FROM json_each(?3))"
)
TWINS = (
    "UPDATE record SET twins = ?1 + CASE WHEN delivered IS ?2 THEN twins ELSE 0 END, delivered = ?2"
    " WHERE section = ?3 AND key = ?4"
)
SHARED = (
    "SELECT count(*), coalesce(sum(twins + 1), 0) FROM record"
    " WHERE section = ? AND twins > 0 AND delivered = ?"
)
NO_LONGER_PADDED = (
    "UPDATE record SET padded = 0 WHERE section = ? AND padded > 0 AND delivered IS NOT NULL"
)
MOST_SHARED = (
    "SELECT key, twins + 1, fields FROM record WHERE section = ? AND twins > 0 AND delivered = ?"
    " ORDER BY twins DESC, id LIMIT ?"
)


def note_unchanged(database: StateDatabase, run: int, records: Iterable[Known]) -> None:
    """Record that a run found these records unchanged."""
    counts = Counter(known.id for known in records)
    now = time.time()
    while counts:  # more than once only for records with the same key
        database.write(UNCHANGED, (run, now, json.dumps(list(counts))))
        counts = counts - Counter(counts.keys())


def note_shared(
    database: StateDatabase, section: int, run: int, keys: Iterable[tuple[str, int]]
) -> None:
    """Record that a run had more records with these keys, each given as (key, how many more)."""
    rows = ((more, run, section, encode_key(key)) for key, more in keys)
    database.write_many(TWINS, rows)


def shared_keys(database: StateDatabase, section: int, run: int, examples: int) -> SharedKeys:
    """Return the keys that several records of a run have."""
    [(keys, records)] = database.rows(SHARED, (section, run))
    rows = database.rows(MOST_SHARED, (section, run, examples)) if keys else []
    return SharedKeys(keys, records, tuple(database.convert(to_shared_key, row) for row in rows))


def take_trimmed(database: StateDatabase, section: int) -> int:
    """Return how many records are no longer known with invisible characters around their key."""
    return database.write(NO_LONGER_PADDED, (section,)).rowcount
