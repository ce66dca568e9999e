"""The state that survives a run: past runs, sent and saved records, locks, and checkpoints.

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
from lib.state.keys import Ranked, RunKeys
from lib.state.readonly import NullLedger, ReadOnlyLedger
from lib.state.rows import (
    Change,
    FieldCount,
    Known,
    Missing,
    PastRun,
    RecordToSave,
    SavedRecord,
    SharedKey,
    SharedKeys,
    StoredText,
    compress,
    decompress,
)
from lib.state.section import SectionLedger
from lib.state.store import Store

__all__ = [
    "Change",
    "CheckpointFile",
    "FieldCount",
    "Known",
    "Missing",
    "NullLedger",
    "PastRun",
    "Ranked",
    "ReadOnlyLedger",
    "RecordToSave",
    "RunKeys",
    "SavedRecord",
    "SectionLedger",
    "SharedKey",
    "SharedKeys",
    "Store",
    "StoredText",
    "compress",
    "decompress",
    "open_run_keys",
    "open_store",
    "open_to_read",
]


def open_store(path: Path) -> Store:
    """Open the store in this file; create the file if it does not exist.

    Raises ConfigurationError where the file cannot be used, and ConnectorError for what else keeps
    it from being read or written; so do the methods of what it gives.
    """
    from lib.state.sqlite import SqliteStore

    return SqliteStore(path)


def open_to_read(path: Path) -> Store:
    """Open the store in this file for reading only; it is empty if the file does not exist.

    Makes no file. Raises ConfigurationError for a file that is something else.
    """
    from lib.state.sqlite import ReadOnlySqliteStore

    return ReadOnlySqliteStore(path)


def open_run_keys() -> RunKeys:
    """Open a temporary file for the keys of one run; it is deleted when it is closed.

    Raises ConnectorError if it cannot be made.
    """
    from lib.state.sqlite.keyfile import KeyFile

    return KeyFile()
