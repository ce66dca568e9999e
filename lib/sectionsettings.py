"""The settings that every section has, those of users, and those of assets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lib.connection import ConnectionSettings
from lib.duplicates import NEEDS_DATE, duplicates_setting, placeholder_setting
from lib.settings import at_least, duration, number_text, setting, share, share_or_number, words
from lib.settings.parsers import words_but_no_switch


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

    @property
    def contact_path(self) -> str:
        """The source path of the date by which `duplicates = newest` compares records, if any."""
        return ""

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.duplicates == "newest" and not self.contact_path:
            yield "duplicates", NEEDS_DATE
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
    placeholder_ids: Literal["report", "drop"] = placeholder_setting()

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.changed_only and not self.sync_field:
            yield "changed_only", "changed_only needs a sync_field in this section"
        if self.missing == "send" and not self.sync_field:
            yield "missing", "missing = send needs a sync_field in this section"
