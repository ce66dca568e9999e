"""Look a value up in a record by its path, as mappings name it.

    general.serial_number                        a field of a field
    hardware.storage.0.model                     a number picks from a list (or: storage[0].model)
    software.applications[*].name                the names of all, as a list
    extension_attributes[name=Owner].value       the first whose name is Owner
    extension_attributes[name="a [b]"].value     a value in quotes may have brackets
    emails[primary=true].value                   true and false are JSON's, in any case
    "Serial No. (1)"."a.b"                       keys with dots or brackets in them

A step that leads nowhere gives None, and so does `[*]` where there is neither a list nor a dict; a
single dict counts as a list of one. What is picked by may stand in quotes. Where a step is missing,
the rest of the path is tried as one key, since some systems have dots in their keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

Getter = Callable[[Any], Any]

QUOTED = r"\"[^\"]*\"|'[^']*'"
SELECTOR = rf"\[(?:\*|\d+|[^\]=\[]+=(?:\s*(?:{QUOTED})\s*|[^\]]*))\]"
STEP = re.compile(
    rf"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<plain>(?:(?!{SELECTOR})[^.])+))"
    rf"(?P<selectors>(?:{SELECTOR})*)(?:\.(?=.)|$)"
)

# What may hold whatever it likes: keys in quotes, and selectors.
FREE = re.compile(rf"(?P<quoted>(?<![^.])(?:\"[^\"]*\"|'[^']*'))|{SELECTOR}")
NEGATIVE = re.compile(r"-\d+|.*\[\s*-\d+\s*\]")
LONGEST = 500  # of the selectors in a longer path, too many would stand in one another

# How deep `paths_in` looks into a record.
DEEPEST = 6

# The number of an item; no list is longer.
NUMBER = re.compile(r"\d{1,9}")


class PathStep(NamedTuple):
    """One step of a path: a key, what picks from the list there, and the path from here on.

    `nth` is the item that the key means in a list.
    """

    key: str
    nth: int | None
    selectors: tuple[str, ...]
    rest: str


def steps(path: str) -> tuple[PathStep, ...]:
    """Split a path into its steps; a path with invalid syntax is a single key."""
    parsed = tuple(_steps(path)) if len(path) <= LONGEST else ()
    return parsed or (PathStep(path, None, (), path),)


def paths_in(value: Any, prefix: str = "", depth: int = 0) -> Iterator[str]:
    """Yield the paths that a record has, also those to empty values; of a list, the first item."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = [(str(at), item) for at, item in enumerate(value[:1])]
    for name, item in items:
        path = f"{prefix}{name}"
        yield path
        if depth < DEEPEST:
            yield from paths_in(item, f"{path}.", depth + 1)


def check_path(path: str) -> None:
    """Raise ValueError, with the message to show, for a text that cannot be a path."""
    if len(path) > LONGEST:
        raise ValueError(f"the path is longer than {LONGEST} characters")
    bare = FREE.sub(lambda part: "key" if part["quoted"] else "", path)
    parts = bare.split(".")
    if bare.rfind("[") > bare.rfind("]"):
        what = "has a bracket that is not closed"
    elif bare != path and bare.count("]") > bare.count("["):
        raise ValueError(
            f"the path {path} has a bracket that was not opened. If a value contains brackets, put"
            ' the value in quotes, as in [name="Owner [HR]"]'
        )
    elif not all(part.strip() for part in parts):
        what = "has an empty part: two dots in a row, or a dot at the start or end"
    elif any(NEGATIVE.fullmatch(part.strip()) for part in parts):
        what = "has a negative index; the items of a list are counted from 0"
    else:
        return
    raise ValueError(f"the path {path} {what}. If this is part of a key, put the key in quotes")


def first_key(path: str) -> str:
    """Return the key of a record at which a path begins."""
    return steps(path)[0].key


def section_and_key(path: str) -> tuple[str | None, str] | None:
    """Return the two keys of a path such as `general.name`, or (None, key) for a single key.

    These can be looked up without `compile_path`, if the section is a dict. Returns None for all
    other paths.
    """
    way = steps(path)
    if any(step.selectors for step in way):
        return None
    if len(way) == 1:
        return None, way[0].key
    return (way[0].key, way[1].key) if len(way) == 2 and way[1].key == way[1].rest else None


@lru_cache(maxsize=1000)  # converters and record filters ask for the same paths with each record
def compile_path(path: str) -> Getter:
    """Return a function that looks the path up in a record (a dict)."""
    way = steps(path)
    if len(way) == 1 and not way[0].selectors:
        key = way[0].key
        return lambda record: record.get(key)
    return _getter(way)


def _getter(way: tuple[PathStep, ...]) -> Getter:
    """Return a function that follows steps from a value on, fast for the common kinds of paths."""
    if any(step.selectors for step in way):
        return _selecting(way)
    key, rest = way[-1].key, way[-1].rest
    if len(way) > 2 or key != rest:
        return lambda value: _follow(value, way)
    if len(way) == 1:
        return lambda value: value.get(key) if type(value) is dict else _follow(value, way)
    place = way[0].key

    def get(value: Any) -> Any:
        section = value.get(place) if type(value) is dict else None
        return section.get(key) if type(section) is dict else _follow(value, way)

    return get


def _follow(value: Any, way: tuple[PathStep, ...]) -> Any:
    """Follow steps without selectors."""
    for key, nth, _, rest in way:
        if isinstance(value, dict):
            if key not in value:
                return value.get(rest)
            value = value[key]
        elif isinstance(value, list):
            value = _item(value, nth)
        else:
            return None
    return value


def _selecting(way: tuple[PathStep, ...]) -> Getter:
    """Return a function that follows steps with selectors."""
    key, nth, selectors, rest = way[0]
    behind = _behind(selectors, way[1:])

    def get(value: Any) -> Any:
        if isinstance(value, dict):
            return behind(value[key]) if key in value else value.get(rest)
        return behind(_item(value, nth) if isinstance(value, list) else None)

    return get


def _behind(selectors: tuple[str, ...], way: tuple[PathStep, ...]) -> Getter:
    """Return a function that follows selectors, then steps; after `[*]`, for each item."""
    if not selectors:
        return _getter(way) if way else lambda value: value
    selector, further = selectors[0], _behind(selectors[1:], way)
    if selector != "*":
        pick = _picking(selector)
        return lambda value: further(pick(value))

    def collect(value: Any) -> list[Any] | None:
        if isinstance(value, dict):
            value = [value]
        if not isinstance(value, list):
            return None
        return [item for item in map(further, value) if item is not None]

    return collect


def _steps(path: str) -> Iterator[PathStep]:
    at = 0
    parsed = []
    while at < len(path):
        match = STEP.match(path, at)
        if not match:
            return
        key = next(part for part in match.group("double", "single", "plain") if part is not None)
        selectors = tuple(item[1:-1] for item in re.findall(SELECTOR, match["selectors"]))
        parsed.append(PathStep(key, _nth(key), selectors, path[at:]))
        at = match.end()
    yield from parsed


def _picking(selector: str) -> Getter:
    """Picks an item of a list, by its number or by what it has at a key."""
    if selector.isdecimal():
        nth = _nth(selector)
        return lambda value: _item(value, nth) if isinstance(value, list) else None
    key, _, wanted = map(_unquoted, selector.partition("="))

    def picked(value: Any) -> Any:
        items = value if isinstance(value, list) else ()
        return next((item for item in items if isinstance(item, dict) and fits(item)), None)

    def fits(item: dict[str, Any]) -> bool:
        value = item.get(key)
        if isinstance(value, bool):
            return str(value).lower() == wanted.lower()
        return value is not None and str(value) == wanted

    return picked


def _unquoted(text: str) -> str:
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def _nth(step: str) -> int | None:
    return int(step) if NUMBER.fullmatch(step) else None


def _item(items: list[Any], nth: int | None) -> Any:
    return items[nth] if nth is not None and nth < len(items) else None
