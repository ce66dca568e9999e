"""The settings for sync keys that identify several records, or nothing."""

from __future__ import annotations

from typing import Any, Literal

from lib.settings import one_of, setting
from lib.values.paths import check_path

Winner = Literal["last", "first", "newest", "reject"]
NEEDS_DATE = "newest needs the source path of a date here, for example newest:modified"
WINNERS = ("last", "first", "newest", "reject")


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


def placeholder_setting() -> Any:
    """Declare the setting `placeholder_ids`."""
    return setting(
        "The action for assets whose sync key is a placeholder, such as 0 or Default string."
        " report: send them, and report their number. drop: do not send them.",
        default="report",
        example="drop",
    )
