"""What operators do: what Python's do, but for None, and within bounds."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from lib.language.errors import Stopped
from lib.language.functions import bounded

MOST_BITS = 4096


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _few_bits(left.bit_length() + right.bit_length())
    for text, times in ((left, right), (right, left)):
        if isinstance(text, str | list | tuple) and isinstance(times, int):
            bounded(len(text) * times)
    return left * right


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        bounded(len(left) + len(right))
    return left + right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        _few_bits(left.bit_length() * right)
    result = left**right
    if isinstance(result, complex):
        raise Stopped("this power has no real result")
    return result


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise Stopped("texts are put together with f-strings here, not with %")
    return left % right


def _few_bits(bits: int) -> None:
    if bits > MOST_BITS:
        raise Stopped("this number is too big")


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": operator.sub,
    "*": _multiply,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": _modulo,
    "**": _power,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "not": operator.not_,
}


def _ordered(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    def with_none(left: Any, right: Any) -> bool:
        return left is not None and right is not None and bool(compare(left, right))

    return with_none


def _contains(item: Any, container: Any) -> bool:
    if container is None:
        return False
    if isinstance(container, str) and item is None:
        return False
    return item in container


COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
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


def subscript(value: Any, index: Any) -> Any:
    """value[index], or None where there is no such item."""
    if value is None:
        return None
    if isinstance(value, dict):
        return value.get(index)
    try:
        return value[index]
    except IndexError:
        return None
