"""What every connector is: a declaration, and a generator of records.

A file in `connectors/` holds a class `Settings` and a class `Connector`, derived from the ones
here; docs/tutorials/write-a-connector.md shows one being written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

from lib import plugins
from lib.checkpoint import Checkpoint
from lib.connection import ConnectionSettings
from lib.errors import RecordGone, RecordUnreadable
from lib.record import Record
from lib.settings import duration, number_text, setting, share_or_number, words
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


@dataclass(frozen=True, kw_only=True)
class ConnectorSettings(ConnectionSettings):
    """The settings that every section may have."""

    use_server_map: bool = setting(
        "False leaves aside the mapping that is kept in Oomnitza.", default=True, advanced=True
    )
    insert_only: bool = setting(
        "True creates records and never updates one.", default=False, advanced=True
    )
    update_only: bool = setting(
        "True updates records and never creates one.", default=False, advanced=True
    )
    sync_field: tuple[str, ...] = setting(
        "The Oomnitza field, or fields between commas, by which a record is recognised. Without it"
        " the one chosen in Oomnitza counts.",
        default=(),
        advanced=True,
        parse=words,
    )

    changed_only: bool = setting(
        "True sends only the records that are not as they were last sent.",
        default=False,
        advanced=True,
    )
    full_every: str = setting(
        "With changed_only, how long until a run sends all records again.",
        default="7d",
        advanced=True,
        parse=duration,
    )
    shrink_limit: str = setting(
        "By how much the number of records may fall below that of the last complete run, as a"
        " percentage or a number of records. Below that nothing is sent without --force; 100%"
        " allows everything.",
        default="50%",
        advanced=True,
        parse=share_or_number,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.insert_only and self.update_only:
            yield "update_only", "insert_only and update_only cannot both be True"
        if self.changed_only and (self.insert_only or self.update_only):
            what = "with insert_only or update_only it is not known what Oomnitza has taken"
            yield "changed_only", what


# What old settings say for a position that is not to be set.
NO_POSITION = "unused"


@dataclass(frozen=True, kw_only=True)
class UserSettings(ConnectorSettings):
    """The settings of connectors that bring people."""

    default_role: str = setting(
        "The number of the role in Oomnitza that imported people get.",
        example="25",
        parse=number_text,
    )
    default_position: str = setting(
        "The position that imported people get; unused sets none.", example="Employee"
    )


@dataclass(frozen=True, kw_only=True)
class AssetSettings(ConnectorSettings):
    """The settings of connectors that bring devices."""

    sync_field: tuple[str, ...] = setting(
        "The Oomnitza field, or fields between commas, by which an asset is recognised, such as"
        " its serial number. Left empty, the one chosen in Oomnitza counts.",
        default=(),
        example="24DCF85294E411E38A52066B556BA4EE",
        parse=words,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.changed_only and not self.sync_field:
            yield "changed_only", "records are told apart by their sync_field; give one here"


S = TypeVar("S", bound=ConnectorSettings)
U = TypeVar("U", bound=UserSettings)


class Connector(ABC, Generic[S]):
    """One section's source. An instance holds all its state, so several can run side by side."""

    title: ClassVar[str]  # how Oomnitza knows the connector
    data_type: ClassVar[Literal["users", "assets"]]
    # Whether a run brings only what has changed since the last one, so that few records are normal.
    incremental: ClassVar[bool] = False
    settings_type: ClassVar[type[ConnectorSettings]]
    mapping: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    # Converters for source paths, for every mapping of that path that names none.
    converters: ClassVar[Mapping[str, str]] = {}

    def __init__(self, settings: S) -> None:
        self.settings = settings
        self.expected: int | None = None  # how many records will come, once the source has said

    @property
    def mapping_name(self) -> str:
        """The name under which Oomnitza keeps the mapping and shows the runs."""
        return self.title

    @property
    def sync_fields(self) -> list[str]:
        """The fields by which a section's records are recognised; none where Oomnitza decides."""
        return [name.upper() for name in self.settings.sync_field]

    def default_mapping(self) -> dict[str, dict[str, Any]]:
        """The built-in layer of the mapping, by Oomnitza field."""
        return {name: dict(attributes) for name, attributes in self.mapping.items()}

    @abstractmethod
    def check(self) -> None:
        """Make the cheapest authenticated call.

        Raises the ConnectorError that says what is wrong: not reachable, certificate not trusted,
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
    """A source of people."""

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
    """A source of devices."""

    data_type = "assets"
    settings_type = AssetSettings


def load_connector(name: str) -> type[Connector[Any]]:
    """The class of a connector, by the name of its file."""
    kind: type[Connector[Any]] = plugins.load_plugin("connectors", name).Connector
    return kind
