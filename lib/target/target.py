"""The interface that a run needs from the service to which it uploads."""

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
    """What all upload requests of one run have in common.

    `key_fields` are those by which a record is recognised; none where only the target knows them.
    """

    mapping_name: str
    data_type: Literal["users", "assets"]
    sync_field: tuple[str, ...]
    insert_only: bool = False
    update_only: bool = False
    key_fields: tuple[str, ...] = ()
    # Lists of fields for the older API, as they are in the config file.
    only_if_filled: str = ""
    dont_overwrite: str = ""

    @classmethod
    def of(cls, source: Connector[Any], mapped: Container[str]) -> UploadPlan:
        """Return the plan for a source whose mapping fills the fields in `mapped`."""
        sync_field = tuple(source.sync_fields)
        key_fields = sync_field or (("USER",) if source.data_type == "users" else ())
        return cls(
            mapping_name=source.mapping_name,
            data_type=source.data_type,
            sync_field=sync_field,
            insert_only=source.settings.insert_only,
            update_only=source.settings.update_only,
            only_if_filled=source.settings.only_if_filled,
            dont_overwrite=source.settings.dont_overwrite,
            key_fields=key_fields if all(name in mapped for name in key_fields) else (),
        )


class Target(Protocol):
    """A connection to the service; to be closed.

    What it raises: SignInError for refused credentials, TargetUnavailable where it cannot be
    reached, TargetRefused for an answer that is not what was asked for.
    """

    def sign_in(self) -> None:
        """Check the credentials."""

    def server_mapping(self, name: str, /) -> ServerMapping:
        """Return the mapping that the service stores for a connector of this name."""

    def locations(self) -> list[Record]:
        """Return all locations, for the converter `location`; signs in if necessary."""

    def open_run(self, plan: UploadPlan, /) -> Uploader:
        """Open a run, to which records can be sent."""

    def close_run(self, portion: str, /) -> None:
        """Close a run that an earlier process left open."""

    def run_counts(self, mapping_name: str, portion: str, /) -> dict[str, int] | None:
        """Return the counts of the service for a run, by name; None if it does not report them."""

    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class TargetSettings(ConnectionSettings, ABC):
    """The settings of a target, which create its connection; can be pickled."""

    url: str

    @abstractmethod
    def connect(self) -> Target:
        """Return a connection that is not signed in yet."""
