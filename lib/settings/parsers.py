"""Parsers of settings: from text to a typed value, or a ValueError with the message to show."""

from __future__ import annotations

import json
import math
import re
import types
import typing
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from lib.filenames import path_of, path_text
from lib.plugins import did_you_mean

Parser = Callable[[str], Any]

TRUE = frozenset({"1", "true", "yes", "y", "on", "t"})
FALSE = frozenset({"0", "false", "no", "n", "off", "f"})
# Python would also take 1e3, 1_000, nan and inf.
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def boolean(text: str) -> bool:
    """Parse a boolean: true, yes, on, 1 and the like, in any case, or their opposites."""
    word = text.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError(f"{text.strip()!r} is neither True nor False")


def whole_number(text: str) -> int:
    """Parse an integer."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a whole number") from None


def decimal_number(text: str) -> float:
    """Parse a number with a decimal point."""
    number = float(text) if NUMBER.fullmatch(text.strip()) else math.inf
    if not math.isfinite(number):
        raise ValueError(f"{text.strip()!r:.60} is not a number, such as 2 or 2.5")
    return number


def at_least(minimum: int) -> Parser:
    """Return a parser of integers of at least `minimum`."""

    def parse(text: str) -> int:
        number = whole_number(text)
        if number < minimum:
            raise ValueError(f"{number} is too small. The minimum is {minimum}")
        return number

    return parse


def between(least: int, most: int) -> Parser:
    """Return a parser of integers from `least` to `most`."""

    def parse(text: str) -> int:
        number = whole_number(text)
        if not least <= number <= most:
            raise ValueError(f"{number} is not between {least} and {most}")
        return number

    return parse


def number_text(text: str) -> str:
    """Check an integer, and return it as a string (IDs of roles are sent that way)."""
    return str(whole_number(text))


def seconds(text: str) -> float:
    """Parse a duration, such as 90s, 30m, 12h or 7d, to seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", text.strip().lower())
    if not match:
        raise ValueError(f"{text.strip()!r} is not a duration, such as 30m, 12h, or 7d")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def duration(text: str) -> str:
    """Check a duration, such as 7d, and return it as it was typed."""
    seconds(text)
    return text.strip()


def share(text: str) -> str:
    """Check a percentage, and return it as it was typed."""
    if not re.fullmatch(r"(\d{1,2}(\.\d+)?|100)\s*%", text.strip()):
        raise ValueError(f"{text.strip()!r} is not a percentage, such as 10%")
    return text.strip()


def share_or_number(text: str) -> str:
    """Check a percentage or a number of records, and return it as it was typed."""
    if not re.fullmatch(r"(\d{1,2}(\.\d+)?|100)\s*%|\d+", text.strip()):
        raise ValueError(f"{text.strip()!r} is neither a percentage (50%) nor a number of records")
    return text.strip()


def words(text: str) -> tuple[str, ...]:
    """Parse a list of words: a JSON list, or words separated by commas or line ends."""
    if not text.lstrip().startswith("["):
        return tuple(word.strip() for word in re.split(r"[,\n]", text) if word.strip())
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not a valid JSON list (error at character {error.pos + 1})") from None
    return tuple(str(item) for item in items)


def words_but_no_switch(text: str) -> tuple[str, ...]:
    """Parse words separated by commas; `False` and the like alone are not one, but a mistake."""
    found = words(text)
    if len(found) == 1 and len(found[0]) > 1 and found[0].lower() in TRUE | FALSE:
        raise ValueError(
            f"{found[0]!r} is not a list of words. Enter the words that mean no value, or default"
        )
    return found


def distinguished_names(text: str) -> tuple[str, ...]:
    """Parse a JSON list of distinguished names, or a single one (which contains commas)."""
    return words(text) if text.lstrip().startswith("[") else (text.strip(),)


def url(text: str) -> str:
    """Check an HTTP or HTTPS address, and return it without slashes at its end."""
    return address(text, ("http", "https"))


def address(text: str, schemes: tuple[str, ...]) -> str:
    """Check an address with one of the schemes, and return it without slashes at its end."""
    if "@" in text:
        raise ValueError(
            "the URL must not contain a user name or password. Enter them in their own settings"
        )
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(
            f"{text.strip()!r} is not a valid URL. Check the host and the port"
        ) from None
    if parts.scheme.lower() not in schemes or not host:
        begins = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(
            f"{text.strip()!r} is not a valid URL. It must begin with {begins} and a host"
        )
    return re.sub(r"/+$", "", text.strip())


def text_encoding(text: str) -> str:
    """Return the name of an encoding; raise ValueError for one that Python does not know."""
    name = text.strip()
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise ValueError(f"unknown encoding {name!r}. Try utf-8, cp1252, or utf-16") from None
    return name


def any_path(text: str) -> Path:
    """Parse a path that need not exist yet: a file that is missing stops only its own section."""
    return path_of(text).absolute()


def existing_path(text: str) -> Path:
    """Parse the path of an existing file or folder; return it as an absolute path."""
    path = path_of(text)
    if not path.exists():
        raise ValueError(f"{path_text(path)} not found")
    return path.absolute()


def chosen(text: str, choices: tuple[str, ...]) -> str | None:
    """Return the choice that a text names, ignoring case and spaces; None if there is none."""
    return next((choice for choice in choices if _plain(choice) == _plain(text)), None)


def one_of(text: str, choices: tuple[str, ...]) -> str:
    """Return the choice that a text names, in the spelling of `choices`."""
    choice = chosen(text, choices)
    if choice is None:
        raise ValueError(_not_among([text.strip()], choices))
    return choice


def some_of(text: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Return the choices that a list of words names, each once, without the unknown words.

    Raises ValueError if no word is known.
    """
    named = words(text)
    known = tuple(dict.fromkeys(filter(None, (chosen(word, choices) for word in named))))
    if named and not known:
        raise ValueError(_not_among(named, choices))
    return known


def ignored(text: str, choices: tuple[str, ...]) -> str:
    """Return a warning about the words of a list that `some_of` ignores; empty without any."""
    unknown = [word for word in words(text) if chosen(word, choices) is None]
    if not unknown:
        return ""
    effect = ", so they are ignored" if len(unknown) > 1 else ", so it is ignored"
    return _not_among(unknown, choices, effect)


def _not_among(named: Sequence[str], choices: tuple[str, ...], effect: str = "") -> str:
    """Return a sentence about values that are not among the choices, with the nearest choice."""
    listed = ", ".join(f"'{word}'" for word in named)
    verb = "are not among" if len(named) > 1 else "is not one of"
    allowed = ", ".join(filter(None, choices))
    hint = next(filter(None, (did_you_mean(word, choices) for word in named)), "")
    return f"{listed} {verb}: {allowed}{effect}; {hint}".rstrip("; ")


def _plain(text: str) -> str:
    return "".join(text.lower().split())


BY_TYPE: dict[Any, Parser] = {
    str: str.strip,
    bool: boolean,
    int: whole_number,
    float: decimal_number,
    Path: existing_path,
    tuple[str, ...]: words,
}


def parser_of(kind: Any) -> Parser:
    """Return the parser of a type of settings; raise TypeError for a type that has none."""
    kind = without_none(kind)
    choices = choices_of(kind)
    if choices and all(isinstance(choice, str) for choice in choices):
        return partial(some_of if is_list(kind) else one_of, choices=choices)
    if kind not in BY_TYPE:
        raise TypeError(f"{kind} has no parser; give one as parse")
    return BY_TYPE[kind]


def choices_of(kind: Any) -> tuple[str, ...]:
    """Return the values of a Literal, or of a tuple of Literals; empty for other types."""
    kind = without_none(kind)
    if is_list(kind):
        kind = typing.get_args(kind)[0]
    return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()


def is_list(kind: Any) -> bool:
    """Return whether the type is a tuple of any length, as which lists are declared."""
    kind = without_none(kind)
    return typing.get_origin(kind) is tuple and typing.get_args(kind)[1:] == (...,)


def without_none(kind: Any) -> Any:
    """Return the type X of `X | None`; other types unchanged."""
    if typing.get_origin(kind) not in (typing.Union, types.UnionType):
        return kind
    others = [each for each in typing.get_args(kind) if each is not types.NoneType]
    return others[0] if len(others) == 1 else kind
