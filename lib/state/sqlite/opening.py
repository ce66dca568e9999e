"""Opening the ledger's file, and what is in a new one.

It is an SQLite database in WAL mode, synchronous with the disk at the end of each lasting
transaction: a power loss leaves all of it, or nothing. WAL needs a local disk, not a network share.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from lib.errors import ConfigurationError
from lib.state.sqlite.database import HELD, Database, in_words

log = logging.getLogger(__name__)

# Seconds to wait for other processes.
BUSY_TIMEOUT = 30.0
# "OomC", by which a file is known to be one of ours.
APPLICATION = 0x4F6F6D43
VERSION = 1

SCHEMA = (
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
    # With row ids, records lie in the order in which they first came, in which most sources give
    # them again: a batch touches few pages. In the order of their keys it would touch one for each.
    "CREATE TABLE record ("
    " id INTEGER PRIMARY KEY, section INTEGER NOT NULL, key BLOB NOT NULL, digest BLOB NOT NULL,"
    " fields, seen INTEGER NOT NULL, seen_at REAL NOT NULL, UNIQUE (section, key))",
    "CREATE TABLE aside ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, section INTEGER NOT NULL, identity BLOB NOT NULL,"
    " run INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, key BLOB, fetched, mapped,"
    " first_at REAL NOT NULL, at REAL NOT NULL, times INTEGER NOT NULL DEFAULT 1,"
    " UNIQUE (section, identity))",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


def open_file(path: Path) -> Database:
    """Open the file for reading and writing; one that is not there is made, for its owner alone.

    Raises ConfigurationError for a file that cannot be written or is something else.
    """
    _make(path)
    with in_words(path):
        connection = _connect(path, "mode=rw")
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return Database(path, connection)


def open_to_read(path: Path) -> Database:
    """Open the file for reading only; nothing is made that stays.

    A file that is not there, or that this user cannot read, is as good as an empty one. Raises
    ConfigurationError for a file that is something else.
    """
    if path.is_dir():
        raise ConfigurationError(
            "state: it is a folder, not a file", where=str(path), fix="Name another file"
        )
    reason = None
    with in_words(path):
        for mode in _modes(path) if _has_content(path) else ():
            try:
                return _reader(path, mode)
            except sqlite3.OperationalError as error:
                reason = error
    if reason:
        log.warning("%s: the state cannot be read (%s); it is taken as empty", path, reason)
    return _nothing(path)


def _make(path: Path) -> None:
    # Only a new one: closing a file takes away all locks that this process has on it.
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigurationError(
            f"state: the file cannot be made ({error.strerror})",
            where=str(path),
            fix="Name one in a folder that the user who runs this may write to",
        ) from None


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # Before anything is written to what may be another program's.
    connection.execute("BEGIN")
    _is_new(connection, path)
    connection.execute("COMMIT")
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    # Where there is no room for temporary files, records are set aside all the same.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("BEGIN IMMEDIATE")
    if _is_new(connection, path):
        _fill(connection)
    connection.execute("COMMIT")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Wait for others who do the same to a new file; SQLite does not wait here by itself."""
    until = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in HELD or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _fill(connection: sqlite3.Connection) -> None:
    for statement in SCHEMA:
        connection.execute(statement)


def _is_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether nothing is in the file yet. Raises ConfigurationError unless it is one of ours.

    To be asked within a transaction, since another process may be filling it.
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
            f"state: the file was written by a newer version of this program (form {version},"
            f" where this one knows {VERSION})",
            where=str(path),
            fix="Update this program, or name another file",
        )
    if application != APPLICATION and (application or version or tables):
        raise ConfigurationError(
            "state: the file is the database of another program",
            where=str(path),
            fix="Name another file",
        )
    return bool(application != APPLICATION)


def _modes(path: Path) -> Iterator[str]:
    """The ways in which it may be read without leaving a trace, the best one first.

    A connection that could write tidies up behind itself; one that cannot leaves the files of the
    WAL behind, unless they are there already. A file that nobody has open is whole without them.
    """
    if os.access(path, os.W_OK):
        yield "mode=rw"
    if path.with_name(f"{path.name}-shm").exists():
        yield "mode=ro"
    elif not _has_content(path.with_name(f"{path.name}-wal")):
        yield "mode=ro&immutable=1"


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _reader(path: Path, mode: str) -> Database:
    connection = _connect(path, mode)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("BEGIN")
        is_new = _is_new(connection, path)
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    if is_new:
        connection.close()
        return _nothing(path)
    return Database(path, connection)


def _nothing(path: Path) -> Database:
    """An empty ledger that is in no file."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _fill(connection)
    connection.execute("PRAGMA query_only = ON")
    return Database(path, connection)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=BUSY_TIMEOUT,
        isolation_level=None,  # transactions are begun by us
        check_same_thread=False,
    )
