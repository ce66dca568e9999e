"""Numbers and lists in sentences: "1 record", "2 records"."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, such as 1,399 records.

    `plural` is needed only for nouns that do not take an s.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def empty_fields(names: Sequence[str]) -> str:
    """Return why a record is incomplete, such as "required field EMAIL is empty"."""
    if len(names) == 1:
        return f"required field {names[0]} is empty"
    return f"required fields {', '.join(names)} are empty"


def not_compared(number: int, run: str) -> str:
    """Return why records of earlier runs are no longer compared with the source; since which run.

    Fingerprints say that something changed, but not what.
    """
    are = "is" if number == 1 else "are"
    return (
        "The record filter, the settings of the source, or the sync key changed, so missing records"
        f" are counted from {run} on. {counted(number, 'record')} of earlier runs {are} no longer"
        " compared with the source."
    )
