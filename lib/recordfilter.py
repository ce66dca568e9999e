"""The record filter of a section: which records of the source go on to the mapping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Filter = Callable[[dict[str, Any]], bool]


def compile_filter(text: str) -> Filter:
    """A function that keeps or drops a record; without a text, every record is kept.

    Raises ValueError for a text that cannot be run. This version has no filter language yet, and
    refuses rather than send records that the filter was written to keep back.
    """
    if text.strip():
        raise ValueError("record filters cannot be run by this version; take the filter out")
    return lambda _record: True
