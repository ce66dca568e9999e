"""Static analysis: the paths of a record that a program reads, so that no others are requested."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from lib.language import nodes

PLAIN_KEY = re.compile(r"[^.\[\]\"']+")


def paths_read(statements: Sequence[nodes.Node], argument: str) -> frozenset[str] | None:
    """Return the paths below an argument that a program reads, as in mappings.

    Returns None if the program may read all of it.
    """
    read: set[str] = set()
    waiting: list[Any] = list(statements)
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, tuple | list):
            waiting.extend(tree)
        elif isinstance(tree, nodes.Node):
            paths, parts = _looked_at(tree, argument)
            if paths is None:
                return None
            read.update(paths)
            waiting.extend(parts)
    return frozenset(read)


def _looked_at(tree: nodes.Node, argument: str) -> tuple[Sequence[str] | None, Sequence[Any]]:
    """Return the paths that a node reads (None: all), and the parts of it to look at next."""
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
    """Return the keys that lead from the argument to a node; None if it is something else."""
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
    """Return the path of keys, and if a key has dots or brackets also the path with it quoted."""
    plain = ".".join(keys)
    quoted = ".".join(key if PLAIN_KEY.fullmatch(key) else f'"{key}"' for key in keys)
    return [plain, quoted]
