"""Open the state database for reading only, without leaving files behind."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from lib.errors import StateUnreadable
from lib.state.sqlite import schema
from lib.state.sqlite.database import StateDatabase, translate_sqlite_errors
from lib.state.sqlite.opening import connect

log = logging.getLogger(__name__)

# By SQLite's code for an error.
REASONS = {
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_READONLY: "permission denied",
    sqlite3.SQLITE_BUSY: "another program has locked it",
    sqlite3.SQLITE_LOCKED: "another program has locked it",
    sqlite3.SQLITE_IOERR: "the disk reported an error",
}


def open_file_to_read(path: Path) -> StateDatabase:
    """Open the file for reading only; a file that does not exist counts as empty.

    Raises StateUnreadable for a file that cannot be read or is something else, and
    ConfigurationError for one of a newer version.
    """
    if _is_empty(path):
        return _nothing(path)
    if path.is_dir():
        raise StateUnreadable(
            "state: this is a folder, not a file", where=str(path), fix="Set state to a file"
        )
    reason = "to include the changes of the last run, write access is needed"
    with translate_sqlite_errors(path, reading=True):
        for mode in _modes(path):
            try:
                return _reader(path, mode)
            except sqlite3.OperationalError as error:
                log.debug("%s: %r", path, error)
                reason = REASONS.get(error.sqlite_errorcode & 0xFF, error.sqlite_errorname)
    raise _unreadable(path, reason)


def _modes(path: Path) -> Iterator[str]:
    """The ways in which it may be read without leaving a trace, the best one first.

    A connection that could write tidies up behind itself; one that cannot leaves the files of the
    WAL behind, unless they are there already. A closed file is complete without them.
    """
    if os.access(path, os.W_OK):
        yield "mode=rw"
    if path.with_name(f"{path.name}-shm").exists():
        yield "mode=ro"
    elif _is_empty(path.with_name(f"{path.name}-wal")):
        yield "mode=ro&immutable=1"


def _is_empty(path: Path) -> bool:
    """Whether nothing is there; raises StateUnreadable where that cannot be seen."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    return stat.S_ISREG(status.st_mode) and not status.st_size


def _reader(path: Path, mode: str) -> StateDatabase:
    connection = connect(path, mode)
    try:
        connection.execute("BEGIN")
        version = schema.version_of(connection, path)
        connection.execute("COMMIT")
        connection.execute("PRAGMA temp_store = MEMORY")
        if version:
            schema.add_temporary_tables(connection, version)
        connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    if not version:
        connection.close()
        return _nothing(path)
    return StateDatabase(path, connection, reading=True)


def _nothing(path: Path) -> StateDatabase:
    """An empty store that is in no file."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    schema.upgrade(connection, path)
    connection.execute("PRAGMA query_only = ON")
    return StateDatabase(path, connection, reading=True)


def _unreadable(path: Path, reason: str) -> StateUnreadable:
    return StateUnreadable(
        f"state: cannot read the state database ({reason})",
        where=str(path),
        fix="Run the command as the user who runs the connector, or set state to another file",
    )
