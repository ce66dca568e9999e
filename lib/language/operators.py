"""The operators of programs: those of Python, with limits, and with None allowed."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from lib.language.bounds import bounded, few_bits
from lib.language.errors import Stopped

TEXTS = (str, bytes)
SEQUENCES = (str, bytes, list, tuple)

NO_PERCENT = "texts are put together with f-strings here, not with %"

Operation = Callable[[Any, Any], Any]


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        few_bits(left.bit_length() + right.bit_length())
    elif isinstance(left, SEQUENCES) and isinstance(right, int):
        bounded(len(left) * right)
    elif isinstance(right, SEQUENCES) and isinstance(left, int):
        bounded(len(right) * left)
    return left * right


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, SEQUENCES) and isinstance(right, SEQUENCES):
        bounded(len(left) + len(right))
    return left + right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        few_bits(max(left.bit_length(), 1) * right)
    result = left**right
    if isinstance(result, complex):
        raise Stopped("this power has no real result")
    return result


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, TEXTS):
        raise Stopped(NO_PERCENT)
    return left % right


BINARY: dict[str, Operation] = {
    "+": _add,
    "-": operator.sub,
    "*": _multiply,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": _modulo,
    "**": _power,
}
# Those that can give something longer than what they are given, and those that divide: they take
# longer the bigger what they give, or what they divide, is.
GROWING = frozenset({"+", "*", "**"})
DIVIDING = frozenset({"/", "//", "%"})
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "not": operator.not_,
}


def _ordered(compare: Operation) -> Operation:
    def with_none(left: Any, right: Any) -> Any:
        return left is not None and right is not None and compare(left, right)

    return with_none


def _contains(item: Any, container: Any) -> bool:
    if container is None or (item is None and isinstance(container, str)):
        return False
    return item in container


COMPARISONS: dict[str, Operation] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "is": operator.is_,
    "is not": operator.is_not,
    "in": _contains,
    "not in": lambda item, container: not _contains(item, container),
}


def get_item(value: Any, index: Any) -> Any:
    """Return value[index]; None if there is no such item."""
    if isinstance(value, dict):
        return value.get(index)
    if value is None or (isinstance(index, str) and isinstance(value, SEQUENCES)):
        return None
    try:
        return value[index]
    except IndexError:
        return None
