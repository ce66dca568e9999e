"""Ledgers that write nothing: an empty one, and one that only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, TypeVar

from lib.compactset import CompactSet
from lib.errors import StateUnreadable
from lib.state.rows import (
    FieldCount,
    Known,
    Missing,
    PastRun,
    RecordToSave,
    SavedRecord,
    SharedKeys,
    StoredText,
)
from lib.state.section import SectionLedger

T = TypeVar("T")


class NullLedger:
    """A ledger that stores nothing and is always empty."""

    run: int | None = None

    def begin(self) -> int:
        return 0

    def describe(self, *, fingerprint: str, full: bool, legacy: str = "") -> None: ...

    def opened(self, portion: str) -> None: ...

    def closed(self, run: int | None = None) -> None: ...

    def end(
        self, state: str, counts: Mapping[str, int], error: str = "", retries: int = 0
    ) -> None: ...

    def record_fields(self, fields: Iterable[FieldCount]) -> None: ...

    def fields(self, run: int) -> dict[str, FieldCount]:
        return {}

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

    def sent(self, items: Iterable[tuple[str, bytes, StoredText]]) -> None: ...

    def seen(self, keys: Iterable[str]) -> None: ...

    def seen_again(self, records: Iterable[Known]) -> None: ...

    def note_shared(self, keys: Iterable[tuple[str, int]]) -> None: ...

    def shared_keys(self, examples: int = 3) -> SharedKeys:
        return SharedKeys()

    def take_trimmed(self) -> int:
        return 0

    def distrust_run(self) -> None: ...

    def forget(self, keys: Iterable[str]) -> None: ...

    def save_for_resend(self, items: Iterable[RecordToSave | SavedRecord]) -> None: ...

    def clear(self, ids: Iterable[int]) -> None: ...

    def checkpoints(self) -> dict[str, datetime]:
        return {}

    def reach(self, scope: str, reached: datetime) -> None: ...

    def accepted_files(self, scope: str) -> set[str]:
        return set()

    def accept_files(self, scope: str, files: Iterable[str]) -> None: ...

    def saved_records(self) -> Iterator[SavedRecord]:
        return iter(())

    def missing(self) -> Iterator[Missing]:
        return iter(())

    def leavers(self, fingerprint: str, after: int) -> Iterator[Missing]:
        return iter(())

    def distrust(self, keys: Iterable[str]) -> None: ...

    def left(self, keys: Iterable[str]) -> None: ...

    def count_missing(self) -> int:
        return 0

    def restart(self) -> PastRun | None:
        return None

    def count_not_compared(self) -> int:
        return 0

    def batch(self, *, lasting: bool = True) -> AbstractContextManager[None]:
        return nullcontext()


class ReadOnlyLedger(NullLedger):
    """A ledger that reads what earlier runs recorded, and writes nothing.

    If it cannot be read, `unreadable` is called once, and the ledger is empty from then on. Records
    that were seen are remembered while the ledger is open: they are not missing.
    """

    def __init__(
        self, ledger: SectionLedger, unreadable: Callable[[StateUnreadable], None]
    ) -> None:
        self._ledger = ledger
        self._unreadable = unreadable
        self._seen = CompactSet()

    def seen(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._seen.add(key)

    def leavers(self, fingerprint: str, after: int) -> Iterator[Missing]:
        found = self._ledger.leavers(fingerprint, after)
        return (item for item in found if item.key not in self._seen)

    def last_complete(self) -> PastRun | None:
        return self._read(self._ledger.last_complete, None)

    def fields(self, run: int) -> dict[str, FieldCount]:
        return self._read(lambda: self._ledger.fields(run), {})

    def last_full(self) -> float | None:
        return self._read(self._ledger.last_full, None)

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        return self._read(lambda: self._ledger.known(keys), {})

    def last_sent(self, known: Known) -> dict[str, Any] | None:
        return self._read(lambda: self._ledger.last_sent(known), None)

    def checkpoints(self) -> dict[str, datetime]:
        return self._read(self._ledger.checkpoints, {})

    def accepted_files(self, scope: str) -> set[str]:
        return self._read(lambda: self._ledger.accepted_files(scope), set())

    def saved_records(self) -> Iterator[SavedRecord]:
        return self._ledger.saved_records()

    def _read(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except StateUnreadable as error:
            self._unreadable(error)
            self._ledger = NullLedger()
            return otherwise
