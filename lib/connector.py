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
from lib.settings import duration, number_text, one_of, setting, share_or_number, words
from lib.values.paths import check_path, first_key

# Which of several records with the same sync key counts.
WINNERS = ("last", "first", "newest", "reject")

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


def winner(text: str) -> str:
    """Return which of several records counts, as `duplicates` says it; raise ValueError if unknown.

    That is last, first, newest, reject, or newest with the source path of a date after a colon.
    """
    choice, colon, path = (part.strip() for part in text.partition(":"))
    if colon and choice.lower() == "newest":
        if not path:
            raise ValueError("newest: needs a source path, for example newest:modified")
        check_path(path)
        return f"newest:{path}"
    return one_of(text.strip(), WINNERS)


def duplicates_setting(*, example: str = "", advanced: bool = False) -> Any:
    """Declare the setting `duplicates`; the example is for connectors that know a better one."""
    return setting(
        "The record that counts if several have the same sync key: last, first, newest, or reject."
        " newest compares the date of the last contact, newest:PATH the date at a source path."
        " reject rejects all but the first one.",
        default="last",
        example=example,
        advanced=advanced,
        parse=winner,
    )


@dataclass(frozen=True, kw_only=True)
class ConnectorSettings(ConnectionSettings):
    """The settings that every section may have."""

    use_server_map: bool = setting(
        "Use the mapping configured in Oomnitza. If False, use only the built-in mapping and the"
        " mapping in this section.",
        default=True,
        advanced=True,
    )
    insert_only: bool = setting(
        "If True, only create records. Existing records are not updated.",
        default=False,
        advanced=True,
    )
    update_only: bool = setting(
        "If True, only update existing records. No records are created.",
        default=False,
        advanced=True,
    )
    sync_field: tuple[str, ...] = setting(
        "The sync key: the Oomnitza field that identifies a record. Separate several fields with"
        " commas. Default: the sync key selected in Oomnitza.",
        default=(),
        advanced=True,
        parse=words,
    )

    changed_only: bool = setting(
        "If True, send only records that are new or have changed since they were last sent.",
        default=False,
        advanced=True,
    )
    full_every: str = setting(
        "The time until a run with changed_only sends all records anyway, for example 12h or 7d.",
        default="7d",
        advanced=True,
        parse=duration,
    )
    shrink_limit: str = setting(
        "The safety threshold: how far the number of records can drop, as a percentage or a number."
        " It is compared with the last complete run. If it drops further, nothing is sent unless"
        " you use --force. 100% turns the check off.",
        default="50%",
        advanced=True,
        parse=share_or_number,
    )

    duplicates: str = duplicates_setting(advanced=True)

    @property
    def contact_path(self) -> str:
        """The source path of the date by which `duplicates = newest` compares records, if any."""
        return ""

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.duplicates == "newest" and not self.contact_path:
            yield (
                "duplicates",
                "newest needs the source path of a date here, for example newest:modified",
            )
        if self.insert_only and self.update_only:
            yield "update_only", "insert_only and update_only cannot both be True"
        if self.changed_only and (self.insert_only or self.update_only):
            yield (
                "changed_only",
                "changed_only does not work with insert_only or update_only, because the connector"
                " cannot know which records Oomnitza stored",
            )


# What old settings say for a position that is not to be set.
NO_POSITION = "unused"


@dataclass(frozen=True, kw_only=True)
class UserSettings(ConnectorSettings):
    """The settings of connectors that read users."""

    default_role: str = setting(
        "The ID of the Oomnitza role for uploaded users.",
        example="25",
        parse=number_text,
    )
    default_position: str = setting(
        "The position for uploaded users. The value `unused` sends no position.",
        example="Employee",
    )


@dataclass(frozen=True, kw_only=True)
class AssetSettings(ConnectorSettings):
    """The settings of connectors that read assets."""

    sync_field: tuple[str, ...] = setting(
        "The sync key: the Oomnitza field that identifies an asset, such as its serial number."
        " Separate several fields with commas. Default: the sync key selected in Oomnitza.",
        default=(),
        example="24DCF85294E411E38A52066B556BA4EE",
        parse=words,
    )
    placeholder_ids: Literal["report", "drop"] = setting(
        "What to do with assets whose sync key is a placeholder, such as 0 or Default string."
        " report: send them, and report their number. drop: do not send them.",
        default="report",
        example="drop",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.changed_only and not self.sync_field:
            yield "changed_only", "changed_only needs a sync_field in this section"


S = TypeVar("S", bound=ConnectorSettings)
U = TypeVar("U", bound=UserSettings)


class Connector(ABC, Generic[S]):
    """One section's source. An instance holds all its state, so several can run side by side."""

    title: ClassVar[str]  # how Oomnitza knows the connector
    data_type: ClassVar[Literal["users", "assets"]]
    # Whether a run reads only what has changed since the last one, so that few records are normal.
    incremental: ClassVar[bool] = False
    settings_type: ClassVar[type[ConnectorSettings]]
    mapping: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    # Converters for source paths, for every mapping of that path that names none.
    converters: ClassVar[Mapping[str, str]] = {}

    def __init__(self, settings: S) -> None:
        self.settings = settings
        self.expected: int | None = None  # the number of records, once the source has reported it

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
