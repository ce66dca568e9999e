"""Words that sources write where they have no value."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

# Stands for all words of DEFAULT_WORDS in a list of words.
DEFAULT = "default"
# In lowercase. Words that may also be values are not in it, such as NA, the code of Namibia.
DEFAULT_WORDS = (
    "none", "null", "nan", "n/a", "n.a.", "undefined", "unknown", "unspecified",
    "not specified", "not available", "not applicable", "not set", "not provided",
    "(none)", "(null)", "<none>", "<null>", "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}",
    ".", "?",
    "#n/a", "#null!", "#value!", "#ref!", "#name?", "#div/0!", "#num!",
)  # fmt: skip


def word_set(words: Iterable[str]) -> frozenset[str]:
    """Return the words in lowercase, with DEFAULT_WORDS in place of "default"."""
    plain = {" ".join(word.split()).casefold() for word in words}
    return frozenset(plain - {DEFAULT} | (set(DEFAULT_WORDS) if DEFAULT in plain else set()))


def without(value: Any, words: Collection[str]) -> Any:
    """Return None for a string that is one of the words; of a list, leave out such items.

    The words are compared without regard to case and to the spaces around them.
    """
    if isinstance(value, str):
        return None if " ".join(value.split()).casefold() in words else value
    if isinstance(value, list):
        return [item for item in value if without(item, words) is not None or item is None]
    return value
