"""Incremental reading: list what changed since a checkpoint, then fetch each record."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lib.connector import AssetConnector, Projection, Records, SourceItem
from lib.reading.changes import Changes
from lib.reading.unreadable import limit_unreadable
from lib.record import Record
from lib.sectionsettings import AssetSettings
from lib.settings import any_path, setting
from lib.values.dates import moment_or_none


@dataclass(frozen=True, kw_only=True)
class IncrementalSettings(AssetSettings):
    """The settings of connectors that read incrementally."""

    storage: Path | None = setting(
        "The file that stores the checkpoint (the time up to which changes have been read)."
        " Default: the state database. A relative path is relative to the folder of the config"
        " file.",
        default=None,
        advanced=True,
        parse=any_path,
    )

    @property
    def incremental(self) -> bool:
        return True


class ModifiedList(Protocol):
    """A client of a service that lists the IDs of records modified since a time.

    `asked`: when the first list was requested, by the clock of the service; None before that.
    """

    url: str
    asked: datetime | None

    def close(self) -> None: ...

    def modified(self, since: datetime | None) -> Iterator[list[str]]:
        """Yield pages of the IDs modified since a time (None: all), the oldest change first."""

    def details(self, changes: Changes, projection: Projection) -> Iterator[SourceItem]:
        """Yield for each ID its record, or the error that explains why there is none."""

    def modified_at(self, record: Record) -> Any:
        """Return the timestamp in a record of its last modification, as the service writes it."""


S = TypeVar("S", bound=IncrementalSettings)


class IncrementalConnector(AssetConnector[S]):
    """Base class of connectors that read only the devices modified since the previous run."""

    @property
    @abstractmethod
    def account(self) -> str:
        """The identity of what is read; it tells sections apart that share a checkpoint file."""

    @abstractmethod
    def connect(self) -> ModifiedList:
        """Return a client of the service, which the caller closes."""

    def check(self) -> None:
        with closing(self.connect()) as service:
            next(service.modified(datetime.now(UTC) - timedelta(hours=1)))

    def records(self, projection: Projection) -> Records:
        """Yield the devices modified since the checkpoint, or all if there is none.

        The checkpoint advances to the latest modification, if the list was stable.
        """
        since = projection.checkpoint.read()
        latest: datetime | None = None
        with closing(self.connect()) as service:
            changes = Changes(lambda: service.modified(since), where=service.url)
            items = service.details(changes, projection)
            for item in limit_unreadable(items, where=service.url):
                if isinstance(item, dict):
                    modified = moment_or_none(service.modified_at(item))
                    latest = max(filter(None, (latest, modified)), default=None)
                yield item
        if changes.stable and latest and service.asked:
            projection.checkpoint.advance(latest, service.asked)
