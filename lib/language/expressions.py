"""What each node of an expression becomes: a function of a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from lib.language import nodes
from lib.language.errors import LanguageError, Stopped
from lib.language.functions import (
    FUNCTIONS,
    METHOD_NAMES,
    PATTERN_FLAGS,
    PATTERN_FUNCTIONS,
    attribute,
    bounded,
    method,
)
from lib.language.layout import error
from lib.language.operators import BINARY, COMPARISONS, UNARY, subscript
from lib.plugins import did_you_mean

# What a run knows: how many steps are left, which line decided, then the arguments and the names
# that the program gives.
Frame = list[Any]
Run = Callable[[Frame], Any]

STEPS, LINE, FIRST = 0, 1, 2
# How often the loops of one run may go round.
MOST_STEPS = 100_000


class Expressions:
    """Compiles the expressions of one program; `size` is how many names it has."""

    def __init__(self, text: str, arguments: Sequence[str]) -> None:
        self._text = text
        self._slots = {name: FIRST + at for at, name in enumerate(arguments)}
        self.size = len(arguments)

    def compile(self, node: nodes.Node) -> Run:
        """A function that gives the node's value. Raises LanguageError."""
        compile_node = getattr(self, f"_compile_{type(node).__name__.lower()}")
        run: Run = compile_node(node)
        return run

    def _compile_constant(self, node: nodes.Constant) -> Run:
        value = node.value
        return lambda _frame: value

    def _compile_name(self, node: nodes.Name) -> Run:
        slot = self._slots.get(node.name)
        if slot is None:
            hint = did_you_mean(node.name, [*self._slots, *FUNCTIONS])
            raise self.error(node, f"there is no name {node.name!r}; {hint}".rstrip("; "))
        return lambda frame: frame[slot]

    def _compile_attribute(self, node: nodes.Attribute) -> Run:
        if isinstance(node.value, nodes.Name) and node.value.name == "re":
            return self._flag(node)
        value, name = self.compile(node.value), node.name

        def run(frame: Frame) -> Any:
            inner = value(frame)
            return inner.get(name) if type(inner) is dict else attribute(inner, name)

        return run

    def _flag(self, node: nodes.Attribute) -> Run:
        flag = PATTERN_FLAGS.get(node.name)
        if flag is None:
            raise self.error(node, f"`re` has no {node.name!r} here")
        return lambda _frame: flag

    def _compile_subscript(self, node: nodes.Subscript) -> Run:
        value, index = self.compile(node.value), self.compile(node.index)
        return lambda frame: subscript(value(frame), index(frame))

    def _compile_slice(self, node: nodes.Slice) -> Run:
        value = self.compile(node.value)
        start, stop, step = (
            self.compile(part) if part else lambda _frame: None for part in node.parts
        )
        return lambda frame: subscript(value(frame), slice(start(frame), stop(frame), step(frame)))

    def _compile_unary(self, node: nodes.Unary) -> Run:
        operand, operation = self.compile(node.operand), UNARY[node.operator]
        return lambda frame: operation(operand(frame))

    def _compile_binary(self, node: nodes.Binary) -> Run:
        left, right = self.compile(node.left), self.compile(node.right)
        operation = BINARY[node.operator]
        return lambda frame: operation(left(frame), right(frame))

    def _compile_logical(self, node: nodes.Logical) -> Run:
        left, right = self.compile(node.left), self.compile(node.right)
        if node.operator == "and":
            return lambda frame: left(frame) and right(frame)
        return lambda frame: left(frame) or right(frame)

    def _compile_conditional(self, node: nodes.Conditional) -> Run:
        then, test = self.compile(node.then), self.compile(node.condition)
        otherwise = self.compile(node.otherwise)
        return lambda frame: then(frame) if test(frame) else otherwise(frame)

    def _compile_compare(self, node: nodes.Compare) -> Run:
        first = self.compile(node.first)
        others = [(COMPARISONS[sign], self.compile(item)) for sign, item in node.others]
        if len(others) == 1:
            compare, other = others[0]
            if node.others[0][0] == "==":  # the most frequent one
                return lambda frame: first(frame) == other(frame)
            return lambda frame: compare(first(frame), other(frame))

        def run(frame: Frame) -> Any:
            left, result = first(frame), True
            for compare, other in others:
                right = other(frame)
                result = compare(left, right)
                if not result:
                    break
                left = right
            return result

        return run

    def _compile_collection(self, node: nodes.Collection) -> Run:
        kind, items = node.kind, [self.compile(item) for item in node.items]
        return lambda frame: kind([item(frame) for item in items])

    def _compile_dictionary(self, node: nodes.Dictionary) -> Run:
        items = [(self.compile(key), self.compile(value)) for key, value in node.items]
        return lambda frame: {key(frame): value(frame) for key, value in items}

    def _compile_comprehension(self, node: nodes.Comprehension) -> Run:
        generate = self._generator(node)
        return lambda frame: list(generate(frame))

    def _generator(self, node: nodes.Comprehension) -> Callable[[Frame], Iterator[Any]]:
        outer = dict(self._slots)
        loops = [self._loop(loop) for loop in node.loops]
        item = self.compile(node.item)
        self._slots = outer

        def generate(frame: Frame, depth: int = 0) -> Iterator[Any]:
            if depth == len(loops):
                yield item(frame)
                return
            for _ in loops[depth](frame):
                yield from generate(frame, depth + 1)

        return generate

    def _loop(self, loop: nodes.Loop) -> Callable[[Frame], Iterator[None]]:
        """Goes round for each item that meets the conditions, with its names set."""
        source = self.compile(loop.source)
        slots = [self.slot(name, new=True) for name in loop.names]
        conditions = [self.compile(condition) for condition in loop.conditions]

        def rounds(frame: Frame) -> Iterator[None]:
            for value in source(frame) or ():
                frame[STEPS] -= 1
                if frame[STEPS] < 0:
                    raise Stopped(f"its loops go round more than {MOST_STEPS} times")
                values = [value] if len(slots) == 1 else list(value)
                for slot, part in zip(slots, values, strict=True):
                    frame[slot] = part
                if all(condition(frame) for condition in conditions):
                    yield

        return rounds

    def _compile_formatted(self, node: nodes.Formatted) -> Run:
        conversions: dict[str, Callable[[Any], Any]] = {"r": repr, "s": str, "a": ascii}
        parts: list[str | tuple[Run, Callable[[Any], Any] | None, str]] = [
            part
            if isinstance(part, str)
            else (self.compile(part[0]), conversions.get(part[1]), part[2])
            for part in node.parts
        ]

        def run(frame: Frame) -> str:
            texts = []
            for part in parts:
                if isinstance(part, str):
                    texts.append(part)
                else:
                    value, convert, form = part
                    shown = convert(value(frame)) if convert else value(frame)
                    texts.append(format(shown, form))
            bounded(sum(map(len, texts)))
            return "".join(texts)

        return run

    def _compile_call(self, node: nodes.Call) -> Run:
        target = node.function
        if isinstance(target, nodes.Name):
            return self._function(node, target)
        if isinstance(target, nodes.Attribute):
            if isinstance(target.value, nodes.Name) and target.value.name == "re":
                return self._plain_call(
                    node, PATTERN_FUNCTIONS.get(target.name), f"re.{target.name}"
                )
            return self._method(node, target)
        raise self.error(node, "this cannot be called")

    def _function(self, node: nodes.Call, target: nodes.Name) -> Run:
        name = target.name
        first = node.arguments[0] if len(node.arguments) == 1 else None
        if name in ("any", "all") and isinstance(first, nodes.Comprehension):
            function, generate = FUNCTIONS[name], self._generator(first)
            return lambda frame: function(generate(frame))
        return self._plain_call(node, FUNCTIONS.get(name), name)

    def _plain_call(self, node: nodes.Call, function: Callable[..., Any] | None, name: str) -> Run:
        if function is None:
            known = [*FUNCTIONS, *(f"re.{item}" for item in PATTERN_FUNCTIONS)]
            hint = did_you_mean(name, known) or f"there are: {', '.join(sorted(known))}"
            raise self.error(node.function, f"there is no function {name!r}; {hint}")
        arguments, keywords = self._arguments(node)
        if len(arguments) == 1 and not keywords:
            only = arguments[0]
            return lambda frame: function(only(frame))
        return lambda frame: function(
            *[item(frame) for item in arguments],
            **{key: value(frame) for key, value in keywords},
        )

    def _method(self, node: nodes.Call, target: nodes.Attribute) -> Run:
        name = target.name
        if name not in METHOD_NAMES:
            hint = did_you_mean(name, METHOD_NAMES) or "see docs/recordfilter.md for the list"
            raise self.error(target, f"there is no method {name!r}; {hint}")
        value = self.compile(target.value)
        arguments, keywords = self._arguments(node)

        def run(frame: Frame) -> Any:
            owner = value(frame)
            if owner is None:
                return None
            return method(owner, name)(
                owner,
                *[item(frame) for item in arguments],
                **{key: given(frame) for key, given in keywords},
            )

        return run

    def _arguments(self, node: nodes.Call) -> tuple[list[Run], list[tuple[str, Run]]]:
        arguments = [self.compile(item) for item in node.arguments]
        return arguments, [(key, self.compile(item)) for key, item in node.keywords]

    def slot(self, name: str, *, new: bool = False) -> int:
        """The place of a name in the frame; a new one for a name that there was not."""
        if new or name not in self._slots:
            self._slots[name] = FIRST + self.size
            self.size += 1
        return self._slots[name]

    def error(self, node: nodes.Node, what: str) -> LanguageError:
        return error(what, self._text, node.at)
