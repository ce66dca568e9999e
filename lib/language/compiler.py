"""From the syntax tree to functions that run it.

Each node becomes one function of a frame, a list that holds what a run knows: how many steps are
left, which line decided, then the arguments and the names that the program gives. No text is ever
handed to Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.language import nodes
from lib.language.errors import Stopped
from lib.language.expressions import LINE, MOST_STEPS, Expressions, Frame, Run
from lib.language.functions import FUNCTIONS
from lib.language.layout import error, place
from lib.language.parser import parse
from lib.language.reads import fields_read

GOES_ON = object()


class Program:
    """A compiled program; call `run` with the values of its arguments."""

    def __init__(
        self, statements: Sequence[nodes.Node], block: Run, arguments: int, names: int
    ) -> None:
        self._statements = statements
        self._block = block
        self._locals = [None] * (names - arguments)

    def run(self, *arguments: Any) -> Any:
        """What the program returns, None where it returns nothing.

        Raises Stopped, with the line, for whatever goes wrong.
        """
        value = self._block([MOST_STEPS, 0, *arguments, *self._locals])
        return None if value is GOES_ON else value

    def decide(self, *arguments: Any) -> tuple[Any, int]:
        """What the program returns, and the line on which it did."""
        frame = [MOST_STEPS, 0, *arguments, *self._locals]
        value = self._block(frame)
        return (None if value is GOES_ON else value), frame[LINE]

    def reads(self, argument: str) -> frozenset[str] | None:
        """The fields of an argument that the program looks at; None if it is used as a whole."""
        return fields_read(self._statements, argument)


def compile_program(text: str, arguments: Sequence[str]) -> Program:
    """Compile a program with these arguments. Raises LanguageError.

    A single expression is a program that returns its value.
    """
    statements = parse(text)
    compiler = _Compiler(text, arguments)
    if len(statements) == 1 and _is_expression(statements[0]):
        statements = (nodes.Return(statements[0].at, statements[0]),)
    try:
        block = compiler.block(statements)
    except RecursionError:
        raise error("this is nested too deeply", text, 0) from None
    return Program(statements, block, len(arguments), compiler.expressions.size)


def _is_expression(node: nodes.Node) -> bool:
    return not isinstance(node, nodes.Return | nodes.Assign | nodes.If | nodes.Pass)


class _Compiler:
    def __init__(self, text: str, arguments: Sequence[str]) -> None:
        self._text = text
        self.expressions = Expressions(text, arguments)

    def block(self, statements: Sequence[nodes.Node]) -> Run:
        """Runs statements until one of them returns."""
        runs = [self._statement(item) for item in statements]
        if len(runs) == 1:
            return runs[0]

        def run(frame: Frame) -> Any:
            for statement in runs:
                value = statement(frame)
                if value is not GOES_ON:
                    return value
            return GOES_ON

        return run

    def _statement(self, node: nodes.Node) -> Run:
        line = place(self._text, node.at)[0]
        match node:
            case nodes.Return():
                return self._return(node, line)
            case nodes.Assign():
                return self._assign(node, line)
            case nodes.If():
                return self._if(node, line)
            case nodes.Pass():
                return lambda _frame: GOES_ON
        raise self.expressions.error(node, "this value is not used; write `return` before it")

    def _return(self, node: nodes.Return, line: int) -> Run:
        value = self.expressions.compile(node.value) if node.value else lambda _frame: None

        def run(frame: Frame) -> Any:
            frame[LINE] = line
            try:
                return value(frame)
            except Exception as problem:
                raise _stopped(problem, line) from problem

        return run

    def _assign(self, node: nodes.Assign, line: int) -> Run:
        if node.name in FUNCTIONS or node.name == "re":
            raise self.expressions.error(node, f"{node.name} is the name of a function")
        value = self.expressions.compile(node.value)
        slot = self.expressions.slot(node.name)

        def run(frame: Frame) -> Any:
            try:
                frame[slot] = value(frame)
            except Exception as problem:
                raise _stopped(problem, line) from problem
            return GOES_ON

        return run

    def _if(self, node: nodes.If, line: int) -> Run:
        branches = [
            (self.expressions.compile(test), self.block(body)) for test, body in node.branches
        ]
        otherwise = self.block(node.otherwise) if node.otherwise else lambda _frame: GOES_ON

        def run(frame: Frame) -> Any:
            for test, body in branches:
                try:
                    holds = test(frame)
                except Exception as problem:
                    raise _stopped(problem, line) from problem
                if holds:
                    return body(frame)
            return otherwise(frame)

        return run


def _stopped(problem: Exception, line: int) -> Stopped:
    said = str(problem) if isinstance(problem, Stopped) else f"{type(problem).__name__}: {problem}"
    return Stopped(f"line {line}: {said}")
