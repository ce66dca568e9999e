"""What every connector is: a declaration, and a generator of records.

A file in `connectors/` holds a class `Settings` and a class `Connector`, derived from the ones
here; docs/tutorials/write-a-connector.md shows one being written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

from lib import plugins
from lib.checkpoint import Checkpoint
from lib.errors import RecordGone, RecordUnreadable
from lib.record import Record
from lib.remarks import Remarks
from lib.sectionsettings import NO_POSITION, AssetSettings, ConnectorSettings, UserSettings
from lib.values.paths import first_key

# What `records` yields: a record as the source has it, or why one that it listed cannot be read.
SourceItem = Record | RecordGone | RecordUnreadable
Records = Generator[SourceItem, None, None]


@dataclass(frozen=True)
class Projection:
    """The parts of a record that the mapping and the record filter need.

    `paths` are source paths; with `everything`, all fields are needed. A source that is read
    incrementally begins at the `checkpoint`, and advances it.
    """

    paths: frozenset[str] = frozenset()
    everything: bool = False
    checkpoint: Checkpoint = field(default_factory=Checkpoint, compare=False)

    @property
    def top_level(self) -> list[str]:
        """The keys of the records at which the paths begin, sorted."""
        return sorted({first_key(path) for path in self.paths})


S = TypeVar("S", bound=ConnectorSettings)
U = TypeVar("U", bound=UserSettings)


class Connector(ABC, Generic[S]):
    """One section's source. An instance holds all its state, so several can run side by side."""

    title: ClassVar[str]  # how Oomnitza knows the connector
    data_type: ClassVar[Literal["users", "assets"]]
    settings_type: ClassVar[type[ConnectorSettings]]
    mapping: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    # Converters for source paths, for every mapping of that path that names none.
    converters: ClassVar[Mapping[str, str]] = {}
    # Source paths of the ID that the source gives a record; messages name records by the first one
    # that is in the record. They are not requested for that.
    id_paths: ClassVar[tuple[str, ...]] = ()

    def __init__(self, settings: S) -> None:
        self.settings = settings
        self.expected: int | None = None  # the number of records, once the source has reported it
        self.remarks = Remarks()

    @property
    def incremental(self) -> bool:
        """Whether a run reads only what is new since the last one (see the settings)."""
        return self.settings.incremental

    @property
    def mapping_name(self) -> str:
        """The name under which Oomnitza keeps the mapping and shows the runs."""
        return self.title

    @property
    def sync_fields(self) -> list[str]:
        """The fields that identify a section's records; empty if Oomnitza decides."""
        return [name.upper() for name in self.settings.sync_field]

    def default_mapping(self) -> dict[str, dict[str, Any]]:
        """The built-in layer of the mapping, by Oomnitza field."""
        return {name: dict(attributes) for name, attributes in self.mapping.items()}

    @abstractmethod
    def check(self) -> None:
        """Make the cheapest authenticated request.

        Raises a ConnectorError that describes the problem: not reachable, certificate not trusted,
        not signed in, or not permitted.
        """

    @abstractmethod
    def records(self, projection: Projection) -> Records:
        """Yield the records, one after the other, in the shape in which the source has them.

        Nothing outside `projection` needs to be in a record. A record that vanished while it was
        read is yielded as RecordGone, one that cannot be read as RecordUnreadable; what ends the
        whole run is raised.
        """


class UserConnector(Connector[U]):
    """A source of users."""

    data_type = "users"
    settings_type = UserSettings

    def default_mapping(self) -> dict[str, dict[str, Any]]:
        mapping = super().default_mapping()
        mapping.setdefault("PERMISSIONS_ID", {"setting": "default_role"})
        mapping.setdefault("POSITION", {"setting": "default_position"})
        from_setting = mapping["POSITION"] == {"setting": "default_position"}
        if from_setting and self.settings.default_position.lower() == NO_POSITION:
            del mapping["POSITION"]
        return mapping


class AssetConnector(Connector[S]):
    """A source of assets."""

    data_type = "assets"
    settings_type = AssetSettings


def load_connector(name: str) -> type[Connector[Any]]:
    """The class of a connector, by the name of its file."""
    kind: type[Connector[Any]] = plugins.load_plugin("connectors", name).Connector
    return kind
