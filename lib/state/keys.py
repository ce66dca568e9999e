"""The interface of the keys of one run, which are kept only until it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from lib.state.rows import SharedKeys, StoredText


class Ranked(NamedTuple):
    """A record of a run: its key, its position, its rank among records with that key, and its text.

    Of records with the same key, the one with the highest rank wins; of equal ranks, the later one.
    """

    key: str
    position: int
    rank: float
    text: StoredText


class RunKeys(Protocol):
    """Finds the records of one run that have the same key; to be closed.

    All methods raise ConnectorError if the keys cannot be stored.
    """

    def rank(self, records: Sequence[Ranked]) -> set[int]:
        """Add records, and return the positions of those that another one has won against.

        These can be records of an earlier call.
        """

    def winners(self, keys: Sequence[str]) -> dict[str, int]:
        """Return the position of the record that has won so far, by key."""

    def shared(self) -> Iterator[tuple[str, int]]:
        """Yield each key that several records have, and how many."""

    def shared_keys(self, examples: int = 3) -> SharedKeys:
        """Return how many keys and records these are, with the most frequent keys as examples."""

    def close(self) -> None: ...
