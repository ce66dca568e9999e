"""The parse actions of the grammar, which make the nodes of the syntax tree.

Each action takes the piece of the program, the offset in it at which something was parsed, and the
list of the parsed parts. It raises LanguageError for valid syntax that is not allowed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lib.language import nodes
from lib.language.mistakes import CONSTANTS
from lib.language.precedence import Climber, Operator
from lib.language.source import Source

LONGEST_NUMBER = 300
LONGEST_NAME = 100

Action = Callable[[Source, int, Any], Any]
# What follows a value (an attribute, a call, a subscript), still without the value.
Trailer = Callable[[nodes.Node], nodes.Node]


class Head(NamedTuple):
    """The head of a block (`if`, `elif`, `else`), with the statements that follow on its line."""

    at: int
    word: str
    condition: nodes.Node | None
    inline: tuple[nodes.Node, ...]


def node(kind: type[nodes.Node]) -> Action:
    """Return an action that makes a node of this class of the parsed parts."""
    return lambda source, at, parsed: kind(source.start + at, *parsed)


def number(source: Source, at: int, parsed: Any) -> nodes.Node:
    """Make the constant of a number."""
    digits = parsed[0]
    if len(digits) > LONGEST_NUMBER:
        raise source.error(at, "the number is too long")
    kind = float if set(digits) & set(".eE") else int
    return nodes.Constant(source.start + at, kind(digits))


def identifier(source: Source, at: int, parsed: Any) -> None:
    """Raise LanguageError for a name with an underscore in front, or that looks like another."""
    word = parsed[0]
    if word.startswith("_"):
        raise source.error(at, "a name cannot begin with an underscore")
    if len(word) > LONGEST_NAME:
        raise source.error(at, "the name is too long")
    if not word.isidentifier() or word != unicodedata.normalize("NFKC", word):
        raise source.error(at, "the name contains look-alike characters; use plain letters")


def name(source: Source, at: int, parsed: Any) -> nodes.Node:
    """Make the node of a name, or of one of the constants True, False, and None."""
    if parsed[0] in CONSTANTS:
        return nodes.Constant(source.start + at, CONSTANTS[parsed[0]])
    identifier(source, at, parsed)
    return nodes.Name(source.start + at, parsed[0])


def attribute(source: Source, at: int, parsed: Any) -> Trailer:
    """Make the trailer `.name`."""
    identifier(source, at, parsed)
    return lambda value: nodes.Attribute(source.start + at, value, parsed[0])


def call(source: Source, at: int, parsed: Any) -> Trailer:
    """Make the trailer `(...)`, the arguments of a call."""
    begin = source.start + at
    arguments = tuple(item for item in parsed if isinstance(item, nodes.Node))
    keywords = tuple(item for item in parsed if not isinstance(item, nodes.Node))
    if tuple(parsed) != arguments + keywords:
        raise source.error(at, "arguments without a name must come before those with one")
    if len({name for name, _ in keywords}) < len(keywords):
        raise source.error(at, "an argument is given twice")
    if arguments and isinstance(arguments[-1], nodes.Loop):
        arguments = (items(begin, list, arguments),)
    return lambda value: nodes.Call(begin, value, arguments, keywords)


def subscript(source: Source, at: int, parsed: Any) -> Trailer:
    """Make the trailer `[...]`, an index or a slice."""
    begin = source.start + at
    if len(parsed) == 1 and isinstance(parsed[0], nodes.Node):
        return lambda value: nodes.Subscript(begin, value, parsed[0])
    if not parsed:
        raise source.error(at, "the index between the brackets is missing")
    parts: list[nodes.Node | None] = [None, None, None]
    which = 0
    for item in parsed:
        if isinstance(item, nodes.Node):
            parts[which] = item
        else:
            which += 1
    return lambda value: nodes.Slice(begin, value, (parts[0], parts[1], parts[2]))


def with_trailers(_source: Source, _at: int, parsed: Any) -> nodes.Node:
    """Make the node of a value with its trailers."""
    value: nodes.Node = parsed[0]
    for trailer in parsed[1:]:
        value = trailer(value)
    return value


def parentheses(source: Source, at: int, parsed: Any) -> nodes.Node:
    """Make the node of what is in parentheses: an expression, a tuple, or a comprehension."""
    if len(parsed) == 1:
        only: nodes.Node = parsed[0]
        return only
    return items(source.start + at, tuple, parsed)


def brackets(source: Source, at: int, parsed: Any) -> nodes.Node:
    """Make the node of a list or a list comprehension."""
    return items(source.start + at, list, parsed)


def braces(source: Source, at: int, parsed: Any) -> nodes.Node:
    """Make the node of a set, a dict, or a comprehension of these."""
    begin = source.start + at
    loops = [item for item in parsed if isinstance(item, nodes.Loop)]
    pairs = [tuple(item) for item in parsed if not isinstance(item, nodes.Loop)]
    lengths = {len(pair) for pair in pairs}
    if lengths == {1, 2}:
        raise source.error(at, "some of these items have a key, and others do not")
    if lengths == {1}:
        return items(begin, set, [*(pair[0] for pair in pairs), *loops])
    if loops:
        return items(begin, dict, [nodes.Collection(begin, tuple, pairs[0]), *loops])
    return nodes.Dictionary(begin, tuple(pairs))


def items(at: int, kind: type[Any], parsed: Sequence[Any]) -> nodes.Node:
    """Make the node of the contents of brackets: items and commas, or an item and loops."""
    each = tuple(item for item in parsed if isinstance(item, nodes.Node))
    loops = tuple(item for item in each if isinstance(item, nodes.Loop))
    if loops:
        return nodes.Comprehension(at, list if kind is tuple else kind, each[0], loops)
    return nodes.Collection(at, kind, each)


def loop(source: Source, at: int, parsed: Any) -> nodes.Node:
    """Make the node of `for ... in ... if ...` in a comprehension."""
    names, origin, *conditions = parsed
    return nodes.Loop(source.start + at, tuple(names), origin, tuple(conditions))


def operator(source: Source, at: int, parsed: Any) -> Operator:
    """Make an operator, with its position."""
    return Operator(source.start + at, " ".join(parsed[0].split()))


def row(source: Source, _at: int, parsed: Any) -> nodes.Node:
    """Make the tree of a row of operands and operators, by their precedence."""
    return Climber(parsed, lambda at, what: source.error(at - source.start, what)).climb()


def choice(_source: Source, _at: int, parsed: Any) -> nodes.Node:
    """Make the node of `a if b else c if d else e`, from the right."""
    value: nodes.Node = parsed[-1]
    for then in range(len(parsed) - 3, -1, -2):
        value = nodes.Conditional(parsed[then].at, parsed[then + 1], parsed[then], value)
    return value


def head(source: Source, at: int, parsed: Any) -> Head:
    """Make the head of a block."""
    word, *rest = parsed
    condition = None if word == "else" else rest.pop(0)
    return Head(source.start + at, word, condition, tuple(rest))
