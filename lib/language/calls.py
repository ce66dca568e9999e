"""Calls of functions, methods, and patterns, compiled to functions of a frame."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any, NamedTuple

from lib.language.bounds import (
    CONTAINERS,
    LARGE,
    SECOND,
    SIZED,
    Frame,
    Run,
    collisions,
    looked_for,
    spend,
    weight,
)
from lib.language.methods import METHODS, method


class Arguments(NamedTuple):
    """The compiled arguments of a call; `constants` are their values if all are literals."""

    values: Sequence[Run]
    named: Sequence[tuple[str, Run]]
    constants: tuple[Any, ...] | None

    def given(self, frame: Frame) -> tuple[list[Any], dict[str, Any]]:
        values = [value(frame) for value in self.values]
        return values, {name: value(frame) for name, value in self.named}


def misfit(functions: Iterable[Callable[..., Any]], count: int, names: Iterable[str]) -> str:
    """Return why none of the functions takes these arguments; an empty string if one does.

    `count` is the number of positional arguments, `names` those of the keyword arguments. Built-in
    functions without a signature are taken to fit.
    """
    reason = ""
    for function in functions:
        try:
            inspect.signature(function).bind(*[None] * count, **dict.fromkeys(names))
        except TypeError as problem:
            reason = str(problem)
        except ValueError:
            return ""
        else:
            return ""
    return reason


def function_call(function: Callable[..., Any], arguments: Arguments, *, deep: bool) -> Run:
    """Compile a call that costs the size of its arguments, with their items if it is `deep`."""
    counted = LARGE if deep else SIZED

    def cost(value: Any) -> int:
        if type(value) not in LARGE:
            return 0
        work = weight(value) if deep or type(value) is int else len(value)
        if function is sorted:
            work += len(value) * len(value).bit_length() >> 2
        elif function is set:
            work += collisions(value)
        return work

    def run_one(frame: Frame) -> Any:
        value = only(frame)
        if type(value) in counted:
            spend(frame, cost(value))
        return function(value)

    def run(frame: Frame) -> Any:
        values, named = arguments.given(frame)
        spend(frame, sum(map(cost, (*values, *named.values()))))
        return function(*values, **named)

    if len(arguments.values) == 1 and not arguments.named:
        only = arguments.values[0]
        return run_one
    return run


def method_call(name: str, owner: Run, arguments: Arguments) -> Run:
    """Compile a method call, which is None for None; it costs the size of all values involved."""
    constants = arguments.constants
    if constants is None or arguments.named:
        return _method_call(name, owner, arguments)
    by_type = {kind: methods[name] for kind, methods in METHODS.items() if name in methods}
    longest = max((item for item in constants if isinstance(item, str)), key=len, default="")

    def run(frame: Frame) -> Any:
        value = owner(frame)
        if value is None:
            return None
        kind = type(value)
        result = (by_type.get(kind) or method(value, name))(value, *constants)
        work = len(value) + looked_for(longest, value) if kind in SIZED else 0
        if type(result) in SIZED:
            work += len(result) if kind in SIZED else weight(result)
        spend(frame, work)
        return result

    return run


def _method_call(name: str, owner: Run, arguments: Arguments) -> Run:
    """Compile a method call whose arguments are not constants."""

    def run(frame: Frame) -> Any:
        value = owner(frame)
        if value is None:
            return None
        values, named = arguments.given(frame)
        sized = type(value) in SIZED
        nested = [item for item in values if type(item) in CONTAINERS]
        sought = sum(looked_for(item, value) for item in values) if sized else 0
        if nested:
            spend(frame, weight(nested) + weight(value) + sum(map(collisions, nested)))
        elif sized:
            spend(frame, len(value) + (0 if type(value) is str else sought))
        result = method(value, name)(value, *values, **named)
        if type(result) in SIZED:
            sought += len(result) if sized else weight(result)
        spend(frame, sought)
        return result

    return run


def timed_call(function: Callable[..., Any], arguments: Arguments) -> Run:
    """Compile a call that costs the time that it takes."""

    def run(frame: Frame) -> Any:
        values, named = arguments.given(frame)
        begin = monotonic()
        result = function(*values, **named)
        spend(frame, int((monotonic() - begin) * SECOND))
        return result

    return run
