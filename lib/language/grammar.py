"""The grammar of lines and expressions, written with pyparsing.

Where only one thing can follow, elements are joined by `-`: pyparsing then tries no other way, and
its error is the place at which the text really goes wrong.
"""

from __future__ import annotations

from typing import Any, cast

import pyparsing as pp

from lib.language import actions, nodes, strings
from lib.language.actions import Action, Head
from lib.language.mistakes import CONSTANTS, KEYWORDS, explained
from lib.language.source import Source


def parse_line(line: Source) -> list[Head | nodes.Node]:
    """Parse a logical line: the head of a block, or statements. Raises LanguageError."""
    return list(_parsed(LINE, line))


def _parsed(grammar: pp.ParserElement, source: Source) -> Any:
    try:
        return grammar.parse_string(source, parse_all=True)
    except pp.ParseBaseException as problem:
        at = len(source) - len(source[problem.loc :].lstrip())
        expected = problem.msg.removeprefix("Expected ")
        raise source.error(*explained(source, at, expected)) from None


def _string(source: Source, at: int, parsed: Any) -> nodes.Node:
    parts: list[nodes.FormattedPart] = []
    for offset, literal in parsed:
        try:
            parts += _string_parts(source, offset, strings.parse_literal(literal))
        except strings.Malformed as problem:
            raise source.error(offset, str(problem)) from None
    if all(isinstance(part, str) for part in parts):
        return nodes.Constant(source.start + at, "".join(map(str, parts)))
    return nodes.Formatted(source.start + at, tuple(parts))


def _string_parts(source: Source, at: int, read: strings.Literal) -> list[nodes.FormattedPart]:
    if not read.formatted:
        return [strings.unescaped(read.body, raw=read.raw)]
    parts: list[nodes.FormattedPart] = []
    for part in strings.formatted_parts(read.body):
        if isinstance(part, str):
            parts.append(strings.unescaped(part, raw=read.raw))
            continue
        begin = source.start + at + read.offset + part.offset
        expression = _parsed(EXPRESSION, Source(part.expression, source.program, begin))[0]
        form = strings.unescaped(part.format, raw=read.raw)
        parts.append((expression, part.conversion, form))
    return parts


def _as(element: pp.ParserElement, action: Action) -> pp.ParserElement:
    """The element with its action, to which pyparsing hands the text that it parses: a Source."""
    return element.set_parse_action(cast(Any, action))


def _without(words: frozenset[str]) -> pp.ParserElement:
    return pp.Regex(rf"(?!(?:{'|'.join(sorted(words))})\b)[^\W\d]\w*").set_name("a name")


def _word(word: str) -> pp.ParserElement:
    return pp.Regex(rf"{word}\b").set_name(f"`{word}`")


def _silent(word: str) -> pp.ParserElement:
    return pp.Suppress(_word(word))


def _between(left: str, inside: pp.ParserElement, right: str, action: Action) -> pp.ParserElement:
    end = pp.Suppress(pp.Literal(right).set_name(f"`{right}`"))
    return _as(pp.Suppress(left) - inside - end, action)


def _atom(expression: pp.ParserElement, loops: pp.ParserElement) -> pp.ParserElement:
    """Literals, names, and what stands in brackets."""
    literal = _as(pp.Regex(strings.LITERAL.pattern), lambda _source, at, parsed: (at, parsed[0]))
    more = pp.ZeroOrMore(COMMA + expression) + pp.Optional(pp.Literal(","))
    items = pp.Optional(expression + (loops | more))
    pair = pp.Group(expression + pp.Optional(pp.Suppress(":") - expression))
    pairs = pp.Optional(pair + (loops | pp.ZeroOrMore(COMMA + pair) + pp.Optional(COMMA)))
    return pp.MatchFirst(
        [
            _as(pp.OneOrMore(literal), _string),
            NUMBER,
            VALUE_NAME,
            _between("(", items, ")", actions.parentheses),
            _between("[", items, "]", actions.brackets),
            _between("{", pairs, "}", actions.braces),
        ]
    ).set_name("an expression")


def _trailer(expression: pp.ParserElement, loops: pp.ParserElement) -> pp.ParserElement:
    """What may follow an atom: `.name`, a call, a subscript."""
    named = _as(NAME + EQUALS - expression, lambda _source, _at, parsed: (parsed[0], parsed[1]))
    argument = named | expression
    more = pp.ZeroOrMore(COMMA + argument) + pp.Optional(COMMA)
    arguments = pp.Optional(argument + (loops | more))
    bound, colon = pp.Optional(expression), pp.Literal(":")
    part = bound + pp.Optional(colon + bound + pp.Optional(colon + bound))
    return (
        pp.Suppress(".") - _as(_without(KEYWORDS), actions.attribute)
        | _between("(", arguments, ")", actions.call)
        | _between("[", part, "]", actions.subscript)
    )


def _expression() -> pp.ParserElement:
    expression, row = pp.Forward(), pp.Forward()
    names = pp.Group(pp.DelimitedList(NAME))
    conditions = pp.ZeroOrMore(_silent("if") - row)
    loop = _silent("for") - names - _silent("in") - row - conditions
    loops = pp.OneOrMore(_as(loop, actions.loop))
    operand = _atom(expression, loops) + pp.ZeroOrMore(_trailer(expression, loops))
    signed = pp.ZeroOrMore(SIGN) + _as(operand, actions.with_trailers)
    row <<= _as(signed + pp.ZeroOrMore(BETWEEN - signed), actions.row)
    otherwise = pp.ZeroOrMore(_silent("if") - row - _silent("else") - row)
    expression <<= _as(row + otherwise, actions.choice)
    return expression.set_name("an expression").parse_with_tabs()


def _line() -> pp.ParserElement:
    """A statement, several between semicolons, or the head of a block."""
    returned = _silent("return") - pp.Optional(EXPRESSION, default=None)
    simple = pp.MatchFirst(
        [
            _as(returned, actions.node(nodes.Return)),
            _as(_silent("pass"), actions.node(nodes.Pass)),
            _as(NAME + EQUALS - EXPRESSION, actions.node(nodes.Assign)),
            _as(pp.And([EXPRESSION]), actions.node(nodes.Bare)),
        ]
    )
    several = pp.DelimitedList(simple, ";", allow_trailing_delim=True)
    head = (_word("if") | _word("elif")) - EXPRESSION | _word("else")
    block = head - pp.Suppress(pp.Literal(":").set_name("a colon")) - pp.Optional(several)
    return (_as(block, actions.head) | several).parse_with_tabs()


NAME = _as(_without(KEYWORDS), actions.identifier)
VALUE_NAME = _as(_without(KEYWORDS - CONSTANTS.keys()), actions.name)
NUMBER = _as(
    pp.Regex(
        r"(?:D\.(?:D)?|\.D|0+(?:_0+)*|[1-9](?:_?[0-9]+)*)(?:[eE][+-]?D)?(?![\w.])".replace(
            "D", r"[0-9]+(?:_[0-9]+)*"
        )
    ),
    actions.number,
)
SIGN = _as(pp.Regex(r"[-+]|not\b"), actions.operator)
BETWEEN = _as(
    pp.Regex(
        r"(?:\*\*|//|[-+*/%])(?!=)|<=|>=|==(?!=)|!=(?!=)|<(?!>)|>|\|(?!\|)"
        r"|not\s+in\b|is\s+not\b|(?:in|is|and|or)\b"
    ),
    actions.operator,
)
EQUALS = pp.Suppress(pp.Regex(r"=(?!=)"))
COMMA = pp.Suppress(",")
EXPRESSION = _expression()
LINE = _line()
