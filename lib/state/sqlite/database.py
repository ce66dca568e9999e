"""A connection to the state database: transactions, threads, and translated errors."""

from __future__ import annotations

import logging
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from lib.errors import ConfigurationError, ConnectorError, StateUnreadable

log = logging.getLogger(__name__)

# How many rows are in memory at once where there may be many of them.
PAGE = 200

Row = tuple[Any, ...]
T = TypeVar("T")
Values = Sequence[Any] | Mapping[str, Any]

UNUSABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
# Exceptions that mean that a row contains a value that this program did not write.
INVALID_ROW = (ValueError, TypeError, AttributeError, zlib.error)
HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


RESTORE = "Restore the file from a backup, or move it away to start with an empty one"


class InvalidRow(sqlite3.DatabaseError):
    """A row contains a value that this program did not write."""


class StateDatabase:
    """A connection that threads share: while one has a transaction, the others wait.

    All methods raise ConnectorError, or StateUnreadable if the file was opened for reading only.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, *, reading: bool = False
    ) -> None:
        self._translate_errors = partial(translate_sqlite_errors, path, reading=reading)
        self._connection = connection
        self._lock = RLock()
        self._lasting = True  # as it was opened

    def close(self) -> None:
        with self._lock, self._translate_errors():
            self._connection.close()

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """Return all rows of a query; for queries with few rows."""
        with self._lock, self._translate_errors():
            return self._connection.execute(sql, values).fetchall()

    def convert(self, make: Callable[[Row], T], row: Row) -> T:
        """Return `make(row)`; raises ConnectorError if the row contains invalid values."""
        try:
            return make(row)
        except INVALID_ROW as error:
            with self._translate_errors():
                raise InvalidRow(str(error)) from None

    def pages(self, sql: str, values: Mapping[str, Any]) -> Iterator[Row]:
        """Yield the rows of a query with many rows; others may write in between.

        The query must select `:page` rows whose first column is above `:after`, ordered by it.
        """
        after = 0
        while page := self.rows(sql, {**values, "after": after, "page": PAGE}):
            yield from page
            after = page[-1][0]

    def write(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        """Execute a statement; the cursor has the number of changed rows, or the new row's id."""
        with self.transaction(), self._translate_errors():
            return self._connection.execute(sql, values)

    def write_many(self, sql: str, values: Iterable[Values]) -> None:
        """Execute a statement once for each of the values."""
        with self.transaction(), self._translate_errors():
            self._connection.executemany(sql, values)

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[None]:
        """Commit what is written within the block as a whole; an error, or Ctrl-C, rolls it back.

        Inside of another transaction, the block is a part of that one. A transaction that is not
        `lasting` does not wait for the disk: a power loss may undo it (the end of the program may
        not), until a lasting one follows.
        """
        with self._lock:
            if self._has_begun():
                yield
                return
            try:
                self._wait_for_the_disk(lasting)
                self._execute("BEGIN IMMEDIATE")
                yield
                self._execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.rollback()
                raise

    def _wait_for_the_disk(self, lasting: bool) -> None:
        if lasting != self._lasting:
            self._lasting = False  # lest Ctrl-C leaves it unsaid
            self._execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._lasting = lasting

    def _has_begun(self) -> bool:
        with self._translate_errors():
            return self._connection.in_transaction

    def _execute(self, statement: str) -> None:
        with self._translate_errors():
            self._connection.execute(statement)


@contextmanager
def translate_sqlite_errors(path: Path, *, reading: bool = False) -> Iterator[None]:
    """Raise errors of SQLite about this file as a ConnectorError.

    With `reading`, they are all raised as StateUnreadable.
    """
    try:
        yield
    except sqlite3.Error as error:
        log.debug("%s: %r", path, error)
        translated = _connector_error(error, str(path))
        if reading:
            what, where, fix = translated.what, translated.where, translated.fix
            translated = StateUnreadable(what, where=where, fix=fix)
        raise translated from None


def _connector_error(error: sqlite3.Error, where: str) -> ConnectorError:
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    code = extended & 0xFF
    if code in UNUSABLE:
        return ConfigurationError(
            "state: cannot write the state database",
            where=where,
            fix="Make the file and its folder writable for the account that runs the connector",
        )
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigurationError(
            "state: the file is not a state database",
            where=where,
            fix="Set state to another file, or move this file away to start with an empty one",
        )
    if code == sqlite3.SQLITE_CORRUPT or isinstance(error, InvalidRow):
        what = "the state database is damaged"
        fix = RESTORE
    elif code == sqlite3.SQLITE_FULL or extended == sqlite3.SQLITE_IOERR_SHMSIZE:
        what = "cannot write the state database, because the disk is full"
        fix = "Free disk space, then run again"
    elif code in HELD:
        what = "another program has locked the state database"
        fix = "Close the program that has the file open, then run again"
    else:
        name = getattr(error, "sqlite_errorname", "")
        what = f"cannot read or write the state database{f' ({name})' if name else ''}"
        in_disk = code == sqlite3.SQLITE_IOERR
        fix = "Check that the disk and the file system have no errors" if in_disk else RESTORE
    return ConnectorError(f"state: {what}", where=where, fix=fix)
