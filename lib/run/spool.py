"""A queue for records that are held back, on disk beyond a small size."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from tempfile import TemporaryFile, gettempdir
from typing import IO, Any

from lib.errors import ConnectorError

# How many bytes stay in memory, and go to the file at once.
IN_MEMORY = 4_000_000


class Spool:
    """A queue of objects that can be pickled; its length is the number of objects in it.

    To iterate over it takes them out, in the order in which they came; what one iteration leaves,
    another one takes out. When the disk is full, adding raises ConnectorError, and all that was
    added still waits. (SpooledTemporaryFile would lose what it holds then.)
    """

    def __init__(self) -> None:
        self._waiting = 0
        self._first: deque[bytes] = deque()  # to be taken out next
        self._blocks: deque[tuple[int, int]] = deque()  # begin and size of those in the file
        self._last: list[bytes] = []  # those that came last
        self._last_size = 0
        self._file: IO[bytes] | None = None
        self._end = 0  # of the file

    def add(self, *items: Any) -> None:
        """Add objects at the end of the queue. Raises ConnectorError if the disk is full."""
        pickled = [pickle.dumps(item) for item in items]
        self._last += pickled
        self._last_size += sum(map(len, pickled))
        self._waiting += len(items)
        if self._last_size >= IN_MEMORY:
            try:
                self._store(pickle.dumps(self._last))
            except OSError as error:
                raise _spool_error("write", error) from None
            self._last, self._last_size = [], 0

    def __len__(self) -> int:
        return self._waiting

    def __iter__(self) -> Iterator[Any]:
        while self._waiting:
            if not self._first:
                self._advance()
            self._waiting -= 1
            yield pickle.loads(self._first.popleft())  # noqa: S301  it is what was added

    def close(self) -> None:
        """Discard what is in the queue; may be called more than once."""
        self._waiting = 0
        if self._file:
            with suppress(OSError):
                self._file.close()

    def _store(self, block: bytes) -> None:
        if self._file is None:
            # Without a buffer, so that it is known what was written. Other users cannot read it.
            self._file = TemporaryFile(buffering=0)  # noqa: SIM115
        self._file.seek(self._end)
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._blocks.append((self._end, len(block)))
        self._end += len(block)

    def _advance(self) -> None:
        if self._file and self._blocks:
            begin, size = self._blocks[0]
            try:
                self._file.seek(begin)
                block = self._file.read(size)
            except OSError as error:
                raise _spool_error("read", error) from None
            self._first = deque(pickle.loads(block))  # noqa: S301  it is what was stored
            self._blocks.popleft()
        else:
            self._first, self._last, self._last_size = deque(self._last), [], 0


def _spool_error(action: str, error: OSError) -> ConnectorError:
    return ConnectorError(
        f"cannot {action} the temporary file of records to be sent ({error.strerror})",
        where=gettempdir(),
        fix="Free space in this folder, or set the environment variable TMPDIR to another folder",
    )
