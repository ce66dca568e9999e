"""Open the state database for writing, and upgrade it to the current schema.

It is an SQLite database in WAL mode, synchronous with the disk at the end of each lasting
transaction: a power loss leaves all of it, or nothing. WAL needs a local disk, not a network share.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from lib.errors import ConfigurationError
from lib.state.sqlite import schema
from lib.state.sqlite.database import HELD, StateDatabase, translate_sqlite_errors

# Seconds to wait for other processes.
BUSY_TIMEOUT = 30.0


def open_file(path: Path) -> StateDatabase:
    """Open the file for reading and writing; create it, for its owner only, if it does not exist.

    Raises ConfigurationError for a file that cannot be written or is something else.
    """
    _make(path)
    with translate_sqlite_errors(path):
        connection = connect(path, "mode=rw")
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return StateDatabase(path, connection)


def _make(path: Path) -> None:
    # Only a new one: closing a file takes away all locks that this process has on it.
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if path.is_dir():
            raise ConfigurationError(
                "state: this is a folder, not a file", where=str(path), fix="Set state to a file"
            ) from None
    except OSError as error:
        raise ConfigurationError(
            f"state: cannot create the state database ({error.strerror})",
            where=str(path),
            fix="Set state to a file in a local folder that the connector can write to",
        ) from None


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # Before anything is written to what may be another program's.
    connection.execute("BEGIN")
    schema.version_of(connection, path)
    connection.execute("COMMIT")
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    # Where there is no room for temporary files, records are saved for resend all the same.
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("BEGIN IMMEDIATE")
    schema.upgrade(connection, path)
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


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Return a connection in this mode of SQLite, which waits for other processes."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=BUSY_TIMEOUT,
        isolation_level=None,  # transactions are begun by us
        check_same_thread=False,
    )
