"""The operators of programs: those of Python, with limits, and with None allowed."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from lib.language.bounds import bounded, few_bits
from lib.language.errors import Stopped
from lib.language.failures import no_item, not_comparable
from lib.values.kinds import kind_of

TEXTS = (str, bytes)
SEQUENCES = (str, bytes, list, tuple)

NO_PERCENT = "use an f-string to format text, not %"

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
        raise Stopped("the power has no real result")
    return result


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, TEXTS):
        raise Stopped(NO_PERCENT)
    return left % right


def _computed(operation: Operation, words: str) -> Operation:
    """Wrap an operation; `words` are the message for operands of types that do not fit."""

    def compute(left: Any, right: Any) -> Any:
        try:
            return operation(left, right)
        except TypeError as error:
            raise Stopped(words.format(kind_of(left), kind_of(right))) from error
        except ZeroDivisionError as error:
            raise Stopped("division by zero") from error
        except (OverflowError, ValueError) as error:
            raise Stopped("the result is out of range") from error

    return compute


def _signed(operation: Callable[[Any], Any], words: str) -> Callable[[Any], Any]:
    def compute(value: Any) -> Any:
        try:
            return operation(value)
        except TypeError as error:
            raise Stopped(words.format(kind_of(value))) from error
        except OverflowError as error:
            raise Stopped("the result is out of range") from error

    return compute


DIVISION = "cannot divide {0} by {1}"
BINARY: dict[str, Operation] = {
    "+": _computed(_add, "cannot add {1} to {0}"),
    "-": _computed(operator.sub, "cannot subtract {1} from {0}"),
    "*": _computed(_multiply, "cannot multiply {0} by {1}"),
    "/": _computed(operator.truediv, DIVISION),
    "//": _computed(operator.floordiv, DIVISION),
    "%": _computed(_modulo, DIVISION),
    "**": _computed(_power, "cannot raise {0} to the power of {1}"),
}
# Those that can give something longer than what they are given, and those that divide: they take
# longer the bigger what they give, or what they divide, is.
GROWING = frozenset({"+", "*", "**"})
DIVIDING = frozenset({"/", "//", "%"})
UNARY: dict[str, Callable[[Any], Any]] = {
    "-": _signed(operator.neg, "cannot negate {0}"),
    "+": _signed(operator.pos, "cannot use {0} as a number"),
    "not": operator.not_,
}


def _ordered(compare: Operation) -> Operation:
    def with_none(left: Any, right: Any) -> Any:
        try:
            return left is not None and right is not None and compare(left, right)
        except TypeError as error:
            raise Stopped(not_comparable(left, right)) from error

    return with_none


def _contains(item: Any, container: Any) -> bool:
    if container is None or (item is None and isinstance(container, str)):
        return False
    try:
        return item in container
    except (TypeError, ValueError) as error:
        raise Stopped(f"cannot look for {kind_of(item)} in {kind_of(container)}") from error


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
    if value is None or (isinstance(index, str) and isinstance(value, SEQUENCES)):
        return None
    try:
        return value.get(index) if isinstance(value, dict) else value[index]
    except IndexError:
        return None
    except (TypeError, ValueError) as error:
        raise Stopped(no_item(value, index)) from error
