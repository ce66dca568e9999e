"""Regular expressions of programs: the functions of `re`, with limits on time and results.

They use the library `regex`, which can stop after a timeout. Syntax that it has beyond that of
Python's `re` is treated as by `re`: as plain text, or as an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from math import prod
from typing import Any

import regex

from lib.language.bounds import bounded
from lib.language.errors import Stopped
from lib.values.kinds import kind_of

LONGEST_PATTERN = 1_000
# `regex` writes out a part with a count, such as (...){50}, so often.
MOST_PARTS = 500_000
COUNT = regex.compile(r"\{\s*(\d+)")
# What means something of its own in `regex`; all else means the same in both.
PIECES = regex.compile(
    r"(?P<named>\\N\{[^}]*\})|(?P<escape>\\(?P<letter>[\s\S]))"
    r"|(?P<set>\[\^?\]?(?:\\[\s\S]|[^\]\\])*\])"
    r"|(?P<count>\{\d*(?:,\d*)?\})|(?P<brace>\{)"
    r"|(?P<flags>(?:\(\?[aimsux]+\))+)|(?P<group>\((?:\?(?:P.|<.|[a-zA-Z-]+|[^P<])|\*))"
)
ESCAPES = frozenset("AbBdDsSwWZafnrtvxuUN")
SET_PIECES = regex.compile(r"\\[\s\S]|\[")
GROUPS = regex.compile(r"\(\?(?:P[<=]|<[=!]|[:#=!(>]|[imsxau-]+)")
# Seconds that one call may take.
PATTERN_SECONDS = 0.2

Pattern = regex.Pattern[str]
Match = regex.Match[str]

PATTERN_FLAGS = {
    name: int(getattr(regex, name))
    for name in (
        "A", "ASCII", "I", "IGNORECASE", "M", "MULTILINE", "S", "DOTALL", "X", "VERBOSE"
    )
}  # fmt: skip
ALL_FLAGS = sum(set(PATTERN_FLAGS.values()))


def checked(pattern: Any, flags: Any = 0) -> Pattern:
    """Return the compiled pattern; raise Stopped if it is invalid or takes too much to compile."""
    if not isinstance(pattern, str) or len(pattern) > LONGEST_PATTERN:
        raise Stopped(f"a pattern must be text of at most {LONGEST_PATTERN} characters")
    if not isinstance(flags, int) or flags & ALL_FLAGS != flags:
        raise Stopped("invalid flags of a pattern; use re.IGNORECASE, re.MULTILINE, or re.DOTALL")
    return _compiled(pattern, flags)


@lru_cache(maxsize=200)
def _compiled(pattern: str, flags: int) -> Pattern:
    if prod(int(count) or 1 for count in COUNT.findall(pattern)) * len(pattern) > MOST_PARTS:
        raise Stopped("the repetition counts in the pattern are too high")
    try:
        return regex.compile(PIECES.sub(_as_in_python, pattern), flags)
    except Stopped:
        raise
    except RecursionError:
        raise Stopped("the pattern is nested too deeply") from None
    except regex.error as problem:
        raise Stopped(f"invalid pattern: {problem}") from None
    except Exception as problem:  # regex does not always raise its own error
        raise Stopped("invalid pattern") from problem


def _as_in_python(piece: Match) -> str:
    """The piece of a pattern so that `regex` takes it as Python's `re` does."""
    text = piece[0]
    letter, group = piece["letter"] or "", piece["group"]
    if letter.isascii() and letter.isalpha() and letter not in ESCAPES:
        raise Stopped(f"invalid pattern: unknown escape {text}")
    if (group and not GROUPS.fullmatch(group)) or (piece["flags"] and piece.start()):
        raise Stopped(f"invalid pattern: {text} is not supported here")
    if piece["set"]:
        return "[" + SET_PIECES.sub(_as_in_set, text[1:])
    return "\\" + text if piece["brace"] or text == "{}" else text


def _as_in_set(piece: Match) -> str:
    """The same in a set, where a bracket is a character like others."""
    text = piece[0]
    if text[0] == "\\" and text[1].isascii() and text[1].isalpha() and text[1] not in ESCAPES:
        raise Stopped(f"invalid pattern: unknown escape {text}")
    return "\\[" if text == "[" else text


def _once(name: str) -> Callable[..., Match | None]:
    def call(pattern: str, string: str | None, flags: int = 0) -> Match | None:
        tried = getattr(checked(pattern, flags), name)
        if string is None:
            return None
        _check_text(string)
        try:
            match: Match | None = tried(string, timeout=PATTERN_SECONDS)
        except TimeoutError:
            raise _too_long(pattern) from None
        return match

    return call


def findall(pattern: str, string: str | None, flags: int = 0) -> list[Any]:
    """Return all matches as `re.findall` does; None has no matches."""
    matches = []
    for match in _every(pattern, string, flags):
        groups = match.groups("")
        matches.append(groups if len(groups) > 1 else groups[0] if groups else match[0])
    return matches


def split(pattern: str, string: str | None, maxsplit: int = 0, flags: int = 0) -> list[Any]:
    """Split a string as `re.split` does; None gives an empty list."""
    pieces: list[Any] = []
    at = 0
    if string is not None:
        _check_text(string)
    for match in islice(_every(pattern, string, flags), _limit("maxsplit", maxsplit)):
        pieces += [match.string[at : match.start()], *match.groups()]
        at = match.end()
    return [] if string is None else [*pieces, string[at:]]


def sub(pattern: str, repl: str, string: str | None, count: int = 0, flags: int = 0) -> str | None:
    """Replace matches as `re.sub` does; None stays None."""
    if string is None:
        return None
    _check_text(string)
    if not isinstance(repl, str):
        raise Stopped(f"the replacement must be text, not {kind_of(repl)}")
    bounded(repl.count("\\") * len(string))
    pieces, length, at = [], 0, 0
    for match in islice(_every(pattern, string, flags), _limit("count", count)):
        pieces += [string[at : match.start()], _expanded(match, repl)]
        length += len(pieces[-1])
        bounded(length)
        at = match.end()
    return "".join([*pieces, string[at:]])


def _every(pattern: str, string: str | None, flags: int) -> Iterator[Match]:
    """The matches one after the other. A text can be found in another one many times over."""
    every = checked(pattern, flags)
    length = 0
    text = string or ""
    _check_text(text)
    try:
        for match in every.finditer(text, timeout=PATTERN_SECONDS):
            length += 1 + sum(len(group) for group in (match[0], *match.groups("")))
            bounded(length)
            yield match
    except TimeoutError:
        raise _too_long(pattern) from None


def _expanded(match: Match, template: str) -> str:
    """Return the replacement for a match; raise Stopped for an invalid template."""
    try:
        return match.expand(template)
    except regex.error as error:
        raise Stopped(f"invalid replacement: {error}") from None
    except IndexError as error:
        raise Stopped("invalid replacement: unknown group") from error
    except Exception as error:  # not always its own
        raise Stopped("invalid replacement") from error


def _check_text(string: Any) -> None:
    if not isinstance(string, str):
        raise Stopped(f"a pattern can search only text, not {kind_of(string)}")


def _limit(name: str, number: Any) -> int | None:
    if not isinstance(number, int) or number < 0:
        raise Stopped(f"{name} must be a whole number, 0 or greater")
    return number or None


def _too_long(pattern: str) -> Stopped:
    return Stopped(f"the pattern `{pattern[:60]}` takes too long on this text")


PATTERN_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "findall": findall,
    "fullmatch": _once("fullmatch"),
    "match": _once("match"),
    "search": _once("search"),
    "split": split,
    "sub": sub,
}
