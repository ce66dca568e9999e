"""The twins of a section's ledger: one that keeps nothing, and one that only reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from lib.state.rows import Aside, Known, Missing, NewAside, Packed, PastRun
from lib.state.section import SectionLedger


class NullLedger:
    """Keeps nothing, and knows of nothing."""

    run: int | None = None

    def begin(self) -> int:
        return 0

    def describe(self, *, fingerprint: str, full: bool) -> None: ...

    def opened(self, portion: str) -> None: ...

    def closed(self, run: int | None = None) -> None: ...

    def end(
        self, state: str, counts: Mapping[str, int], error: str = "", retries: int = 0
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

    def forget(self, keys: Iterable[str]) -> None: ...

    def put_aside(self, items: Iterable[NewAside | Aside]) -> None: ...

    def clear(self, ids: Iterable[int]) -> None: ...

    def asides(self) -> Iterator[Aside]:
        return iter(())

    def missing(self) -> Iterator[Missing]:
        return iter(())

    def count_missing(self) -> int:
        return 0

    def batch(self, *, lasting: bool = True) -> AbstractContextManager[None]:
        return nullcontext()


class ReadOnlyLedger(NullLedger):
    """Lets a run look at what earlier ones have written, and writes nothing."""

    def __init__(self, ledger: SectionLedger) -> None:
        self._ledger = ledger

    def last_complete(self) -> PastRun | None:
        return self._ledger.last_complete()

    def last_full(self) -> float | None:
        return self._ledger.last_full()

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        return self._ledger.known(keys)

    def last_sent(self, known: Known) -> dict[str, Any] | None:
        return self._ledger.last_sent(known)

    def asides(self) -> Iterator[Aside]:
        return self._ledger.asides()
