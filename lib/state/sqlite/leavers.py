"""Records that are missing in several runs in a row, and those of which Oomnitza was informed."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from lib.state.rows import Missing, encode_key, to_missing
from lib.state.sqlite.database import StateDatabase

# The runs to compare with begin where the fingerprint last changed.
CHAIN = (
    "SELECT fingerprint, since FROM run WHERE section = :section AND id < :run"
    " AND fingerprint != '' ORDER BY id DESC LIMIT 1"
)
# The latest runs that read and delivered everything.
CLEAN = (
    "SELECT id FROM run WHERE section = :section AND id < :run AND state = 'complete'"
    " AND fingerprint = :fingerprint AND coalesce(json_extract(counts, '$.unreadable'), 0) = 0"
    " AND coalesce(json_extract(counts, '$.rejected'), 0) = 0 ORDER BY id DESC LIMIT :number"
)
LEAVERS = (
    "SELECT id, key, fields, seen_at, 0 FROM record WHERE id > :after AND +section = :section"
    " AND seen >= :since AND seen < :bound AND id NOT IN (SELECT record FROM leaver)"
    " ORDER BY id LIMIT :page"
)
LEFT = (
    "INSERT OR REPLACE INTO leaver (record, at)"
    " SELECT id, ? FROM record WHERE section = ? AND key = ?"
)
DISTRUST = "UPDATE record SET digest = x'' WHERE section = ? AND key = ?"
ANY = "SELECT 1 FROM leaver LIMIT 1"
RETURNED = "DELETE FROM leaver WHERE record = (SELECT id FROM record WHERE section = ? AND key = ?)"
# Later than any run.
NEXT_RUN = 2**62


def select_leavers(
    database: StateDatabase, section: int, run: int | None, fingerprint: str, after: int
) -> Iterator[Missing]:
    """Yield what `SectionLedger.leavers` does."""
    values = {"section": section, "run": run or NEXT_RUN, "fingerprint": fingerprint}
    chain = database.rows(CHAIN, {key: values[key] for key in ("section", "run")})
    if not chain or chain[0][0] != fingerprint or chain[0][1] is None:
        return
    clean = database.rows(CLEAN, values | {"number": after - 1}) if after > 1 else []
    if len(clean) < after - 1:
        return
    bound = clean[-1][0] if clean else values["run"]
    span = {"section": section, "since": chain[0][1], "bound": bound}
    for row in database.pages(LEAVERS, span):
        yield database.convert(to_missing, row)


def distrust(database: StateDatabase, section: int, keys: Iterable[str]) -> None:
    """Treat records as changed, so that they are sent if the source has them again."""
    database.write_many(DISTRUST, ((section, encode_key(key)) for key in keys))


def note_left(database: StateDatabase, section: int, keys: Iterable[str]) -> None:
    """Record that Oomnitza was informed about missing records."""
    keys = list(keys)
    with database.transaction():
        database.write_many(LEFT, ((time.time(), section, encode_key(key)) for key in keys))
        distrust(database, section, keys)


def note_returned(database: StateDatabase, section: int, keys: Iterable[bytes]) -> None:
    """Record that records are no longer missing; `keys` are as they are stored."""
    if database.rows(ANY):  # mostly there is none
        database.write_many(RETURNED, ((section, key) for key in keys))
