"""What a run remembers of earlier runs and leaves for later ones: a section's part of the ledger.

Its twins here stand in where nothing is to be written (testmode), or nothing is kept at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from lib.ledger import Aside, Known, NewAside, Packed, PastRun


class Book(Protocol):
    """What `lib.ledger.SectionLedger` does for a run."""

    run: int | None  # once it was begun

    def begin(self) -> int: ...
    def describe(self, *, fingerprint: str, full: bool) -> None: ...
    def opened(self, portion: str) -> None: ...
    def closed(self, run: int | None = None) -> None: ...
    def end(
        self,
        state: str,
        counts: Mapping[str, int],
        error: str = "",
        retries: int = 0,
    ) -> None: ...
    def left_running(self) -> list[PastRun]: ...
    def left_open(self) -> list[PastRun]: ...
    def last_complete(self) -> PastRun | None: ...
    def last_full(self) -> float | None: ...
    def known(self, keys: Sequence[str]) -> dict[str, Known]: ...
    def last_sent(self, known: Known) -> dict[str, Any] | None: ...
    def sent(self, items: Iterable[tuple[str, bytes, Packed]]) -> None: ...
    def seen(self, keys: Iterable[str]) -> None: ...
    def seen_again(self, records: Iterable[Known]) -> None: ...
    def put_aside(self, items: Iterable[NewAside]) -> None: ...
    def clear(self, ids: Iterable[int]) -> None: ...
    def asides(self) -> Iterator[Aside]: ...
    def count_missing(self) -> int: ...
    def batch(self, *, lasting: bool = True) -> AbstractContextManager[None]: ...


class NoBook:
    """Remembers nothing."""

    run: int | None = None

    def begin(self) -> int:
        return 0

    def describe(self, *, fingerprint: str, full: bool) -> None: ...

    def opened(self, portion: str) -> None: ...

    def closed(self, run: int | None = None) -> None: ...

    def end(
        self,
        state: str,
        counts: Mapping[str, int],
        error: str = "",
        retries: int = 0,
    ) -> None: ...

    def left_running(self) -> list[PastRun]:
        return []

    def left_open(self) -> list[PastRun]:
        return []

    def last_complete(self) -> PastRun | None:
        return None

    def last_full(self) -> float | None:
        return None

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        return {}

    def last_sent(self, known: Known) -> dict[str, Any] | None:
        return None

    def sent(self, items: Iterable[tuple[str, bytes, Packed]]) -> None: ...

    def seen(self, keys: Iterable[str]) -> None: ...

    def seen_again(self, records: Iterable[Known]) -> None: ...

    def put_aside(self, items: Iterable[NewAside]) -> None: ...

    def clear(self, ids: Iterable[int]) -> None: ...

    def asides(self) -> Iterator[Aside]:
        return iter(())

    def count_missing(self) -> int:
        return 0

    def batch(self, *, lasting: bool = True) -> AbstractContextManager[None]:
        return nullcontext()


class OpenBook(NoBook):
    """Lets a run look at what earlier ones have written, and writes nothing."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def last_complete(self) -> PastRun | None:
        return self._book.last_complete()

    def last_full(self) -> float | None:
        return self._book.last_full()

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        return self._book.known(keys)

    def last_sent(self, known: Known) -> dict[str, Any] | None:
        return self._book.last_sent(known)

    def asides(self) -> Iterator[Aside]:
        return self._book.asides()
