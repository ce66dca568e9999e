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
from lib.remarks import Remarks
from lib.settings import at_least, duration, number_text, setting, share, share_or_number, words
from lib.settings.parsers import words_but_no_switch
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

    field_limit: str = setting(
        "The safety threshold for fields: which fields must not become empty in all records. These"
        " are the fields that were filled in at least this percentage of the records of the last"
        " complete run, and in at least 20 records. If one of them is empty in all records, nothing"
        " is sent unless you use --force=fields. 100% turns the check off.",
        default="10%",
        advanced=True,
        parse=share,
    )
    missing: Literal["report", "send"] = setting(
        "The action for missing records: only report them, or send them with missing.FIELD lines.",
        default="report",
        advanced=True,
    )
    missing_after: int = setting(
        "The number of complete runs in a row that must not find a record before it is sent.",
        default=2,
        advanced=True,
        parse=at_least(1),
    )
    missing_limit: str = setting(
        "The most missing records that missing = send sends in a run: a percentage or a number. If"
        " there are more, none of them is sent unless you use --force=missing.",
        default="5%",
        advanced=True,
        parse=share_or_number,
    )
    empty_values: Literal["send", "omit"] = setting(
        "The action for fields that are empty in a record: send them as null, or omit them. A null"
        " overwrites the value in Oomnitza.",
        default="send",
        advanced=True,
    )
    nothing: tuple[str, ...] = setting(
        "Words that mean no value, separated by commas. `default` stands for a list that is"
        " described with the converter `nothing`: none, null, n/a, unknown, -, and others. Default:"
        " no words.",
        default=(),
        advanced=True,
        parse=words_but_no_switch,
    )
    only_if_filled: str = setting(
        "Fields to omit if they are empty, separated by commas. The same as empty_values = omit for"
        " these fields.",
        default="",
        advanced=True,
    )
    dont_overwrite: str = setting(
        "Fields that do not overwrite a value in Oomnitza, separated by commas. This works for"
        " assets with `api = v2` in `[oomnitza]` only.",
        default="",
        advanced=True,
    )

    @property
    def incremental(self) -> bool:
        """Whether a run reads only what is new since the last one; then few records are normal."""
        return False

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.insert_only and self.update_only:
            yield "update_only", "insert_only and update_only cannot both be True"
        if self.missing == "send" and self.insert_only:
            yield "missing", "missing = send does not work with insert_only, which updates nothing"
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

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.changed_only and not self.sync_field:
            yield "changed_only", "changed_only needs a sync_field in this section"
        if self.missing == "send" and not self.sync_field:
            yield "missing", "missing = send needs a sync_field in this section"


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
