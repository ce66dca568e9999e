"""From the text of a program to its statements: lines, blocks by indentation."""

from __future__ import annotations

from collections.abc import Sequence

from lib.language import nodes
from lib.language.grammar import Head, parse_line
from lib.language.layout import Line, error, logical_lines

LONGEST_PROGRAM = 20_000


def parse(text: str) -> tuple[nodes.Node, ...]:
    """The statements of a program. Raises LanguageError."""
    if len(text) > LONGEST_PROGRAM:
        raise error(f"this is longer than {LONGEST_PROGRAM} characters", text, LONGEST_PROGRAM)
    plain, lines = logical_lines(text)
    if not lines:
        raise error("here is nothing to run", text, 0)
    try:
        statements, rest = _Parser(text, plain).block(lines)
    except RecursionError:
        raise error("this is nested too deeply", text, lines[0].start) from None
    if rest:
        raise error("this line is indented less than the first", text, rest[0].start)
    return statements


class _Parser:
    def __init__(self, text: str, plain: str) -> None:
        self._text = text
        self._plain = plain

    def block(self, lines: Sequence[Line]) -> tuple[tuple[nodes.Node, ...], Sequence[Line]]:
        """The statements indented like the first line, and the lines behind them."""
        depth = lines[0].indent
        statements: list[nodes.Node] = []
        while lines and lines[0].indent >= depth:
            line, lines = lines[0], lines[1:]
            if line.indent > depth:
                raise error("this line is indented without a reason", self._text, line.start)
            for found in self._line(line):
                if isinstance(found, Head):
                    lines = self._branch(statements, found, line, lines)
                else:
                    statements.append(found)
        return tuple(statements), lines

    def _branch(
        self, statements: list[nodes.Node], head: Head, line: Line, lines: Sequence[Line]
    ) -> Sequence[Line]:
        """Add the branch with this head to the statements; returns the lines behind it."""
        body = head.inline
        if not body:
            if not lines or lines[0].indent <= line.indent:
                what = f"an indented line is missing behind this `{head.word}`"
                raise error(what, self._text, head.at)
            body, lines = self.block(lines)
        before = statements[-1] if statements else None
        if head.word == "if" and head.condition:
            statements.append(nodes.If(head.at, ((head.condition, body),), ()))
        elif not isinstance(before, nodes.If) or before.otherwise:
            raise error(f"there is no `if` for this `{head.word}`", self._text, head.at)
        elif head.condition:
            branches = (*before.branches, (head.condition, body))
            statements[-1] = nodes.If(before.at, branches, ())
        else:
            statements[-1] = nodes.If(before.at, before.branches, body)
        return lines

    def _line(self, line: Line) -> list[Head | nodes.Node]:
        before = "".join("\n" if char == "\n" else " " for char in self._plain[: line.start])
        return parse_line(before + self._plain[line.start : line.end], self._text)
