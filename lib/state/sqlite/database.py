"""A connection to the file: transactions, threads, and SQLite's errors in words."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from lib.errors import ConfigurationError, ConnectorError, StateUnreadable

# How many rows are in memory at once where there may be many of them.
PAGE = 200

Row = tuple[Any, ...]
T = TypeVar("T")
Values = Sequence[Any] | Mapping[str, Any]

UNUSABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
# What is raised when a text, a number or packed bytes are not what was once written.
ROTTEN = (ValueError, TypeError, AttributeError, zlib.error)
HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Rotten(sqlite3.DatabaseError):
    """A row holds what was never written to it."""


class Database:
    """A connection for several threads; what one does in a transaction, the others wait for."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, *, reading: bool = False
    ) -> None:
        self._in_words = partial(in_words, path, reading=reading)
        self._connection = connection
        self._lock = RLock()
        self._lasting = True  # as it was opened

    def close(self) -> None:
        with self._lock, self._in_words():
            self._connection.close()

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """All rows that a query finds; for queries that cannot find many."""
        with self._lock, self._in_words():
            return self._connection.execute(sql, values).fetchall()

    def made(self, make: Callable[[Row], T], row: Row) -> T:
        """What is made of a row that was read."""
        try:
            return make(row)
        except ROTTEN as error:
            with self._in_words():
                raise Rotten(str(error)) from None

    def pages(self, sql: str, values: Mapping[str, Any]) -> Iterator[Row]:
        """Yield the rows of a query that may find many; in between, anybody may write.

        It has to ask for `:page` rows whose first column is above `:after`, in the order of that.
        """
        after = 0
        while page := self.rows(sql, {**values, "after": after, "page": PAGE}):
            yield from page
            after = page[-1][0]

    def write(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        """Carry out a statement; the cursor tells how many rows it changed, or the new row's id."""
        with self.transaction(), self._in_words():
            return self._connection.execute(sql, values)

    def write_many(self, sql: str, values: Iterable[Values]) -> None:
        """Carry out a statement once for each of the values."""
        with self.transaction(), self._in_words():
            self._connection.executemany(sql, values)

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[None]:
        """What is written within it takes effect as a whole at its end, or not at all.

        Inside of another one it is a part of that. An error, or Ctrl-C, undoes it. One that is not
        `lasting` does not wait for the disk: a power loss may take it back (the end of the program
        may not), until a lasting one follows.
        """
        with self._lock:
            if self._has_begun():
                yield
                return
            try:
                self._wait_for_the_disk(lasting)
                self._run("BEGIN IMMEDIATE")
                yield
                self._run("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.rollback()
                raise

    def _wait_for_the_disk(self, lasting: bool) -> None:
        if lasting != self._lasting:
            self._lasting = False  # lest Ctrl-C leaves it unsaid
            self._run(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._lasting = lasting

    def _has_begun(self) -> bool:
        with self._in_words():
            return self._connection.in_transaction

    def _run(self, statement: str) -> None:
        with self._in_words():
            self._connection.execute(statement)


@contextmanager
def in_words(path: Path, *, reading: bool = False) -> Iterator[None]:
    """Turn what SQLite raises about this file into a ConnectorError.

    Who is only `reading` gets StateUnreadable, whatever it is.
    """
    try:
        yield
    except sqlite3.Error as error:
        told = _worded(error, str(path))
        if reading:
            told = StateUnreadable(told.what, where=told.where, fix=told.fix)
        raise told from None


def _worded(error: sqlite3.Error, where: str) -> ConnectorError:
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    code = extended & 0xFF
    if code in UNUSABLE:
        return ConfigurationError(
            f"state: the file cannot be written ({error})",
            where=where,
            fix="It and its folder have to be writable by the user who runs this",
        )
    if code == sqlite3.SQLITE_NOTADB:
        return ConfigurationError(
            "state: the file is not a database",
            where=where,
            fix="Name another file, or move this one away to begin with an empty one",
        )
    if code == sqlite3.SQLITE_CORRUPT or isinstance(error, Rotten):
        what, fix = "the state file is damaged", "Move it away to begin with an empty one"
    elif code == sqlite3.SQLITE_FULL or extended == sqlite3.SQLITE_IOERR_SHMSIZE:
        what, fix = "the disk is full, the state cannot be noted", "Make room and run again"
    elif code in HELD:
        what, fix = "the state file is locked", "See which other program has it open"
    else:
        what, fix = "the state cannot be read or noted", "Check the disk"
    return ConnectorError(f"{what} ({error})", where=where, fix=fix)
