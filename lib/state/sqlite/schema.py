"""The schema of the state database in each version, and the steps that upgrade it."""

from __future__ import annotations

import logging
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from lib.errors import ConfigurationError, ConnectorError, StateUnreadable

log = logging.getLogger(__name__)

# "OomC", by which a file is known to be one of ours.
APPLICATION = 0x4F6F6D43

# Each step brings a file to the next version; the first one fills a new file. What was released is
# never changed. Steps so far add tables; a reader replaces them with `add_temporary_tables`.
STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE section ("
        " id INTEGER PRIMARY KEY, name TEXT NOT NULL, target TEXT NOT NULL, UNIQUE (name, target))",
        # `since` is the first complete run since the fingerprint last changed.
        "CREATE TABLE run ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT, section INTEGER NOT NULL, state TEXT NOT NULL,"
        " started REAL NOT NULL, ended REAL, fingerprint TEXT NOT NULL, full INTEGER NOT NULL,"
        " counts TEXT NOT NULL DEFAULT '{}', error TEXT NOT NULL DEFAULT '',"
        " retries INTEGER NOT NULL DEFAULT 0, pid INTEGER NOT NULL, host TEXT NOT NULL,"
        " version TEXT NOT NULL, portion TEXT, opened REAL, closed REAL, since INTEGER)",
        "CREATE INDEX run_section ON run (section)",
        # With row ids, records lie in the order in which they first came, in which most sources
        # give them again: a batch touches few pages. In the order of their keys it would touch one
        # for each.
        "CREATE TABLE record ("
        " id INTEGER PRIMARY KEY, section INTEGER NOT NULL, key BLOB NOT NULL,"
        " digest BLOB NOT NULL, fields, seen INTEGER NOT NULL, seen_at REAL NOT NULL,"
        " UNIQUE (section, key))",
        "CREATE TABLE aside ("
        " id INTEGER PRIMARY KEY AUTOINCREMENT, section INTEGER NOT NULL, identity BLOB NOT NULL,"
        " run INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, key BLOB, fetched,"
        " mapped, first_at REAL NOT NULL, at REAL NOT NULL, times INTEGER NOT NULL DEFAULT 1,"
        " UNIQUE (section, identity))",
        f"PRAGMA application_id = {APPLICATION}",
    ),
    (
        # Up to which `moment` a source was read; a section has one for each `scope`.
        "CREATE TABLE checkpoint ("
        " section INTEGER NOT NULL, scope TEXT NOT NULL, moment REAL NOT NULL, at REAL NOT NULL,"
        " PRIMARY KEY (section, scope)) WITHOUT ROWID",
    ),
    (
        # In how many records of a run a field was `filled`, and its `mapping` then.
        "CREATE TABLE field ("
        " run INTEGER NOT NULL, name TEXT NOT NULL, filled INTEGER NOT NULL, mapping TEXT NOT NULL,"
        " PRIMARY KEY (run, name)) WITHOUT ROWID",
        # The `fields` that a run changed in a record, as JSON: {"FIELD": [before, after]}.
        "CREATE TABLE change ("
        " run INTEGER NOT NULL, key BLOB NOT NULL, fields NOT NULL,"
        " PRIMARY KEY (run, key)) WITHOUT ROWID",
        # Each `record` that is missing in the source, and of which Oomnitza was informed.
        "CREATE TABLE leaver (record INTEGER PRIMARY KEY, at REAL NOT NULL)",
        # Files that were read once, each with its size and the time of its change.
        "CREATE TABLE accepted_file ("
        " section INTEGER NOT NULL, scope TEXT NOT NULL, file TEXT NOT NULL, at REAL NOT NULL,"
        " PRIMARY KEY (section, scope, file)) WITHOUT ROWID",
    ),
)
VERSION = len(STEPS)


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema version of the file; 0 for an empty file.

    To be asked within a transaction, since another process may be changing it. Raises
    ConfigurationError for a newer version, and for what is no file of ours.
    """
    application, version, tables = (
        connection.execute(sql).fetchone()[0]
        for sql in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            "SELECT count(*) FROM sqlite_master",
        )
    )
    if application == APPLICATION and version > VERSION:
        raise ConfigurationError(
            "state: the state database was written by a newer version of the connector"
            f" (schema {version}; this version supports up to {VERSION})",
            where=str(path),
            fix="Update the connector, or set state to another file",
        )
    if application != APPLICATION and (application or version or tables):
        raise StateUnreadable(
            "state: the file is a database of another program",
            where=str(path),
            fix="Set state to another file",
        )
    return int(version) if application == APPLICATION else 0


def upgrade(connection: sqlite3.Connection, path: Path) -> None:
    """Upgrade the file to the current version, within a transaction that may write.

    A file that has to be changed is copied before, to its name with `.v1` (the number of its
    version) at the end. Until the transaction is over, the file is as it was.
    """
    version = version_of(connection, path)
    if version == VERSION:
        return
    if version:
        copy = path.with_name(f"{path.name}.v{version}")
        try:
            _copy(path, copy)
        except OSError as error:
            raise ConnectorError(
                f"state: cannot copy the state database before its upgrade ({error.strerror})",
                where=str(copy),
                fix="Free disk space, and check that the connector can write to the folder",
            ) from None
        log.info(
            "%s: state database upgraded from schema %d to %d. The old file was saved as %s",
            path,
            version,
            VERSION,
            copy,
        )
    for step in STEPS[version:]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def add_temporary_tables(connection: sqlite3.Connection, version: int) -> None:
    """Create temporary empty tables for those that an older file does not have."""
    for step in STEPS[version:]:
        for statement in step:
            connection.execute(statement.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))


def _copy(path: Path, to: Path) -> None:
    """Copy all that is in the file, for its owner alone; either as a whole or not at all.

    By a connection of its own: SQLite copies for none that is about to write.
    """
    unfinished = to.with_name(f"{to.name}.new")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(unfinished)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")  # until it has its name, it may be half
            now.backup(copy)
        unfinished.replace(to)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
