"""What a run asks of the service that it uploads to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from lib.connection import ConnectionSettings
from lib.connector import Connector
from lib.mapping.mapping import ServerMapping
from lib.record import Record
from lib.target.uploader import Uploader


@dataclass(frozen=True)
class UploadPlan:
    """What the requests of one run have in common.

    `key_fields` are those by which a record is recognised; none where only the target knows them.
    """

    mapping_name: str
    data_type: Literal["users", "assets"]
    sync_field: tuple[str, ...]
    insert_only: bool = False
    update_only: bool = False
    key_fields: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: Connector[Any], mapped: Container[str]) -> UploadPlan:
        """The plan for a source of which these fields are mapped."""
        sync_field = tuple(source.sync_fields)
        key_fields = sync_field or (("USER",) if source.data_type == "users" else ())
        return cls(
            mapping_name=source.mapping_name,
            data_type=source.data_type,
            sync_field=sync_field,
            insert_only=source.settings.insert_only,
            update_only=source.settings.update_only,
            key_fields=key_fields if all(name in mapped for name in key_fields) else (),
        )


class Target(Protocol):
    """A connection to the service; to be closed.

    What it raises: SignInError for refused credentials, TargetUnavailable where it cannot be
    reached, TargetRefused for an answer that is not what was asked for.
    """

    def sign_in(self) -> None:
        """Have the credentials checked."""

    def server_mapping(self, name: str, /) -> ServerMapping:
        """The mapping that is kept there for a connector of this name."""

    def locations(self) -> list[Record]:
        """All locations, for the converter of that name; signs in where that was not needed yet."""

    def open_run(self, plan: UploadPlan, /) -> Uploader:
        """A run, to which records can be sent."""

    def close_run(self, portion: str, /) -> None:
        """Close a run that an earlier process has left open."""

    def run_counts(self, mapping_name: str, portion: str, /) -> dict[str, int] | None:
        """What the target counted in a run, by the name of the count; None if it does not say."""

    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class TargetSettings(ConnectionSettings, ABC):
    """The settings of a target; can be pickled, and make the connection."""

    url: str

    @abstractmethod
    def connect(self) -> Target:
        """A connection, not signed in."""
