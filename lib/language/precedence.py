"""Operator precedence: turns a row of operands and operators into a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lib.language import nodes

# Comparisons share one level, and chain.
OR, AND, NOT, COMPARISON, SIGN, POWER = 1, 2, 3, 4, 8, 9
BINDING = {
    "or": OR, "and": AND, "|": 5, "+": 6, "-": 6, "*": 7, "/": 7, "//": 7, "%": 7, "**": POWER,
}  # fmt: skip
# Signs, and powers of powers, in one row.
DEEPEST = 50


class Operator(NamedTuple):
    """An operator, and its offset in the program."""

    at: int
    text: str


class Climber:
    """Precedence climbing over a row of operands and operators.

    `refuse` makes the error for an operator that is not possible at an offset.
    """

    def __init__(self, row: Sequence[Any], refuse: Callable[[int, str], Exception]) -> None:
        self._row = row
        self._refuse = refuse
        self._next = 0
        self._depth = 0

    def climb(self, level: int = OR) -> nodes.Node:
        """Return the tree of the operators that bind at least as tightly as the level."""
        left = self._operand(level)
        while (binds := self._binds()) >= level:
            if binds == COMPARISON:
                left = self._comparison(left)
            elif binds in (AND, OR):
                left = self._logical(left, binds)
            else:
                operator = self._take()
                # A power binds to the right, and its exponent may have a sign.
                right = self._deeper(SIGN, operator) if binds == POWER else self.climb(binds + 1)
                left = nodes.Binary(operator.at, operator.text, left, right)
        return left

    def _operand(self, level: int) -> nodes.Node:
        item = self._take()
        if not isinstance(item, Operator):
            node: nodes.Node = item
            return node
        if item.text == "not" and level > NOT:
            raise self._refuse(item.at, "put the part with `not` in parentheses")
        operand = self._deeper(NOT if item.text == "not" else SIGN, item)
        if item.text == "-" and isinstance(operand, nodes.Constant) and _is_number(operand.value):
            return nodes.Constant(item.at, -operand.value)
        return nodes.Unary(item.at, item.text, operand)

    def _comparison(self, left: nodes.Node) -> nodes.Node:
        at = self._row[self._next].at
        others = []
        while self._binds() == COMPARISON:
            others.append((self._take().text, self.climb(COMPARISON + 1)))
        return nodes.Compare(at, left, tuple(others))

    def _logical(self, left: nodes.Node, binds: int) -> nodes.Node:
        at, text = self._row[self._next]
        operands = [left]
        while self._binds() == binds:
            self._take()
            operands.append(self.climb(binds + 1))
        return nodes.Logical(at, text, tuple(operands))

    def _deeper(self, level: int, operator: Operator) -> nodes.Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refuse(
                operator.at, f"more than {DEEPEST} operators in a row are not allowed"
            )
        node = self.climb(level)
        self._depth -= 1
        return node

    def _binds(self) -> int:
        if self._next == len(self._row):
            return 0
        return BINDING.get(self._row[self._next].text, COMPARISON)

    def _take(self) -> Any:
        self._next += 1
        return self._row[self._next - 1]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
