"""The compiler of expressions: each node of the syntax tree becomes a function of a frame."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from lib.language import calls, containers, hints, nodes, runs
from lib.language.bounds import FIRST, Run, constant_size
from lib.language.errors import LanguageError, Stopped
from lib.language.folding import Folding
from lib.language.functions import DEEP, FUNCTIONS, SEARCHING
from lib.language.methods import METHOD_NAMES, METHODS
from lib.language.mistakes import CONSTANTS
from lib.language.operators import BINARY, DIVIDING, GROWING, NO_PERCENT, UNARY
from lib.language.patterns import PATTERN_FUNCTIONS, checked
from lib.plugins import did_you_mean

# Nodes in nodes; each takes a few calls to compile, and one or two to run.
DEEPEST = 100
TOO_DEEP = "the expression is nested too deeply; assign a part of it to a name first"
# What a call takes beside its arguments, in nodes.
CALL = 5
LONG_TEXT = 100  # characters; in a longer one, another text is not found at once
# In one comprehension.
MOST_LOOPS = 5
# What is written out and is no dict.
NO_FIELDS = (nodes.Constant, nodes.Collection, nodes.Comprehension, nodes.Formatted)


class Expressions:
    """Compiles the expressions of one program; `names` is how many values its frame holds."""

    def __init__(self, text: str, arguments: Sequence[str]) -> None:
        self._text = text
        self._slots = {name: FIRST + at for at, name in enumerate(arguments)}
        self._folding = Folding(text, self._slots)
        self._depth = 0
        # Of all that is compiled so far, in nodes: what a round of a loop costs depends on it.
        self._size = 0
        self.names = len(arguments)
        self._compilers: dict[type[nodes.Node], Callable[[Any], Run]] = {
            nodes.Constant: self._compile_constant,
            nodes.Name: self._compile_name,
            nodes.Attribute: self._compile_attribute,
            nodes.Subscript: self._compile_subscript,
            nodes.Slice: self._compile_slice,
            nodes.Unary: self._compile_unary,
            nodes.Binary: self._compile_binary,
            nodes.Logical: self._compile_logical,
            nodes.Conditional: self._compile_conditional,
            nodes.Compare: self._compile_compare,
            nodes.Collection: self._compile_collection,
            nodes.Dictionary: self._compile_dictionary,
            nodes.Comprehension: self._compile_comprehension,
            nodes.Formatted: self._compile_formatted,
            nodes.Call: self._compile_call,
        }

    def compile(self, node: nodes.Node) -> Run:
        """Return a function of a frame that computes the value of a node. Raises LanguageError."""
        if self._depth == DEEPEST:
            raise self.error(node, TOO_DEEP)
        self._depth += 1
        node = self._folding.folded(node)
        self._size += 1
        run = self._compilers[type(node)](node)
        self._depth -= 1
        return run

    def slot(self, name: str) -> int:
        """Return the position of a name in the frame; a new name gets a new position."""
        if name not in self._slots:
            self._slots[name] = self._new_slot()
        return self._slots[name]

    def error(self, node: nodes.Node, what: str) -> LanguageError:
        return LanguageError(what, self._text, node.at)

    def _new_slot(self) -> int:
        self.names += 1
        return FIRST + self.names - 1

    def _compile_constant(self, node: nodes.Constant) -> Run:
        self._size += constant_size(node.value)
        return runs.constant(node.value)

    def _compile_name(self, node: nodes.Name) -> Run:
        slot = self._slots.get(node.name)
        if slot is not None:
            return lambda frame: frame[slot]
        if node.name in FUNCTIONS:
            raise self.error(node, f"`{node.name}` is a function; write {node.name}(...)")
        if node.name == "re":
            raise self.error(node, "`re` must be followed by a function, such as re.search(...)")
        there = [*self._slots, *FUNCTIONS, *CONSTANTS]
        raise self.error(node, hints.unknown_name(node.name, there))

    def _compile_attribute(self, node: nodes.Attribute) -> Run:
        names, owner = [node.name], node.value
        while isinstance(owner, nodes.Attribute):
            names.insert(0, owner.name)
            owner = owner.value
        if len(names) > DEEPEST:
            raise self.error(node, TOO_DEEP)
        self._size += len(names)
        if not self._has_fields(owner):
            raise self.error(node, f"the value before `.{node.name}` has no fields")
        if isinstance(owner, nodes.Name) and owner.name in self._slots:
            return runs.field(self._slots[owner.name], names)
        return runs.field_of(self.compile(owner), names)

    def _compile_subscript(self, node: nodes.Subscript) -> Run:
        owner, index = self.compile(node.value), node.index
        if isinstance(index, nodes.Constant) and isinstance(index.value, str):
            return runs.field_by_key(owner, index.value)
        return runs.item(owner, self.compile(index))

    def _has_fields(self, node: nodes.Node) -> bool:
        if isinstance(node, nodes.Call) and isinstance(node.function, nodes.Attribute):
            return not self._folding.is_of_re(node.function)
        return not isinstance(node, NO_FIELDS)

    def _compile_slice(self, node: nodes.Slice) -> Run:
        bounds = [self.compile(part) if part else runs.constant(None) for part in node.parts]
        return runs.part(self.compile(node.value), bounds)

    def _compile_unary(self, node: nodes.Unary) -> Run:
        operand, operation = self.compile(node.operand), UNARY[node.operator]
        return lambda frame: operation(operand(frame))

    def _compile_binary(self, node: nodes.Binary) -> Run:
        if node.operator == "%" and nodes.is_string(node.left):
            raise self.error(node, NO_PERCENT)
        left, right = self.compile(node.left), self.compile(node.right)
        operation = BINARY[node.operator]
        if node.operator in GROWING:
            return runs.growing(operation, left, right)
        if node.operator in DIVIDING:
            return runs.dividing(operation, left, right)
        return lambda frame: operation(left(frame), right(frame))

    def _compile_logical(self, node: nodes.Logical) -> Run:
        return runs.logical(node.operator, [self.compile(operand) for operand in node.operands])

    def _compile_conditional(self, node: nodes.Conditional) -> Run:
        then, test = self.compile(node.then), self.compile(node.condition)
        otherwise = self.compile(node.otherwise)
        return lambda frame: then(frame) if test(frame) else otherwise(frame)

    def _compile_compare(self, node: nodes.Compare) -> Run:
        first = self.compile(node.first)
        others = [(sign, self._compared(sign, other)) for sign, other in node.others]
        if len(others) > 1:
            return runs.chain(first, [(sign, self.compile(other)) for sign, other in others])
        [(sign, other)] = others
        if isinstance(other, nodes.Constant) and not _is_long(other.value):
            self._size += constant_size(other.value)
            return runs.comparison_with(sign, first, other.value)
        return runs.comparison(sign, first, self.compile(other))

    def _compared(self, sign: str, node: nodes.Node) -> nodes.Node:
        """The right side of a comparison; a list of constants to look into is a constant, too."""
        if sign in ("is", "is not"):
            if not isinstance(node, nodes.Constant) or type(node.value) not in (bool, type(None)):
                raise self.error(node, f"`{sign}` works only with None; use == or != to compare")
        elif sign in ("in", "not in") and isinstance(node, nodes.Collection):
            folded = self._folding.folded(nodes.Collection(node.at, tuple, node.items))
            return folded if isinstance(folded, nodes.Constant) else node
        return self._folding.folded(node)

    def _compile_collection(self, node: nodes.Collection) -> Run:
        return containers.collection(node.kind, [self.compile(item) for item in node.items])

    def _compile_dictionary(self, node: nodes.Dictionary) -> Run:
        return containers.dictionary(
            [(self.compile(key), self.compile(value)) for key, value in node.items]
        )

    def _compile_comprehension(self, node: nodes.Comprehension) -> Run:
        slot = self._new_slot()

        def collecting(item: Run) -> Run:
            return lambda frame: frame[slot].append(item(frame))

        return containers.collected(node.kind, slot, self._loops(node, collecting))

    def _loops(self, node: nodes.Comprehension, body_of: Callable[[Run], Run]) -> Run:
        """The loops of a comprehension around what is to be done with each of its items."""
        if len(node.loops) > MOST_LOOPS:
            raise self.error(node, f"more than {MOST_LOOPS} nested loops are not allowed")
        outside = dict(self._slots)
        heads = [self._loop(loop) for loop in node.loops]
        run = body_of(self.compile(node.item))
        self._slots = outside
        for source, slots, conditions, before in reversed(heads):
            run = containers.run_loop(source, slots, conditions, run, self._size - before)
        return run

    def _loop(self, loop: nodes.Loop) -> tuple[Run, list[int], list[Run], int]:
        """Its source, the slots of its names, its conditions, and the size before these."""
        self._size += CALL
        source = self.compile(loop.source)
        before = self._size
        slots = [self._new_slot() for _ in loop.names]
        self._slots.update(zip(loop.names, slots, strict=True))
        conditions = [self.compile(condition) for condition in loop.conditions]
        return source, slots, conditions, before

    def _compile_formatted(self, node: nodes.Formatted) -> Run:
        self._size += CALL * len(node.parts)
        parts: list[runs.Part] = [
            part
            if isinstance(part, str)
            else (self.compile(part[0]), runs.CONVERSIONS.get(part[1]), part[2])
            for part in node.parts
        ]
        return runs.formatted(parts)

    def _compile_call(self, node: nodes.Call) -> Run:
        self._size += CALL
        match node.function:
            case nodes.Name() as target:
                return self._function(node, target)
            case nodes.Attribute() as target if self._folding.is_of_re(target):
                return self._pattern(node, target)
            case nodes.Attribute() as target:
                return self._method(node, target)
        raise self.error(node, "this value cannot be called")

    def _function(self, node: nodes.Call, target: nodes.Name) -> Run:
        name = target.name
        if name in self._slots:
            raise self.error(target, f"`{name}` is a value and cannot be called")
        if name not in FUNCTIONS:
            raise self.error(target, hints.unknown_function(name, FUNCTIONS))
        self._check_fit(node, name, [FUNCTIONS[name]])
        if "key" in dict(node.keywords):
            raise self.error(node, "the argument `key` is not supported")
        first = node.arguments[0] if node.arguments else None
        if isinstance(first, nodes.Comprehension) and first.kind is list:
            # Without a list of all items: the first that decides ends the loops.
            if name == "any":
                return self._loops(first, lambda item: item)
            if name == "all":
                return runs.negated(self._loops(first, runs.negated))
        arguments = self._arguments(node)
        if name in SEARCHING:
            return calls.timed_call(name, FUNCTIONS[name], arguments)
        return calls.function_call(name, FUNCTIONS[name], arguments, deep=name in DEEP)

    def _pattern(self, node: nodes.Call, target: nodes.Attribute) -> Run:
        if target.name not in PATTERN_FUNCTIONS:
            hint = did_you_mean(target.name, PATTERN_FUNCTIONS)
            there = hint or f"use one of: {', '.join(sorted(PATTERN_FUNCTIONS))}"
            raise self.error(target, f"unknown function `re.{target.name}`; {there}")
        function = PATTERN_FUNCTIONS[target.name]
        self._check_fit(node, f"re.{target.name}", [function])
        given = map(self._folding.folded, node.arguments)
        named = {name: self._folding.folded(value) for name, value in node.keywords}
        bound = inspect.signature(function).bind(*given, **named).arguments
        pattern, flags = bound["pattern"], bound.get("flags", nodes.Constant(node.at, 0))
        if isinstance(pattern, nodes.Constant) and isinstance(flags, nodes.Constant):
            try:
                checked(pattern.value, flags.value)
            except Stopped as problem:
                raise self.error(pattern, str(problem)) from None
        return calls.timed_call(f"re.{target.name}", function, self._arguments(node))

    def _method(self, node: nodes.Call, target: nodes.Attribute) -> Run:
        name = target.name
        if name not in METHOD_NAMES:
            if isinstance(target.value, nodes.Name) and name not in hints.METHODS_OF_PYTHON:
                self.compile(target.value)
            raise self.error(target, hints.unknown_method(name, METHOD_NAMES))
        methods = [of_type[name] for of_type in METHODS.values() if name in of_type]
        self._check_fit(node, name, methods, owner=1)
        return calls.method_call(name, self.compile(target.value), self._arguments(node))

    def _check_fit(
        self, node: nodes.Call, name: str, functions: Sequence[Callable[..., Any]], owner: int = 0
    ) -> None:
        count = len(node.arguments) + owner
        reason = calls.misfit(functions, count, dict(node.keywords))
        if reason:
            raise self.error(node, f"{name}(): {reason}")

    def _arguments(self, node: nodes.Call) -> calls.Arguments:
        folded = [self._folding.folded(item) for item in node.arguments]
        constants = [item.value for item in folded if isinstance(item, nodes.Constant)]
        return calls.Arguments(
            [self.compile(item) for item in folded],
            [(name, self.compile(item)) for name, item in node.keywords],
            tuple(constants) if len(constants) == len(folded) else None,
        )


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) > LONG_TEXT
