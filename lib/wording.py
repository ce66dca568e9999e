"""Numbers in sentences: "1 record", "2 records"."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, such as 1,399 records.

    `plural` is needed only for nouns that do not take an s.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
