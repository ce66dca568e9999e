"""The table of the records that are saved for resend, and what identifies one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from lib.state.rows import (
    RecordToSave,
    SavedRecord,
    compress,
    encode_key,
    escape_surrogates,
    to_saved_record,
)
from lib.state.sqlite.database import StateDatabase

# Without names, or without a target, it is true for all of them.
OF_SECTIONS = (
    "(:names IS NULL OR section.name IN (SELECT value FROM json_each(:names)))"
    " AND (:target IS NULL OR section.target = :target)"
)
# Ordered by the id of the saved records: CROSS keeps SQLite from beginning with the sections.
SELECT = (
    "SELECT aside.id, section.name, section.target, aside.run, aside.outcome, aside.reason,"  # noqa: S608
    " aside.key, aside.fetched, aside.mapped, aside.first_at, aside.at, aside.times"
    " FROM aside CROSS JOIN section ON section.id = aside.section"
    f" WHERE aside.id > :after AND aside.id <= :last AND {OF_SECTIONS}"
    " ORDER BY aside.id LIMIT :page"
)
UPSERT = (
    "INSERT INTO aside (section, identity, run, outcome, reason, key, fetched, mapped, first_at,"
    " at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (section, identity) DO UPDATE SET run = excluded.run, outcome = excluded.outcome,"
    " reason = excluded.reason, key = excluded.key, fetched = excluded.fetched,"
    " mapped = excluded.mapped, at = excluded.at, times = times + 1"
)
# A record that this run has saved again is kept, with its count.
CLEAR = "DELETE FROM aside WHERE section = ? AND run < ? AND id = ?"
ANY = "SELECT 1 FROM aside WHERE section = ? LIMIT 1"
RESOLVE = "DELETE FROM aside WHERE section = ? AND identity = ?"
# A run that read the whole source has saved unreadable records again, or has read them by now.
OUTDATE = (
    "DELETE FROM aside WHERE section = ? AND run < ?"
    " AND (? != '' OR (key IS NULL AND mapped IS NULL))"
)
EXPIRE = "DELETE FROM aside WHERE at < ?"


def select(
    database: StateDatabase, sections: Sequence[str], target: str | None
) -> Iterator[SavedRecord]:
    """Yield the records that are saved now, of these sections or of all, the oldest first."""
    last = database.rows("SELECT max(id) FROM aside")[0][0]
    rows = database.pages(SELECT, {**section_values(sections, target), "last": last})
    return (database.convert(to_saved_record, row) for row in rows)


def section_values(sections: Sequence[str], target: str | None) -> dict[str, Any]:
    """Return the values for OF_SECTIONS."""
    return {"names": json.dumps(list(sections)) if sections else None, "target": target}


def to_row(item: RecordToSave | SavedRecord, run: int, now: float) -> tuple[object, ...]:
    """Return the values for UPSERT, without the section."""
    key = None if item.key is None else encode_key(item.key)
    ident = identity(key, item.fetched, item.reason)
    texts = (
        item.outcome,
        escape_surrogates(item.reason),
        key,
        compress(item.fetched),
        compress(item.mapped),
    )
    return ident, run, *texts, now, now


def identity(key: bytes | None, fetched: str | None = None, reason: str = "") -> bytes:
    """Return what identifies a saved record: its key, else its fetched text, else the reason."""
    if key is not None:
        return b"key " + key
    kind, text = (b"reason ", reason) if fetched is None else (b"fetched ", fetched)
    return kind + blake2b(escape_surrogates(text).encode(), digest_size=16).digest()
