"""What the grammar makes of what it finds: nodes.

Each action takes the piece of the program, the offset in it at which something was found, and the
list of what was found. It raises LanguageError for what is written rightly but cannot be.
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
    """The head of a block (`if`, `elif`, `else`), with what follows on its own line."""

    at: int
    word: str
    condition: nodes.Node | None
    inline: tuple[nodes.Node, ...]


def node(kind: type[nodes.Node]) -> Action:
    """An action that makes a node of what was found."""
    return lambda source, at, found: kind(source.start + at, *found)


def number(source: Source, at: int, found: Any) -> nodes.Node:
    digits = found[0]
    if len(digits) > LONGEST_NUMBER:
        raise source.error(at, "this number is too long")
    kind = float if set(digits) & set(".eE") else int
    return nodes.Constant(source.start + at, kind(digits))


def identifier(source: Source, at: int, found: Any) -> None:
    """Refuse names that Python hides, and those that look like others."""
    word = found[0]
    if word.startswith("_"):
        raise source.error(at, "a name cannot begin with an underscore here")
    if len(word) > LONGEST_NAME:
        raise source.error(at, "this name is too long")
    if not word.isidentifier() or word != unicodedata.normalize("NFKC", word):
        raise source.error(at, "this name has letters that look like others")


def name(source: Source, at: int, found: Any) -> nodes.Node:
    if found[0] in CONSTANTS:
        return nodes.Constant(source.start + at, CONSTANTS[found[0]])
    identifier(source, at, found)
    return nodes.Name(source.start + at, found[0])


def attribute(source: Source, at: int, found: Any) -> Trailer:
    identifier(source, at, found)
    return lambda value: nodes.Attribute(source.start + at, value, found[0])


def call(source: Source, at: int, found: Any) -> Trailer:
    begin = source.start + at
    arguments = tuple(item for item in found if isinstance(item, nodes.Node))
    keywords = tuple(item for item in found if not isinstance(item, nodes.Node))
    if tuple(found) != arguments + keywords:
        raise source.error(at, "arguments with a name come behind those without one")
    if len({name for name, _ in keywords}) < len(keywords):
        raise source.error(at, "an argument is given twice here")
    if arguments and isinstance(arguments[-1], nodes.Loop):
        arguments = (items(begin, list, arguments),)
    return lambda value: nodes.Call(begin, value, arguments, keywords)


def subscript(source: Source, at: int, found: Any) -> Trailer:
    begin = source.start + at
    if len(found) == 1 and isinstance(found[0], nodes.Node):
        return lambda value: nodes.Subscript(begin, value, found[0])
    if not found:
        raise source.error(at, "an index is missing between these brackets")
    parts: list[nodes.Node | None] = [None, None, None]
    which = 0
    for item in found:
        if isinstance(item, nodes.Node):
            parts[which] = item
        else:
            which += 1
    return lambda value: nodes.Slice(begin, value, (parts[0], parts[1], parts[2]))


def with_trailers(_source: Source, _at: int, found: Any) -> nodes.Node:
    value: nodes.Node = found[0]
    for trailer in found[1:]:
        value = trailer(value)
    return value


def parentheses(source: Source, at: int, found: Any) -> nodes.Node:
    if len(found) == 1:
        only: nodes.Node = found[0]
        return only
    return items(source.start + at, tuple, found)


def brackets(source: Source, at: int, found: Any) -> nodes.Node:
    return items(source.start + at, list, found)


def braces(source: Source, at: int, found: Any) -> nodes.Node:
    begin = source.start + at
    loops = [item for item in found if isinstance(item, nodes.Loop)]
    pairs = [tuple(item) for item in found if not isinstance(item, nodes.Loop)]
    lengths = {len(pair) for pair in pairs}
    if lengths == {1, 2}:
        raise source.error(at, "some of these items have a key, and some have not")
    if lengths == {1}:
        return items(begin, set, [*(pair[0] for pair in pairs), *loops])
    if loops:
        return items(begin, dict, [nodes.Collection(begin, tuple, pairs[0]), *loops])
    return nodes.Dictionary(begin, tuple(pairs))


def items(at: int, kind: type[Any], found: Sequence[Any]) -> nodes.Node:
    """What stands between brackets: items and commas, or an item and loops."""
    each = tuple(item for item in found if isinstance(item, nodes.Node))
    loops = tuple(item for item in each if isinstance(item, nodes.Loop))
    if loops:
        return nodes.Comprehension(at, list if kind is tuple else kind, each[0], loops)
    return nodes.Collection(at, kind, each)


def loop(source: Source, at: int, found: Any) -> nodes.Node:
    names, origin, *conditions = found
    return nodes.Loop(source.start + at, tuple(names), origin, tuple(conditions))


def operator(source: Source, at: int, found: Any) -> Operator:
    return Operator(source.start + at, " ".join(found[0].split()))


def row(source: Source, _at: int, found: Any) -> nodes.Node:
    return Climber(found, lambda at, what: source.error(at - source.start, what)).climb()


def choice(_source: Source, _at: int, found: Any) -> nodes.Node:
    """`a if b else c if d else e`, from the right."""
    value: nodes.Node = found[-1]
    for then in range(len(found) - 3, -1, -2):
        value = nodes.Conditional(found[then].at, found[then + 1], found[then], value)
    return value


def head(source: Source, at: int, found: Any) -> Head:
    word, *rest = found
    condition = None if word == "else" else rest.pop(0)
    return Head(source.start + at, word, condition, tuple(rest))
