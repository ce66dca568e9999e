"""Where a run gets its records from: the source, or the records saved for resend."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing
from typing import Any, Protocol

from lib.connector import Connector, Projection, SourceItem
from lib.run.tally import Outcome
from lib.state import SectionLedger
from lib.wording import counted

# A record or what became of it, and its number if it had been saved for resend.
Read = tuple[SourceItem, int | None]


class Records(Protocol):
    """The records of a run; `complete` is True once the whole source was read."""

    complete: bool

    @property
    def expected(self) -> int | None:
        """The number of records, if it is known."""

    def read(self) -> Generator[Read, None, None]:
        """Yield each record, with its id if it had been saved for resend. To be called once."""

    def commit_checkpoint(self, *, incomplete: bool) -> None:
        """Store the checkpoint, after a run of which every record was accepted or `incomplete`."""


class FreshRecords:
    """The records that the source has now."""

    def __init__(self, source: Connector[Any], projection: Projection) -> None:
        self.complete = False
        self._source = source
        self._projection = projection

    @property
    def expected(self) -> int | None:
        return self._source.expected

    def read(self) -> Generator[Read, None, None]:
        with closing(self._source.records(self._projection)) as records:
            for item in records:
                yield item, None
        self.complete = True

    def commit_checkpoint(self, *, incomplete: bool) -> None:
        if self._projection.checkpoint.is_of_files or not incomplete:
            self._projection.checkpoint.commit()


class SavedRecords:
    """The records that earlier runs saved for resend; they are never the whole source."""

    complete = False
    expected = None

    def __init__(self, ledger: SectionLedger, outcome: Outcome) -> None:
        self._ledger = ledger
        self._outcome = outcome

    def read(self) -> Generator[Read, None, None]:
        without_data = 0
        for saved in self._ledger.saved_records():
            if saved.fetched is None:
                without_data += 1
            else:
                yield json.loads(saved.fetched), saved.id
        if without_data:
            self._outcome.notes.append(
                f"{counted(without_data, 'saved record')} cannot be resent, because the source"
                " never delivered the data. The next upload reads the source again."
            )

    def commit_checkpoint(self, *, incomplete: bool) -> None:
        """Do nothing: the source was not read."""
