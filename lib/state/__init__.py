"""All that survives a run, behind one door: runs, records, saved records, locks, checkpoints.

    with open_store(path) as store, store.lock("ldap"):
        section = store.section("ldap", "https://example.oomnitza.com")
        section.begin()
        section.describe(fingerprint="…", full=True)
        with section.batch():
            section.sent([("ada@example.com", digest, '{"EMAIL": "ada@example.com"}')])
        section.end("complete", {"fetched": 1, "sent": 1})

What belongs to a section belongs to one target, too (the URL of an Oomnitza): the same section
with another target has nothing in common with it. Times are seconds since 1970 in UTC. There is
one kind of store, `lib.state.sqlite`, and nothing outside of this package knows of it.
"""

from __future__ import annotations

from pathlib import Path

from lib.state.checkpointfile import CheckpointFile
from lib.state.rows import (
    Known,
    Missing,
    PastRun,
    RecordToSave,
    SavedRecord,
    StoredText,
    compress,
    decompress,
)
from lib.state.section import SectionLedger
from lib.state.store import Store
from lib.state.twins import NullLedger, ReadOnlyLedger

__all__ = [
    "CheckpointFile",
    "Known",
    "Missing",
    "NullLedger",
    "PastRun",
    "ReadOnlyLedger",
    "RecordToSave",
    "SavedRecord",
    "SectionLedger",
    "Store",
    "StoredText",
    "compress",
    "decompress",
    "open_store",
    "open_to_read",
]


def open_store(path: Path) -> Store:
    """The store in this file, which is made if it is not there.

    Raises ConfigurationError where the file cannot be used, and ConnectorError for what else keeps
    it from being read or written; so do the methods of what it gives.
    """
    from lib.state.sqlite import SqliteStore

    return SqliteStore(path)


def open_to_read(path: Path) -> Store:
    """The store in this file, only to be read: an empty one where there is no file.

    Makes no file. Raises ConfigurationError for a file that is something else.
    """
    from lib.state.sqlite import ReadOnlySqliteStore

    return ReadOnlySqliteStore(path)
