"""Sources that list what was modified since a moment, and then give one record after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from lib.connector import AssetConnector, AssetSettings, Projection, Records, SourceItem
from lib.reading.changes import Changes
from lib.reading.unreadable import limit_unreadable
from lib.record import Record
from lib.settings import any_path, setting
from lib.values.dates import moment_or_none


@dataclass(frozen=True, kw_only=True)
class IncrementalSettings(AssetSettings):
    """The settings of sources that are read from a checkpoint on."""

    storage: Path | None = setting(
        "A file that keeps how far was read. Without one it is kept with the state of all runs."
        " A relative path begins in the folder of the ini.",
        default=None,
        advanced=True,
        parse=any_path,
    )


class ModifiedList(Protocol):
    """A service that lists what was modified since a moment.

    `asked`: when it began its first list, by its own clock.
    """

    url: str
    asked: datetime | None

    def close(self) -> None: ...

    def modified(self, since: datetime | None) -> Iterator[list[str]]:
        """Yield the ids page by page, the oldest modification first."""

    def details(self, changes: Changes, projection: Projection) -> Iterator[SourceItem]:
        """Yield the record of each id, or what became of it."""

    def modified_at(self, record: Record) -> Any:
        """The text that says when a record was last modified."""


S = TypeVar("S", bound=IncrementalSettings)


class IncrementalConnector(AssetConnector[S]):
    """A source of devices of which a run reads what was modified since the one before."""

    incremental: ClassVar[bool] = True

    @property
    @abstractmethod
    def account(self) -> str:
        """What is read, in a text: in a file that sections share, they are told apart by it."""

    @abstractmethod
    def connect(self) -> ModifiedList:
        """The service; closed when it has been read."""

    def check(self) -> None:
        with closing(self.connect()) as service:
            next(service.modified(datetime.now(UTC) - timedelta(hours=1)))

    def records(self, projection: Projection) -> Records:
        """What was modified since the checkpoint; in a first run, all."""
        since = projection.checkpoint.read()
        latest: datetime | None = None
        with closing(self.connect()) as service:
            changes = Changes(lambda: service.modified(since), where=service.url)
            delivered = service.details(changes, projection)
            for item in limit_unreadable(delivered, where=service.url):
                if isinstance(item, dict):
                    modified = moment_or_none(service.modified_at(item))
                    latest = max(filter(None, (latest, modified)), default=None)
                yield item
        if changes.settled and latest and service.asked:
            projection.checkpoint.advance(latest, service.asked)
