"""Which paths of an argument a program looks at, so that a source is asked for no others."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from lib.language import nodes

PLAIN_KEY = re.compile(r"[^.\[\]\"']+")


def paths_read(statements: Sequence[nodes.Node], argument: str) -> frozenset[str] | None:
    """The paths below the argument, as in mappings; None if the program uses it as a whole."""
    found: set[str] = set()
    waiting: list[Any] = list(statements)
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, tuple | list):
            waiting.extend(tree)
        elif isinstance(tree, nodes.Node):
            paths, parts = _looked_at(tree, argument)
            if paths is None:
                return None
            found.update(paths)
            waiting.extend(parts)
    return frozenset(found)


def _looked_at(tree: nodes.Node, argument: str) -> tuple[Sequence[str] | None, Sequence[Any]]:
    """The paths that a node looks at, None for the whole argument; and the parts to go on with."""
    keys = _keys(tree, argument)
    if keys is not None:
        return _paths(keys) if keys else None, ()
    if isinstance(tree, nodes.Call):
        return _called(tree, argument)
    return (), [getattr(tree, part.name) for part in dataclasses.fields(tree)]


def _called(call: nodes.Call, argument: str) -> tuple[Sequence[str], Sequence[Any]]:
    match call.function, call.arguments:
        case nodes.Attribute(value=owner, name="get"), (nodes.Constant(value=key), *more):
            keys = _keys(owner, argument)
            if keys is not None:
                return _paths([*keys, str(key)]), (more, call.keywords)
        case nodes.Name(name="get_field_value"), (owner, nodes.Constant(value=path), *more):
            if _keys(owner, argument) == []:
                return [str(path)], (more, call.keywords)
        case nodes.Name(name="cae"), (owner, *more):
            if _keys(owner, argument) == []:
                return ["extension_attributes"], (more, call.keywords)
    # A method is no field.
    function = call.function
    owner = function.value if isinstance(function, nodes.Attribute) else function
    return (), (owner, call.arguments, call.keywords)


def _keys(node: Any, argument: str) -> list[str] | None:
    """The keys that lead from the argument to a node; None where they do not."""
    keys: list[str] = []
    while True:
        match node:
            case nodes.Attribute(value=owner, name=key):
                pass
            case nodes.Subscript(value=owner, index=nodes.Constant(value=str() as key)):
                pass
            case nodes.Name(name=name) if name == argument:
                return keys[::-1]
            case _:
                return None
        keys.append(key)
        node = owner


def _paths(keys: Sequence[str]) -> list[str]:
    """The path, and where a key looks like steps of a path also that with it in quotes."""
    plain = ".".join(keys)
    quoted = ".".join(key if PLAIN_KEY.fullmatch(key) else f'"{key}"' for key in keys)
    return [plain, quoted]
