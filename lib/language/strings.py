"""String literals: the characters that they stand for, and the parts of f-strings."""

from __future__ import annotations

import re
from typing import NamedTuple

LITERAL = re.compile(
    r"(?P<prefix>[rRfFuU]{0,2})(?:"
    r"(?P<long>'''|\"\"\")(?P<lines>(?:\\[\s\S]|(?!(?P=long))[\s\S])*)(?P=long)"
    r"|(?P<short>['\"])(?P<chars>(?:\\[\s\S]|(?!(?P=short))[^\\\n])*)(?P=short))"
)
ESCAPE = re.compile(
    r"\\(?:(?P<hex>x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|(?P<octal>[0-7]{1,3})"
    r"|(?P<other>[\s\S]))"
)
SIMPLE = {
    "\n": "", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n",
    "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
PREFIXES = frozenset({"", "r", "u", "f", "rf", "fr"})
# The width and the precision of a format, which decide how long its result gets.
LONGEST_FORMAT = 3


class Literal(NamedTuple):
    """A string literal taken apart; `offset` is where its body begins."""

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


def read(literal: str) -> Literal:
    """Take a literal apart; raises ValueError for a prefix that there is not."""
    match = LITERAL.fullmatch(literal)
    if not match or match["prefix"].lower() not in PREFIXES:
        raise ValueError("there is no such kind of string")
    prefix, inside = match["prefix"].lower(), "lines" if match["long"] else "chars"
    return Literal(match[inside], match.start(inside), "r" in prefix, "f" in prefix)


def unescaped(body: str, *, raw: bool) -> str:
    """The characters that the inside of a literal stands for; raises ValueError."""
    return body if raw else ESCAPE.sub(_character, body)


def _character(escape: re.Match[str]) -> str:
    if escape["hex"]:
        return chr(int(escape["hex"][1:], 16))
    if escape["octal"]:
        return chr(int(escape["octal"], 8))
    if escape["other"] in "NxuU":
        raise ValueError(f"the escape \\{escape['other']} is incomplete or unknown")
    return SIMPLE.get(escape["other"], escape[0])


def formatted_parts(body: str) -> list[str | Field]:
    """Split the inside of an f-string into texts and fields.

    Raises ValueError for braces that do not match.
    """
    parts: list[str | Field] = []
    at, text = 0, ""
    while at < len(body):
        if body[at : at + 2] in ("{{", "}}"):
            text += body[at]
            at += 2
        elif body[at] == "}":
            raise ValueError("a single } in an f-string; write }}")
        elif body[at] == "{":
            end = _closing_brace(body, at)
            parts += [text, _field(at + 1, body[at + 1 : end])]
            text = ""
            at = end + 1
        else:
            text += body[at]
            at += 1
    return [*parts, text]


def _closing_brace(body: str, start: int) -> int:
    depth, quote = 0, ""
    for at in range(start, len(body)):
        char = body[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "{[(":
            depth += 1
        elif char in "}])":
            depth -= 1
            if depth == 0:
                return at
    raise ValueError("a { in an f-string is never closed")


def _field(offset: int, inside: str) -> Field:
    depth, quote = 0, ""
    expression, conversion, form = inside, "", ""
    for at, char in enumerate(inside):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[({":
            depth += 1
        elif char in "])}":
            depth -= 1
        elif not depth and char == ":":
            expression, form = inside[:at], inside[at + 1 :]
            break
    expression = expression.rstrip()
    if re.search(r"![rsa]$", expression):
        expression, conversion = expression[:-2], expression[-1]
    if "{" in form:
        raise ValueError("a format that is computed is not possible here")
    if any(len(number) > LONGEST_FORMAT for number in re.findall(r"\d+", form)):
        raise ValueError(f"the format {form!r} asks for too long a text")
    return Field(offset, expression, conversion, form)
