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
from lib.language.errors import Stopped
from lib.language.failures import call_failure
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
    """Return why no function accepts these arguments; an empty string if one does.

    `count` is the number of positional arguments, `names` those of the keyword arguments. Built-in
    functions without a signature are assumed to accept them.
    """
    reason = ""
    for function in functions:
        try:
            signature = inspect.signature(function)
        except ValueError:
            return ""
        reason = _misfit(signature, count, list(names))
        if not reason:
            return ""
    return reason


def _misfit(signature: inspect.Signature, count: int, names: Sequence[str]) -> str:
    try:
        signature.bind(*[None] * count, **dict.fromkeys(names))
    except TypeError:
        pass
    else:
        return ""
    parameters = list(signature.parameters.values())
    named = {item.name for item in parameters if item.kind is not item.POSITIONAL_ONLY}
    unknown = [name for name in names if name not in named]
    if unknown:
        return f"unknown argument `{unknown[0]}`"
    places = [item for item in parameters if item.kind is not item.KEYWORD_ONLY]
    if count > len(places):
        return "too many arguments"
    if any(item.name in names for item in places[:count]):
        return "an argument is given twice"
    missing = [item for item in places[count:] if item.default is item.empty]
    return "an argument is missing" if missing else "the arguments do not fit"


def function_call(
    name: str, function: Callable[..., Any], arguments: Arguments, *, deep: bool
) -> Run:
    """Compile a call that costs the size of its arguments, with their items if it is `deep`."""
    counted = LARGE if deep else SIZED

    def cost(value: Any) -> int:
        if type(value) not in LARGE:
            return 0
        work = weight(value) if deep or type(value) is int else len(value)
        if function is sorted and type(value) in SIZED:
            work += len(value) * len(value).bit_length() >> 2
        elif function is set and type(value) in SIZED:
            work += collisions(value)
        return work

    def run_one(frame: Frame) -> Any:
        value = only(frame)
        if type(value) in counted:
            spend(frame, cost(value))
        return _called(name, function, value)

    def run(frame: Frame) -> Any:
        values, named = arguments.given(frame)
        spend(frame, sum(map(cost, (*values, *named.values()))))
        return _called(name, function, *values, **named)

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
        result = _method_called(name, by_type.get(kind) or method(value, name), value, *constants)
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
        result = _method_called(name, method(value, name), value, *values, **named)
        if type(result) in SIZED:
            sought += len(result) if sized else weight(result)
        spend(frame, sought)
        return result

    return run


def timed_call(name: str, function: Callable[..., Any], arguments: Arguments) -> Run:
    """Compile a call that costs the time that it takes."""

    def run(frame: Frame) -> Any:
        values, named = arguments.given(frame)
        begin = monotonic()
        result = _called(name, function, *values, **named)
        spend(frame, int((monotonic() - begin) * SECOND))
        return result

    return run


def _called(name_: str, function_: Callable[..., Any], *values: Any, **named: Any) -> Any:
    """Call a function; raise Stopped, with a message in plain words, if it fails."""
    try:
        return function_(*values, **named)
    except Stopped:
        raise
    except Exception as error:
        raise call_failure(name_, error, (*values, *named.values())) from error


def _method_called(
    name_: str, method_: Callable[..., Any], owner_: Any, *values: Any, **named: Any
) -> Any:
    """Call a method of a value, as `_called` does; messages are about the other arguments."""
    try:
        return method_(owner_, *values, **named)
    except Stopped:
        raise
    except Exception as error:
        raise call_failure(name_, error, (*values, *named.values())) from error
