"""How tightly operators bind: from a row of operands and operators to a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lib.language import nodes

# Comparisons share one level, and chain.
COMPARISON = 4
BINDING = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "**": 8}
NOT, SIGN = 3, 7


class Operator(NamedTuple):
    at: int
    text: str


class Climber:
    """Precedence climbing over one row; `refuse` makes the error for what cannot stand there."""

    def __init__(self, row: Sequence[Any], refuse: Callable[[int, str], Exception]) -> None:
        self._row = row
        self._refuse = refuse
        self._next = 0

    def climb(self, level: int = 1) -> nodes.Node:
        left = self._operand(level)
        while (binds := self._binds()) >= level:
            operator = self._take()
            if binds == COMPARISON:
                left = self._comparison(left, operator)
            elif operator.text in ("and", "or"):
                left = nodes.Logical(operator.at, operator.text, left, self.climb(binds + 1))
            else:
                # A power binds to the right, and its exponent may have a sign.
                right = self.climb(SIGN if operator.text == "**" else binds + 1)
                left = nodes.Binary(operator.at, operator.text, left, right)
        return left

    def _operand(self, level: int) -> nodes.Node:
        item = self._take()
        if not isinstance(item, Operator):
            node: nodes.Node = item
            return node
        if item.text == "not" and level > NOT:
            raise self._refuse(item.at, "`not` needs brackets here")
        return nodes.Unary(item.at, item.text, self.climb(NOT if item.text == "not" else SIGN))

    def _comparison(self, left: nodes.Node, operator: Operator) -> nodes.Node:
        others = [(operator.text, self.climb(COMPARISON + 1))]
        while self._binds() == COMPARISON:
            others.append((self._take().text, self.climb(COMPARISON + 1)))
        return nodes.Compare(operator.at, left, tuple(others))

    def _binds(self) -> int:
        if self._next == len(self._row):
            return 0
        return BINDING.get(self._row[self._next].text, COMPARISON)

    def _take(self) -> Any:
        self._next += 1
        return self._row[self._next - 1]
