"""The ways in which Jamf Pro writes down one moment, given here in milliseconds since 1970.

A moment that never came is 0: the Classic API writes it as "" and 0, the Jamf Pro API as null.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

DAY = 86_400_000


def spellings(name: str, moment: int, zone: tzinfo) -> dict[str, str | int]:
    """Return the Classic `name`, `name_epoch`, `name_utc`; the first does not say its zone."""
    plain = f"{_local(moment, zone):%Y-%m-%d %H:%M:%S}" if moment else ""
    return {name: plain, **twins(name, moment, zone)}


def day_spellings(name: str, moment: int, zone: tzinfo) -> dict[str, str | int]:
    """Like `spellings`, for the fields whose plain form is a day only."""
    plain = f"{_local(moment, zone):%Y-%m-%d}" if moment else ""
    return {name: plain, **twins(name, moment, zone)}


def twins(name: str, moment: int, zone: tzinfo) -> dict[str, str | int]:
    """Return `name_epoch` and `name_utc` only, the latter with the offset of `zone`."""
    text = ""
    if moment:
        local = _local(moment, zone)
        text = f"{local:%Y-%m-%dT%H:%M:%S}.{moment % 1000:03d}{local:%z}"
    return {f"{name}_epoch": moment, f"{name}_utc": text}


def sentence(moment: int, zone: tzinfo) -> str:
    """Spell it for a reader: `Sunday, March 10 2024 at 6:02 PM`."""
    local = _local(moment, zone)
    return f"{local:%A, %B} {local.day} {local.year} at {local.hour % 12 or 12}:{local:%M %p}"


def instant(moment: int) -> str | None:
    """Spell it as the Jamf Pro API does: UTC with Z, and no zeros at the end of the fraction."""
    if not moment:
        return None
    fraction = f".{moment % 1000:03d}".rstrip("0").rstrip(".")
    return f"{_local(moment, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _local(moment: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(moment // 1000, zone)
