"""The nodes of the syntax tree of a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Node:
    """The base class of all nodes; `at` is the offset in the program that errors point to."""

    at: int


@dataclass(frozen=True)
class Constant(Node):
    """A literal: a number, a string, True, False, None, or a tuple of these."""

    value: Any


@dataclass(frozen=True)
class Name(Node):
    """The name of an argument or of a variable."""

    name: str


@dataclass(frozen=True)
class Attribute(Node):
    """A field by its name: `value.name`."""

    value: Node
    name: str


@dataclass(frozen=True)
class Subscript(Node):
    """An item: `value[index]`."""

    value: Node
    index: Node


@dataclass(frozen=True)
class Slice(Node):
    """A slice: `value[start:stop:step]`; parts that are left out are None."""

    value: Node
    parts: tuple[Node | None, Node | None, Node | None]


@dataclass(frozen=True)
class Call(Node):
    """A call of a function (a Name), of `re.something`, or of a method (an Attribute)."""

    function: Node
    arguments: tuple[Node, ...]
    keywords: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Unary(Node):
    """An operator with one operand: `-x`, `not x`."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """An arithmetic operator with two operands: `x + y`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Compare(Node):
    first: Node
    others: tuple[tuple[str, Node], ...]


@dataclass(frozen=True)
class Logical(Node):
    """Two or more operands between `and`, or between `or`."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Conditional(Node):
    """A conditional expression: `then if condition else otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True)
class Collection(Node):
    """A list, tuple or set written out."""

    kind: type[Any]
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Dictionary(Node):
    """A dict display: (key, value) pairs."""

    items: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True)
class Comprehension(Node):
    """`[item for names in source if condition ...]`; a generator gives a list, too.

    For a dict, the item is a tuple of key and value.
    """

    kind: type[Any]
    item: Node
    loops: tuple[Loop, ...]


@dataclass(frozen=True)
class Loop(Node):
    """A loop of a comprehension: `for names in source if conditions`."""

    names: tuple[str, ...]
    source: Node
    conditions: tuple[Node, ...]


# A text, or an expression with its conversion (r, s, a or none) and its format.
FormattedPart = str | tuple[Node, str, str]


@dataclass(frozen=True)
class Formatted(Node):
    """An f-string."""

    parts: tuple[FormattedPart, ...]


@dataclass(frozen=True)
class Bare(Node):
    """An expression that stands alone as a statement."""

    value: Node


@dataclass(frozen=True)
class Assign(Node):
    """An assignment: `name = value`."""

    name: str
    value: Node


@dataclass(frozen=True)
class Return(Node):
    """A `return`, with a value or without one (None)."""

    value: Node | None


@dataclass(frozen=True)
class Pass(Node):
    """Nothing."""


@dataclass(frozen=True)
class Branch(Node):
    """One `if` or `elif` with what it leads to."""

    condition: Node
    body: tuple[Node, ...]


@dataclass(frozen=True)
class If(Node):
    """An `if` with its branches, and the statements after `else`."""

    branches: tuple[Branch, ...]
    otherwise: tuple[Node, ...]


def is_string(node: Node) -> bool:
    """Whether a node is a string literal, an f-string too."""
    constant = isinstance(node, Constant) and isinstance(node.value, str)
    return constant or isinstance(node, Formatted)
