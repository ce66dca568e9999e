"""Messages for operations and calls that fail on a record, in place of those of Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import Any

from lib.language.errors import Stopped
from lib.values.kinds import kind_of, kinds_of

OUT_OF_RANGE = "the value is out of range"
ITERABLES = (list, tuple, set)
LONGEST_SHOWN = 60
# What it means that a function or a method does not accept a value of the right type.
REASONS = {
    **dict.fromkeys(("max", "min"), "the list is empty"),
    **dict.fromkeys(("index", "rindex"), "the value was not found"),
    **dict.fromkeys(("split", "rsplit", "partition", "rpartition"), "the separator is empty"),
    **dict.fromkeys(("group", "end", "span", "start"), "the pattern does not have this group"),
    "strftime": "the date cannot be written in this format",
}
# These raise ValueError with a message of this program.
IN_PLAIN_WORDS = frozenset({"date", "days_since"})
COMPARING = frozenset({"max", "min", "sorted"})


def not_comparable(left: Any, right: Any) -> str:
    """Return the message for two values that have no order."""
    what = f"cannot compare {kind_of(left)} with {kind_of(right)}"
    if isinstance(left, list | tuple) and type(left) is type(right):
        return f"{what}, because their items have different types"
    if isinstance(left, date) and isinstance(right, date):
        return f"{what}; use date(...) for both"
    return what


def no_item(value: Any, index: Any) -> str:
    """Return the message for an index or a slice that a value does not accept."""
    if isinstance(index, slice):
        if not isinstance(value, list | tuple | str | bytes):
            return f"cannot take a part of {kind_of(value)}"
        zero = index.step == 0
        return f"the {'step of a slice cannot be 0' if zero else 'slice needs whole numbers'}"
    if isinstance(value, dict):
        return f"{kind_of(index)} cannot be a key"
    if isinstance(value, list | tuple | str | bytes):
        return "an index must be a whole number"
    return f"cannot take an item of {kind_of(value)}"


def hashed(kind: Callable[[Any], Any], items: Iterable[Any], keys: Collection[Any]) -> Any:
    """Return kind(items), a set or a dict; raise Stopped for keys that these cannot contain."""
    try:
        return kind(items)
    except TypeError as error:
        raise Stopped(_not_hashable(kind is set, keys)) from error


def call_failure(name: str, error: Exception, arguments: Collection[Any]) -> Stopped:
    """Return the error for a call of a function or a method (`name`) that raised an error."""
    if isinstance(error, TypeError | AttributeError):
        return Stopped(_not_accepted(name, arguments))
    if name in IN_PLAIN_WORDS and isinstance(error, ValueError):
        return Stopped(str(error))
    if name in ("int", "float"):
        return Stopped(_no_number(name, *arguments))
    if isinstance(error, OverflowError):
        return Stopped(f"{name}(): {OUT_OF_RANGE}")
    return Stopped(f"{name}(): {REASONS.get(name, OUT_OF_RANGE)}")


def _not_accepted(name: str, arguments: Collection[Any]) -> str:
    first = next(iter(arguments), None)
    items = first if len(arguments) == 1 and isinstance(first, ITERABLES) else arguments
    if items and (items is first or len(arguments) > 1):
        if name in COMPARING:
            return f"{name}(): cannot compare {kinds_of(items)}"
        if name == "sum":
            return f"sum(): cannot add {kinds_of(items)}"
        if name == "set":
            return f"set(): {_not_hashable(True, items)}"
        if name == "join" and items is first:
            return f"join(): the list must contain only text, not {kinds_of(items)}"
    return f"{name}() does not accept {kinds_of(arguments) if arguments else 'this value'}"


def _no_number(name: str, value: Any = 0, base: Any = 10) -> str:
    if isinstance(base, int) and base and not 2 <= base <= 36:
        return f"{name}(): the base must be 0 or a number from 2 to 36"
    return f"{name}(): '{str(value)[:LONGEST_SHOWN]}' is not a valid number"


def _not_hashable(in_set: bool, keys: Iterable[Any]) -> str:
    kind = next((kind_of(key) for key in keys if not _is_hashable(key)), "this value")
    return f"a set cannot contain {kind}" if in_set else f"{kind} cannot be a key"


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
