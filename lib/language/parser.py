"""The parser: turns the text of a program into statements, with blocks by their indentation."""

from __future__ import annotations

from lib.language import nodes
from lib.language.actions import Head
from lib.language.errors import LanguageError
from lib.language.grammar import parse_line
from lib.language.layout import Line, logical_lines

LONGEST_PROGRAM = 20_000
# Blocks in blocks.
DEEPEST = 20
MIXED = "the indentation mixes tabs and spaces"


def parse_program(text: str) -> tuple[nodes.Node, ...]:
    """Parse a program; return its statements. Raises LanguageError."""
    if len(text) > LONGEST_PROGRAM:
        what = f"the expression is longer than {LONGEST_PROGRAM} characters"
        raise LanguageError(what, text, LONGEST_PROGRAM)
    lines = logical_lines(text)
    if not lines:
        raise LanguageError("the expression is empty", text, 0)
    try:
        return _Parser(lines).program()
    except RecursionError:
        raise LanguageError(
            "the expression is nested too deeply", text, lines[0].source.start
        ) from None


class _Parser:
    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines
        self._next = 0

    def program(self) -> tuple[nodes.Node, ...]:
        statements = self._block(0)
        if self._next < len(self._lines):
            line = self._lines[self._next]
            raise line.source.error(0, "the line is indented less than the first line")
        return statements

    def _block(self, depth: int) -> tuple[nodes.Node, ...]:
        """The statements that are indented like the next line."""
        first = self._lines[self._next]
        if depth > DEEPEST:
            raise first.source.error(0, f"more than {DEEPEST} nested blocks are not allowed")
        statements: list[nodes.Node] = []
        while self._next < len(self._lines) and _belongs(self._lines[self._next], first.margin):
            line = self._lines[self._next]
            self._next += 1
            for parsed in parse_line(line.source):
                if isinstance(parsed, Head):
                    self._branch(statements, parsed, line, depth)
                else:
                    statements.append(parsed)
        return tuple(statements)

    def _branch(self, statements: list[nodes.Node], head: Head, line: Line, depth: int) -> None:
        """Add the branch with this head to the statements."""
        body = head.inline or self._indented(head, line, depth)
        before = statements[-1] if statements else None
        if head.word == "if" and head.condition:
            branch = nodes.Branch(head.at, head.condition, body)
            statements.append(nodes.If(head.at, (branch,), ()))
        elif not isinstance(before, nodes.If) or before.otherwise:
            raise line.source.error(0, f"`{head.word}` has no matching `if`")
        elif head.condition:
            branch = nodes.Branch(head.at, head.condition, body)
            statements[-1] = nodes.If(before.at, (*before.branches, branch), ())
        else:
            statements[-1] = nodes.If(before.at, before.branches, body)

    def _indented(self, head: Head, line: Line, depth: int) -> tuple[nodes.Node, ...]:
        """The block below a head."""
        after = self._lines[self._next] if self._next < len(self._lines) else line
        if line.margin.startswith(after.margin):
            raise line.source.error(0, f"an indented line is missing below `{head.word}`")
        if not after.margin.startswith(line.margin):
            raise after.source.error(0, MIXED)
        return self._block(depth + 1)


def _belongs(line: Line, margin: str) -> bool:
    """Whether a line stands in the block with this margin, False where the block is over."""
    if line.margin == margin:
        return True
    if line.margin.startswith(margin):
        raise line.source.error(0, "the indentation matches no line above")
    if margin.startswith(line.margin):
        return False
    raise line.source.error(0, MIXED)
