"""Constant folding: tuples of constants, and the flags of patterns."""

from __future__ import annotations

from collections.abc import Container

from lib.language import nodes
from lib.language.errors import LanguageError
from lib.language.patterns import PATTERN_FLAGS
from lib.plugins import did_you_mean


class Folding:
    """Replaces constant expressions of a program; `slots` are the names that hold values."""

    def __init__(self, text: str, slots: Container[str]) -> None:
        self._text = text
        self._slots = slots

    def folded(self, node: nodes.Node) -> nodes.Node:
        """Return the constant that a node always has as its value, or the node itself."""
        match node:
            case nodes.Collection(kind=kind) if kind is tuple:
                items = [self.folded(item) for item in node.items]
                constants = [item.value for item in items if isinstance(item, nodes.Constant)]
                if len(constants) == len(items):
                    return nodes.Constant(node.at, tuple(constants))
            case nodes.Attribute() if self.is_of_re(node):
                return nodes.Constant(node.at, self._flag(node))
            case nodes.Binary(operator="|"):
                return nodes.Constant(node.at, self._flags(node))
        return node

    def is_of_re(self, node: nodes.Attribute) -> bool:
        owner = node.value
        return isinstance(owner, nodes.Name) and owner.name == "re" and "re" not in self._slots

    def _flag(self, node: nodes.Attribute) -> int:
        if node.name not in PATTERN_FLAGS:
            hint = did_you_mean(node.name, PATTERN_FLAGS)
            raise self._error(node, f"unknown flag `re.{node.name}`; {hint}".rstrip("; "))
        return PATTERN_FLAGS[node.name]

    def _flags(self, node: nodes.Binary) -> int:
        flags = 0
        for side in (node.left, node.right):
            flag = self.folded(side)
            if flag is side or not isinstance(flag, nodes.Constant):
                raise self._error(node, "use `or` instead of |")
            flags |= flag.value
        return flags

    def _error(self, node: nodes.Node, what: str) -> LanguageError:
        return LanguageError(what, self._text, node.at)
