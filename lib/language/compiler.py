"""The compiler: turns the syntax tree of a program into functions that run it.

Each node becomes one function of a frame (see `bounds`). No text is ever handed to Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lib.language import nodes
from lib.language.bounds import CONTAINERS, LINE, WORK, Frame, Run, weight
from lib.language.errors import LanguageError, Stopped, place
from lib.language.expressions import Expressions
from lib.language.mistakes import NO_COMMENT
from lib.language.parser import parse_program
from lib.language.reads import paths_read

# The value of a statement that does not return.
GOES_ON = object()
# The longest message of a failure, which may hold values of the record.
LONGEST_REASON = 200
# For an error that no operation has put into words.
UNEXPECTED = "the expression cannot be evaluated for this record"


class Program:
    """A compiled program; call `run` with the values of its arguments."""

    def __init__(self, statements: Sequence[nodes.Node], block: Run, names: int) -> None:
        self._statements = statements
        self._block = block
        self._names = [None] * names

    def run(self, *arguments: Any) -> Any:
        """Return what the program returns; None if it ends without a `return`.

        Raises Stopped, with the line, for every failure.
        """
        return self._run([WORK, 0, *arguments, *self._names])

    def decide(self, *arguments: Any) -> tuple[Any, int]:
        """Return what the program returns, and the number of the last line that was run."""
        frame = [WORK, 0, *arguments, *self._names]
        return self._run(frame), frame[LINE]

    def reads(self, argument: str) -> frozenset[str] | None:
        """Return the paths of an argument that the program reads; None if it may read all."""
        return paths_read(self._statements, argument)

    def _run(self, frame: Frame) -> Any:
        try:
            value = self._block(frame)
            if type(value) in CONTAINERS:
                weight(value)
        except Exception as problem:
            reason = UNEXPECTED
            if isinstance(problem, Stopped):
                reason = str(problem)[:LONGEST_REASON]
            line = frame[LINE]
            raise Stopped(f"line {line}: {reason}", line) from problem.__cause__ or problem
        return None if value is GOES_ON else value


def compiled(text: str, arguments: Sequence[str], first_line: int = 1) -> Program:
    """Compile a program. Raises LanguageError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    statements = parse_program(text)
    if len(statements) == 1 and isinstance(statements[0], nodes.Bare):
        statements = (nodes.Return(statements[0].at, statements[0].value),)
    elif _is_text(statements[0]):
        statements = statements[1:]
    compiler = _Compiler(text, arguments, first_line)
    block = compiler.block(statements)
    if not _returns(statements):
        last = statements[-1]
        end = f"return {last.name}" if isinstance(last, nodes.Assign) else "return ..."
        raise LanguageError(f"no value is returned; end with a line such as `{end}`", text, last.at)
    return Program(statements, block, compiler.names - len(arguments))


class _Compiler:
    def __init__(self, text: str, arguments: Sequence[str], first_line: int) -> None:
        self._text = text
        self._first_line = first_line
        self._expressions = Expressions(text, arguments)

    @property
    def names(self) -> int:
        return self._expressions.names

    def block(self, statements: Sequence[nodes.Node]) -> Run:
        """Return a function that runs the statements until one of them returns."""
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
        match node:
            case nodes.Return():
                return self._return(node)
            case nodes.Assign():
                return self._assign(node)
            case nodes.If():
                return self._if(node)
            case nodes.Pass():
                return _nothing
        before = self._text[: node.at].rstrip()
        if before.endswith(";"):
            raise LanguageError(NO_COMMENT, self._text, len(before) - 1)
        if _is_text(node):
            raise LanguageError(f"the text is not used; {NO_COMMENT}", self._text, node.at)
        what = "the value is not used; write `return` before it"
        raise LanguageError(what, self._text, node.at)

    def _return(self, node: nodes.Return) -> Run:
        line = self._line(node)
        value = self._expressions.compile(node.value or nodes.Constant(node.at, None))

        def run(frame: Frame) -> Any:
            frame[LINE] = line
            return value(frame)

        return run

    def _assign(self, node: nodes.Assign) -> Run:
        line = self._line(node)
        value = self._expressions.compile(node.value)
        slot = self._expressions.slot(node.name)

        def run(frame: Frame) -> Any:
            frame[LINE] = line
            frame[slot] = value(frame)
            return GOES_ON

        return run

    def _if(self, node: nodes.If) -> Run:
        branches = [
            (
                self._line(branch),
                self._expressions.compile(branch.condition),
                self.block(branch.body),
            )
            for branch in node.branches
        ]
        otherwise = self.block(node.otherwise) if node.otherwise else _nothing

        def run(frame: Frame) -> Any:
            for line, test, body in branches:
                frame[LINE] = line
                if test(frame):
                    return body(frame)
            return otherwise(frame)

        return run

    def _line(self, node: nodes.Node) -> int:
        return place(self._text, node.at)[0] + self._first_line - 1


def _is_text(node: nodes.Node) -> bool:
    """Whether a statement is only a string; the first one of a program is its docstring."""
    value = node.value if isinstance(node, nodes.Bare) else None
    return isinstance(value, nodes.Constant) and isinstance(value.value, str)


def _returns(statements: Sequence[nodes.Node]) -> bool:
    """Whether the statements contain a `return`, also in a branch."""
    for node in statements:
        if isinstance(node, nodes.Return):
            return True
        if isinstance(node, nodes.If):
            ways = [branch.body for branch in node.branches]
            if any(map(_returns, (*ways, node.otherwise))):
                return True
    return False


def _nothing(_frame: Frame) -> Any:
    return GOES_ON
