"""The records that are saved for resend: their table, and by what one of them is known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from lib.state.rows import RecordToSave, SavedRecord, pack, storable, to_key, to_saved_record
from lib.state.sqlite.database import Database

# Two values that leave it open: no names, and no target.
OF_SECTIONS = (
    "(:names IS NULL OR section.name IN (SELECT value FROM json_each(:names)))"
    " AND (:target IS NULL OR section.target = :target)"
)
# In the order of the asides, whatever the sections are: CROSS keeps SQLite from turning it round.
FOUND = (
    "SELECT aside.id, section.name, section.target, aside.run, aside.outcome, aside.reason,"  # noqa: S608
    " aside.key, aside.fetched, aside.mapped, aside.first_at, aside.at, aside.times"
    " FROM aside CROSS JOIN section ON section.id = aside.section"
    f" WHERE aside.id > :after AND aside.id <= :last AND {OF_SECTIONS}"
    " ORDER BY aside.id LIMIT :page"
)
PUT = (
    "INSERT INTO aside (section, identity, run, outcome, reason, key, fetched, mapped, first_at,"
    " at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (section, identity) DO UPDATE SET run = excluded.run, outcome = excluded.outcome,"
    " reason = excluded.reason, key = excluded.key, fetched = excluded.fetched,"
    " mapped = excluded.mapped, at = excluded.at, times = times + 1"
)
# What the run has saved again stays, with how often that happened.
CLEAR = "DELETE FROM aside WHERE section = ? AND run < ? AND id = ?"
ANY = "SELECT 1 FROM aside WHERE section = ? LIMIT 1"
RESOLVE = "DELETE FROM aside WHERE section = ? AND identity = ?"
# A run that read all of the source met again what an earlier one could not read or filter, or it
# was well.
OUTDATE = (
    "DELETE FROM aside WHERE section = ? AND run < ?"
    " AND (? != '' OR (key IS NULL AND mapped IS NULL))"
)
EXPIRE = "DELETE FROM aside WHERE at < ?"


def found(database: Database, sections: Sequence[str], target: str | None) -> Iterator[SavedRecord]:
    """Yield what is saved for resend now, of these sections or of all, the oldest first."""
    last = database.rows("SELECT max(id) FROM aside")[0][0]
    rows = database.pages(FOUND, {**of(sections, target), "last": last})
    return (database.made(to_saved_record, row) for row in rows)


def of(sections: Sequence[str], target: str | None) -> dict[str, Any]:
    """The values of OF_SECTIONS."""
    return {"names": json.dumps(list(sections)) if sections else None, "target": target}


def to_row(item: RecordToSave | SavedRecord, run: int, now: float) -> tuple[object, ...]:
    """The values of PUT, without the section."""
    key = None if item.key is None else to_key(item.key)
    known_by = identity(key, item.fetched, item.reason)
    texts = (item.outcome, storable(item.reason), key, pack(item.fetched), pack(item.mapped))
    return known_by, run, *texts, now, now


def identity(key: bytes | None, fetched: str | None = None, reason: str = "") -> bytes:
    """By what a record is the same one when it is saved for resend again."""
    if key is not None:
        return b"key " + key
    kind, text = (b"reason ", reason) if fetched is None else (b"fetched ", fetched)
    return kind + blake2b(storable(text).encode(), digest_size=16).digest()
