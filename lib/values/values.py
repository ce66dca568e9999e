"""Which values are empty, which are text, which are numbers, and lists of texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

# A part of a list between commas; in quotes and in brackets a comma separates nothing.
PART = re.compile(r"""((?:(?<![^,.\s])(?:'[^']*'|"[^"]*")|\[[^\]]*\]|[^,])*),""")


def is_nothing(value: Any) -> bool:
    """Whether a value is empty: None, blank text, an empty list or dict. 0 and False are not."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, list | dict) and not value)


def text_of(value: Any) -> str:
    """The text of a text or a number. Raises ValueError for all else, booleans too."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"a {type(value).__name__} is no text")


def int_or_none(value: Any) -> int | None:
    """A number that is given as such, or as text, without its fraction; None for what is none."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and abs(value) < float("inf") else None


def each(value: Any, change: Callable[[Any], Any], read: Callable[[Any], Any] = text_of) -> Any:
    """A value changed as text, or a list of them one by one; what is empty stays as it is.

    Items of a list that are empty, or become so, are left out. `read` is what is done to a value
    or item first. Raises ValueError for what is no text.
    """
    if is_nothing(value):
        return value
    if not isinstance(value, list):
        return change(read(value))
    changed = [change(read(item)) for item in value if not is_nothing(item)]
    return [item for item in changed if not is_nothing(item)]


def filled(text: str) -> str:
    """The text of a parameter, as it stands; raises ValueError for an empty one."""
    if not text:
        raise ValueError("there has to be a value")
    return text


def parts(text: str) -> tuple[str, ...]:
    """The parts of a text between its commas, without the blanks around them.

    Commas in quotes, or in the brackets of a path, separate nothing. Raises ValueError for a part
    that is empty, or whose quote has no end.
    """
    found = tuple(part.strip() for part in PART.findall(f"{text},"))
    for part in found:
        if not part:
            raise ValueError("there is nothing before, between or behind its commas")
        if part[0] in "'\"" and part.count(part[0]) % 2:
            raise ValueError(f"the quote at the beginning of {part} has no end")
    return found
