"""Helpers for values: tests for emptiness, conversion to strings and numbers, lists of strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lib.values.kinds import kind_of

# What is not seen at the ends of a text: whitespace, control characters (NUL, CR), and the format
# characters that come along when text is copied (U+200B, U+200E, U+FEFF).
INVISIBLE = "".join(
    chr(code)
    for code in (
        *range(0x21), *range(0x7F, 0xA1), 0xAD, 0x061C, 0x1680, 0x180E,
        *range(0x2000, 0x2010), *range(0x2028, 0x2030), *range(0x205F, 0x2070), 0x3000, 0xFEFF,
        *range(0xFFF9, 0xFFFC),
    )
)  # fmt: skip
# A part of a list between commas; in quotes and in brackets a comma separates nothing.
PART = re.compile(r"""((?:(?<![^,.\s])(?:'[^']*'|"[^"]*")|\[[^\]]*\]|[^,])*),""")


def is_nothing(value: Any) -> bool:
    """Return whether a value is empty: None, a blank string, an empty list or dict.

    0 and False are not empty.
    """
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, list | dict) and not value)


def trimmed(text: str) -> str:
    """Return the text without the invisible characters at its beginning and its end."""
    return text.strip(INVISIBLE)


def text_of(value: Any) -> str:
    """Return a string or a number as a string; raise ValueError for others, booleans too."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{kind_of(value)} is not text")


def int_or_none(value: Any) -> int | None:
    """Return a number, or the digits in a string, as an int without a fraction; otherwise None."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and abs(value) < float("inf") else None


def each(value: Any, change: Callable[[Any], Any], read: Callable[[Any], Any] = text_of) -> Any:
    """Apply a function to a value as a string, or to each item of a list; keep empty values.

    Items of a list that are empty, or become empty, are left out. `read` is applied to a value or
    item first; by default it raises ValueError for types that are not strings or numbers.
    """
    if is_nothing(value):
        return value
    if not isinstance(value, list):
        return change(read(value))
    changed = [change(read(item)) for item in value if not is_nothing(item)]
    return [item for item in changed if not is_nothing(item)]


def filled(text: str) -> str:
    """Return the text of a parameter unchanged; raise ValueError if it is empty."""
    if not text:
        raise ValueError("a value is required")
    return text


def parts(text: str) -> tuple[str, ...]:
    """Split a text at its commas, and strip spaces around the parts.

    Commas in quotes, or in the brackets of a path, separate nothing. Raises ValueError for an empty
    part, and for a quote that is not closed.
    """
    stripped = tuple(part.strip() for part in PART.findall(f"{text},"))
    for part in stripped:
        if not part:
            raise ValueError("an item between the commas is empty")
        if part[0] in "'\"" and part.count(part[0]) % 2:
            raise ValueError(f"the quote at the beginning of {part} is not closed")
    return stripped
