"""The grammar of lines and expressions, written with pyparsing, and the nodes they become."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pyparsing as pp

from lib.language import nodes, strings
from lib.language.errors import LanguageError
from lib.language.layout import error
from lib.language.precedence import Climber, Operator

CONSTANTS = {"True": True, "False": False, "None": None}
KEYWORDS = frozenset(keyword.kwlist)
WORD_PATTERN = re.compile(r"[^\W\d]\w*")
UNDERSCORE = "a name cannot begin with an underscore here"


class Head(NamedTuple):
    """The head of a block (`if`, `elif`, `else`), with what follows on its own line."""

    at: int
    word: str
    condition: nodes.Node | None
    inline: tuple[nodes.Node, ...]


class Refused(pp.ParseFatalException):
    """Something that is written rightly and is not allowed, or not possible, here."""


def parse_line(source: str, text: str) -> list[Head | nodes.Node]:
    """The head of a block, or the statements, that `source` holds.

    `source` is `text` with blanks for all that is not this line, so that offsets are the text's.
    """
    return list(_parsed(LINE, source, text))


def _parsed(grammar: pp.ParserElement, source: str, text: str) -> Any:
    try:
        return grammar.parse_string(source, parse_all=True)
    except Refused as problem:
        raise error(problem.msg, text, problem.loc) from None
    except pp.ParseBaseException as problem:
        raise error(_explained(problem, source), text, problem.loc) from None


def _explained(problem: pp.ParseBaseException, source: str) -> str:
    there = source[problem.loc :].lstrip()
    word = WORD_PATTERN.match(there)
    if word and word[0] in KEYWORDS:
        return f"`{word[0]}` is not possible here"
    if there.startswith("=") and not there.startswith("=="):
        return "a single = gives a name to a value; to compare, write =="
    if there[:1] in ("&", "|"):
        return f"write `{'and' if there[0] == '&' else 'or'}` for {there[0]}"
    if "end of text" in problem.msg:
        return "this cannot stand here"
    return problem.msg[:1].lower() + problem.msg[1:]


def _number(at: int, found: Any) -> nodes.Node:
    return nodes.Constant(at, int(found[0]) if found[0].isdigit() else float(found[0]))


def _name(text: str, at: int, found: Any) -> nodes.Node:
    if found[0] in CONSTANTS:
        return nodes.Constant(at, CONSTANTS[found[0]])
    if found[0].startswith("_"):
        raise Refused(text, at, UNDERSCORE)
    return nodes.Name(at, found[0])


def _string(text: str, at: int, found: Any) -> nodes.Node:
    parts: list[nodes.FormattedPart] = []
    for offset, literal in found:
        try:
            parts += _string_parts(text, offset, literal)
        except LanguageError:
            raise
        except ValueError as problem:
            raise Refused(text, offset, str(problem)) from None
    if all(isinstance(part, str) for part in parts):
        return nodes.Constant(at, "".join(map(str, parts)))
    return nodes.Formatted(at, tuple(parts))


def _string_parts(text: str, at: int, literal: str) -> list[nodes.FormattedPart]:
    read = strings.read(literal)
    if not read.formatted:
        return [strings.unescaped(read.body, raw=read.raw)]
    parts: list[nodes.FormattedPart] = []
    for part in strings.formatted_parts(read.body):
        if isinstance(part, str):
            parts.append(strings.unescaped(part, raw=read.raw))
            continue
        begin = at + read.offset + part.offset
        blank = "".join("\n" if char == "\n" else " " for char in text[:begin])
        expression = _parsed(EXPRESSION, blank + part.expression, text)[0]
        parts.append((expression, part.conversion, part.format))
    return parts


def _attribute(text: str, at: int, found: Any) -> Callable[[nodes.Node], nodes.Node]:
    if found[0].startswith("_"):
        raise Refused(text, at, UNDERSCORE)
    return lambda value: nodes.Attribute(at, value, found[0])


def _call(at: int, found: Any) -> Callable[[nodes.Node], nodes.Node]:
    loops = tuple(item for item in found if isinstance(item, nodes.Loop))
    arguments = tuple(item for item in found if isinstance(item, nodes.Node))
    keywords = tuple(item for item in found if isinstance(item, tuple))
    if loops:
        arguments = (nodes.Comprehension(at, arguments[0], loops),)
    return lambda value: nodes.Call(at, value, arguments, keywords)


def _subscript(at: int, found: Any) -> Callable[[nodes.Node], nodes.Node]:
    if len(found) == 1 and isinstance(found[0], nodes.Node):
        return lambda value: nodes.Subscript(at, value, found[0])
    parts: list[nodes.Node | None] = [None, None, None]
    which = 0
    for item in found:
        if isinstance(item, nodes.Node):
            parts[which] = item
        else:
            which += 1
    return lambda value: nodes.Slice(at, value, (parts[0], parts[1], parts[2]))


def _trailers(found: Any) -> nodes.Node:
    value: nodes.Node = found[0]
    for trailer in found[1:]:
        value = trailer(value)
    return value


def _items(at: int, found: Any, kind: type[Any]) -> nodes.Node:
    """What stands between brackets: items between commas, or a comprehension."""
    loops = tuple(item for item in found if isinstance(item, nodes.Loop))
    items = tuple(item for item in found if isinstance(item, nodes.Node))
    if loops:
        return nodes.Comprehension(at, items[0], loops)
    if kind is tuple and len(found) == 1:
        return items[0]
    return nodes.Collection(at, kind, items)


def _braces(text: str, at: int, found: Any) -> nodes.Node:
    pairs = [tuple(item) for item in found]
    lengths = {len(pair) for pair in pairs}
    if lengths == {1}:
        return nodes.Collection(at, set, tuple(pair[0] for pair in pairs))
    if lengths <= {2}:
        return nodes.Dictionary(at, tuple(pairs))
    raise Refused(text, at, "some of these items have a key, and some have not")


def _row(text: str, _at: int, found: Any) -> nodes.Node:
    return Climber(list(found), lambda at, what: Refused(text, at, what)).climb()


def _choice(at: int, found: Any) -> nodes.Node:
    if len(found) == 1:
        only: nodes.Node = found[0]
        return only
    then, condition, otherwise = found
    return nodes.Conditional(at, condition, then, otherwise)


def _word(word: str) -> pp.ParserElement:
    return pp.Suppress(pp.Keyword(word)).set_name(f"`{word}`")


def _assign(at: int, found: Any) -> nodes.Node:
    return nodes.Assign(at, found[0], found[1])


def _head(at: int, found: Any) -> Head:
    word, *rest = found
    condition = None if word == "else" else rest.pop(0)
    return Head(at, word, condition, tuple(rest))


def _atom(expression: pp.ParserElement, row: pp.ParserElement) -> pp.ParserElement:
    """Literals, names, and what stands in brackets."""
    comma = pp.Literal(",")
    loop = _word("for") + pp.Group(pp.DelimitedList(NAME)) + _word("in") + row
    loop += pp.ZeroOrMore(_word("if") + row)
    loop.set_parse_action(lambda found: nodes.Loop(tuple(found[0]), found[1], tuple(found[2:])))
    more = pp.OneOrMore(loop) | (pp.ZeroOrMore(comma + expression) + pp.Optional(comma))
    items = pp.Optional(expression + more)
    named = NAME + pp.Suppress(pp.Regex(r"=(?!=)")) + expression
    named.set_parse_action(lambda found: (found[0], found[1]))
    argument = named | expression
    following = pp.OneOrMore(loop) | (pp.ZeroOrMore(comma + argument) + pp.Optional(comma))
    call = _between("(", pp.Optional(argument + following), ")")
    bound = pp.Optional(expression)
    part = bound + pp.Optional(pp.Literal(":") + bound + pp.Optional(pp.Literal(":") + bound))
    pair = pp.Group(expression + pp.Optional(pp.Suppress(":") + expression))
    pairs = pp.Optional(pp.DelimitedList(pair, allow_trailing_delim=True))
    string = pp.Regex(strings.LITERAL.pattern).set_parse_action(lambda _t, at, f: (at, f[0]))
    atom = pp.MatchFirst(
        [
            pp.OneOrMore(string).set_parse_action(_string),
            NUMBER.copy().set_parse_action(lambda _t, at, found: _number(at, found)),
            VALUE_NAME.copy().set_parse_action(_name),
            _between("(", items, ")", lambda at, found: _items(at, found, tuple)),
            _between("[", items, "]", lambda at, found: _items(at, found, list)),
            (pp.Suppress("{") + pairs + pp.Suppress("}")).set_parse_action(_braces),
        ]
    ).set_name("an expression")
    dot = pp.Suppress(".") + WORD.copy()
    trailer = (
        dot.set_parse_action(_attribute)
        | call.set_parse_action(lambda _t, at, found: _call(at, found))
        | _between("[", part, "]", _subscript)
    )
    return (atom + pp.ZeroOrMore(trailer)).set_parse_action(_trailers)


def _between(
    left: str, inside: pp.ParserElement, right: str, action: Any = None
) -> pp.ParserElement:
    whole = pp.Suppress(left) + inside + pp.Suppress(right)
    if action:
        whole.set_parse_action(lambda _text, at, found: action(at, found))
    return whole


def _expression() -> pp.ParserElement:
    expression, row = pp.Forward(), pp.Forward()
    operand = _atom(expression, row)
    make = lambda _text, at, found: Operator(at, " ".join(found[0].split()))  # noqa: E731
    sign = pp.Regex(r"[-+]|not\b").set_parse_action(make)
    between = pp.Regex(
        r"\*\*|//|<=|>=|==|!=|[-+*/%<>]|not\s+in\b|is\s+not\b|(in|is|and|or)\b"
    ).set_parse_action(make)
    signed = pp.ZeroOrMore(sign) + operand
    row <<= (signed + pp.ZeroOrMore(between - signed)).set_parse_action(_row)
    otherwise = pp.Optional(_word("if") + row + _word("else") + expression)
    expression <<= (row + otherwise).set_parse_action(lambda _t, at, found: _choice(at, found))
    return expression.set_name("an expression")


def _statements() -> pp.ParserElement:
    assign = NAME + pp.Suppress(pp.Regex(r"=(?!=)")) + EXPRESSION
    returned = _word("return") + pp.Optional(EXPRESSION)
    simple = pp.MatchFirst(
        [
            returned.set_parse_action(
                lambda _t, at, found: nodes.Return(at, found[0] if found else None)
            ),
            _word("pass").set_parse_action(lambda _t, at, _f: nodes.Pass(at)),
            assign.set_parse_action(lambda _t, at, found: _assign(at, found)),
            EXPRESSION,
        ]
    )
    several = pp.DelimitedList(simple, ";", allow_trailing_delim=True)
    head = (pp.Keyword("if") | pp.Keyword("elif")) + EXPRESSION | pp.Keyword("else")
    block = head + pp.Suppress(pp.Literal(":").set_name("a colon")) + pp.Optional(several)
    line = block.set_parse_action(lambda _t, at, found: _head(at, found)) | several
    return line.set_name("a statement")


WORD = pp.Regex(r"[^\W\d]\w*").set_name("a name")
NAME = pp.Regex(rf"(?!({'|'.join(sorted(KEYWORDS))})\b)[^\W\d]\w*").set_name("a name")
VALUE_NAME = pp.Regex(
    rf"(?!({'|'.join(sorted(KEYWORDS - CONSTANTS.keys()))})\b)[^\W\d]\w*"
).set_name("a name")
NUMBER = pp.Regex(r"(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?(?!\w)")
EXPRESSION = _expression()
LINE = _statements()
