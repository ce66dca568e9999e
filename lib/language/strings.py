"""The parser of string literals: prefixes, escapes, and the parts of f-strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

LITERAL = re.compile(
    r"(?P<prefix>[rRfFuU]{0,2})(?:"
    r"(?P<long>'''|\"\"\")(?P<lines>(?:\\[\s\S]|(?!(?P=long))[^\\])*)(?P=long)"
    r"|(?P<short>['\"])(?!(?P=short){2})(?P<chars>(?:\\[\s\S]|(?!(?P=short))[^\\\n])*)(?P=short))"
)
ESCAPE = re.compile(
    r"\\(?:(?P<hex>x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})"
    r"|(?P<octal>[0-7]{1,3})|(?P<other>[\s\S]))"
)
SIMPLE = {
    "\n": "", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n",
    "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
PREFIXES = frozenset({"", "r", "u", "f", "rf", "fr"})
BLANKS = " \t\n"
CONVERSIONS = ("r", "s", "a")
# What ends an expression in an f-string: a conversion, a format, or the brace.
END = re.compile(r"[:}]|!(?!=)")
# The digits of a width or a precision in a format, which decide how long its result gets.
LONGEST_WIDTH = 3


class Malformed(Exception):
    """A string literal is invalid; the text says why."""


class Literal(NamedTuple):
    """A parsed string literal; `offset` is where its body begins."""

    body: str
    offset: int
    raw: bool
    formatted: bool


class Field(NamedTuple):
    """An expression in an f-string, at an offset of its body."""

    offset: int
    expression: str
    conversion: str
    format: str


def parse_literal(literal: str) -> Literal:
    """Parse a string literal; raise Malformed for an unknown prefix."""
    match = LITERAL.fullmatch(literal)
    if not match or match["prefix"].lower() not in PREFIXES:
        raise Malformed("unknown string prefix")
    prefix, inside = match["prefix"].lower(), "lines" if match["long"] else "chars"
    return Literal(match[inside], match.start(inside), "r" in prefix, "f" in prefix)


def unescaped(body: str, *, raw: bool) -> str:
    """Return the body of a literal with its escapes replaced; raise Malformed for invalid ones."""
    return body if raw else ESCAPE.sub(_character, body)


def _character(escape: re.Match[str]) -> str:
    if escape["hex"]:
        return chr(int(escape["hex"][1:], 16))
    if escape["octal"]:
        return chr(int(escape["octal"], 8))
    if escape["other"] in "NxuU":
        raise Malformed(f"the string contains an invalid escape \\{escape['other']}")
    return SIMPLE.get(escape["other"], escape[0])


def formatted_parts(body: str) -> Iterator[str | Field]:
    """Split the body of an f-string into texts and fields.

    Raises Malformed for braces that do not match.
    """
    begin = at = 0
    while at < len(body):
        if body[at : at + 2] in ("{{", "}}"):
            yield body[begin : at + 1]
            begin = at = at + 2
        elif body[at] == "}":
            raise Malformed("write }} for a single } in an f-string")
        elif body[at] == "{":
            yield body[begin:at]
            field, begin = _field(body, at + 1)
            yield field
            at = begin
        else:
            at += 1
    yield body[begin:]


def _field(body: str, start: int) -> tuple[Field, int]:
    """Return the field whose inside begins at `start`, and the offset after it."""
    stop = next((at for at, _ in _outside(body, start) if END.match(body, at)), len(body))
    expression, conversion = body[start:stop], ""
    if body.startswith("!", stop):
        conversion = body[stop + 1 : stop + 2]
        stop += 2
        if conversion not in CONVERSIONS or body[stop : stop + 1] not in (":", "}"):
            raise Malformed("a conversion in an f-string must be !r, !s, or !a")
    end = body.find("}", stop)
    if end < 0:
        raise Malformed("a { in the f-string is not closed; use the other quotes inside the braces")
    form = body[stop + 1 : end]
    if not expression.strip(BLANKS):
        raise Malformed("the braces {} in the f-string are empty")
    if "{" in form:
        raise Malformed("a computed format is not supported in an f-string")
    if re.search(rf"\d{{{LONGEST_WIDTH + 1}}}", form):
        raise Malformed(f"the format {form[:20]} is too wide")
    return Field(start, expression.rstrip(BLANKS), conversion, form), end + 1


def _outside(body: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield the characters from an offset on that are outside of strings and brackets."""
    depth, quote = 0, ""
    for at in range(start, len(body)):
        char = body[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[({":
            depth += 1
        elif depth and char in "])}":
            depth -= 1
        elif not depth:
            yield at, char
