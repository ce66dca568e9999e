"""Which fields of an argument a program looks at, so that a source is asked for no others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from lib.language import nodes


def fields_read(statements: Sequence[nodes.Node], argument: str) -> frozenset[str] | None:
    """The first steps below the argument; None if the program uses it as a whole."""
    found = set()
    for name in _below(statements, argument):
        if name is None:
            return None
        found.add(name)
    return frozenset(found)


def _below(tree: Any, argument: str) -> Iterator[str | None]:
    """Yield each field that is looked at, and None for each other use of the argument."""
    if isinstance(tree, tuple | list):
        for item in tree:
            yield from _below(item, argument)
    elif isinstance(tree, nodes.Node | nodes.Loop):
        field, others = _field(tree, argument)
        if field is not None:
            yield field
        elif tree == nodes.Name(getattr(tree, "at", 0), argument):
            yield None
        for other in others:
            yield from _below(other, argument)


def _field(tree: Any, argument: str) -> tuple[str | None, Sequence[Any]]:
    """The field of the argument that a node looks at, and the parts to go on with."""
    match tree:
        case nodes.Attribute(value=nodes.Name(name=name), name=field) if name == argument:
            return field, ()
        case nodes.Subscript(
            value=nodes.Name(name=name), index=nodes.Constant(value=str() as field)
        ) if name == argument:
            return field, ()
        case nodes.Call(
            function=nodes.Attribute(value=nodes.Name(name=name), name="get"),
            arguments=(nodes.Constant(value=str() as field), *others),
        ) if name == argument:
            return field, others
        case nodes.Call(
            function=nodes.Name(name="get_field_value"),
            arguments=(nodes.Name(name=name), nodes.Constant(value=str() as path), *others),
        ) if name == argument:
            return path.split(".")[0], others
        case nodes.Call(
            function=nodes.Name(name="cae"), arguments=(nodes.Name(name=name), *others)
        ) if name == argument:
            return "extension_attributes", others
    return None, [getattr(tree, part.name) for part in dataclasses.fields(tree)]
