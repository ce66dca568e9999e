"""Settings as data: declared once, as the fields of a dataclass, and used everywhere.

    @dataclass(frozen=True, kw_only=True)
    class Settings(AssetSettings):
        url: str = setting("The address of the server.", example="https://example.com", parse=url)
        workers: int = setting("How many requests at once.", default=5)

From the declaration come the reading and checking of the ini, the file that `generate-ini` writes,
the tables in the docs and the masking of secrets. The type says how the text is read: `str`,
`bool`, `int`, `Path`, `tuple[str, ...]` (a JSON list, or words between commas), or a `Literal` for
a choice. A setting without a default has to be given; an example is not a default.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

Parser = Callable[[str], Any]

TRUE = frozenset({"1", "true", "yes", "y", "on", "t"})
FALSE = frozenset({"0", "false", "no", "n", "off", "f"})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every class of settings is derived from."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for settings that do not fit together."""
        yield from ()


@dataclass(frozen=True)
class Declaration:
    """What is known of a setting beside its name, type and default."""

    help: str
    example: str = ""
    secret: bool = False
    advanced: bool = False
    multiline: bool = False
    parse: Parser | None = None


@dataclass(frozen=True)
class Setting:
    """One declared setting: its name and type, and all that its declaration says."""

    name: str
    kind: Any
    default: Any
    about: Declaration

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING

    @property
    def is_path(self) -> bool:
        """Whether the value is a path, which is relative to the folder of the ini."""
        return self.kind in (Path, Path | None)

    @property
    def choices(self) -> tuple[str, ...]:
        return typing.get_args(self.kind) if typing.get_origin(self.kind) is Literal else ()

    @property
    def example(self) -> str:
        """What `generate-ini` writes: the example, else the default as it would be typed."""
        return self.about.example or self.example_of_default

    @property
    def example_of_default(self) -> str:
        """The default as it would be typed; nothing where there is none."""
        return "" if self.required else as_text(self.default)

    def read(self, text: str) -> Any:
        """The typed value of a text; raises ValueError with the sentence to show."""
        if "\n" in text and not (self.about.multiline or self.kind == tuple[str, ...]):
            raise ValueError("the value goes on over several lines; is the next line indented?")
        if self.about.parse:
            return self.about.parse(text)
        if self.choices:
            return _choice(text, self.choices)
        return _PARSERS[self.kind](text)


def setting(
    help: str,  # noqa: A002
    *,
    default: Any = dataclasses.MISSING,
    example: str = "",
    secret: bool = False,
    advanced: bool = False,
    multiline: bool = False,
    parse: Parser | None = None,
) -> Any:
    """Declare a setting; `advanced` ones are documented but left out of a generated ini."""
    about = Declaration(help, example, secret, advanced, multiline, parse)
    return dataclasses.field(default=default, repr=not secret, metadata={"setting": about})


def declared(kind: type[Any]) -> tuple[Setting, ...]:
    """The settings of a class: its own first, then those of its bases."""
    return _declared(kind)  # type: ignore[arg-type]  # mypy doubts that a class can be hashed


@cache  # a run asks for those of a few classes, dozens of times
def _declared(kind: type[Any]) -> tuple[Setting, ...]:
    hints = typing.get_type_hints(kind)
    fields = {item.name: item for item in dataclasses.fields(kind) if "setting" in item.metadata}
    names = [name for base in kind.__mro__ for name in inspect.get_annotations(base)]
    return tuple(
        Setting(name, hints[name], fields[name].default, fields[name].metadata["setting"])
        for name in dict.fromkeys(names)
        if name in fields
    )


@dataclass(frozen=True)
class Fault:
    """What is wrong with one setting; without a key it is about the section."""

    key: str
    text: str


def read_settings(kind: type[Any], given: Mapping[str, str]) -> tuple[Any, list[Fault]]:
    """Make the settings object of a class from texts by key; unknown keys are not looked at.

    Returns (object, []) or (None, every fault found).
    """
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for item in declared(kind):
        text = given.get(item.name, "")
        values[item.name] = "" if item.required else item.default
        try:
            if text.strip():
                values[item.name] = item.read(text)
            elif item.required:
                faults.append(Fault(item.name, f"a value is missing. {item.about.help}"))
        except ValueError as error:
            faults.append(Fault(item.name, str(error)))
    made = kind(**values)
    faulty = {fault.key for fault in faults}
    faults += [Fault(key, text) for key, text in made.problems() if key not in faulty]
    return (None if faults else made), faults


def secrets_of(settings: Any) -> Iterator[str]:
    """Yield the values that must never be shown."""
    for item in declared(type(settings)):
        if item.about.secret:
            yield str(getattr(settings, item.name))


def as_text(value: Any) -> str:
    """A value as it would be typed into an ini."""
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)


def boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError(f"{text.strip()!r} is neither True nor False")


def whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text.strip()!r} is not a whole number") from None


def at_least(minimum: int) -> Parser:
    """A reader of whole numbers that are not below the minimum."""

    def parse(text: str) -> int:
        number = whole_number(text)
        if number < minimum:
            raise ValueError(f"{number} is too small; the least is {minimum}")
        return number

    return parse


def number_text(text: str) -> str:
    """A whole number, kept as the text that was typed (ids of roles are sent that way)."""
    return str(whole_number(text))


def seconds(text: str) -> float:
    """A length of time, such as 90s, 30m, 12h or 7d, in seconds."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", text.strip().lower())
    if not found:
        raise ValueError(f"{text.strip()!r} is no length of time; write 30m, 12h or 7d")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


def duration(text: str) -> str:
    """A length of time, kept as the text that was typed."""
    seconds(text)
    return text.strip()


def share_or_number(text: str) -> str:
    """A percentage or a number of records, kept as the text that was typed."""
    if not re.fullmatch(r"(\d{1,2}(\.\d+)?|100)\s*%|\d+", text.strip()):
        raise ValueError(f"{text.strip()!r} is neither a percentage (50%) nor a number of records")
    return text.strip()


def words(text: str) -> tuple[str, ...]:
    """Words from a JSON list, or between commas or line ends."""
    if not text.lstrip().startswith("["):
        return tuple(word.strip() for word in re.split(r"[,\n]", text) if word.strip())
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is not a JSON list: {error.msg}, column {error.colno}") from None
    return tuple(str(item) for item in items)


def distinguished_names(text: str) -> tuple[str, ...]:
    """A JSON list of distinguished names, or a single one (they hold commas)."""
    return words(text) if text.lstrip().startswith("[") else (text.strip(),)


def url(text: str) -> str:
    """An http or https address, without the slash at its end."""
    return address(text, ("http", "https"))


def address(text: str, schemes: tuple[str, ...]) -> str:
    """An address with one of the schemes, without the slash at its end."""
    if "@" in text:
        raise ValueError("an address holds no user and password here; there are settings for them")
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{text.strip()!r} is not an address: {error}") from None
    if parts.scheme.lower() not in schemes or not host:
        begins = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ValueError(f"{text.strip()!r} is not an address; it has to begin with {begins}")
    return re.sub(r"/+$", "", text.strip())


def existing_path(text: str) -> Path:
    path = Path(text.strip()).expanduser()
    if not path.exists():
        raise ValueError(f"there is no {path}")
    return path.absolute()


def _choice(text: str, choices: tuple[str, ...]) -> str:
    for choice in choices:
        if text.strip().lower() == choice.lower():
            return choice
    raise ValueError(f"{text.strip()!r} is not one of: {', '.join(choices)}")


_PARSERS: dict[Any, Parser] = {
    str: str.strip,
    bool: boolean,
    int: whole_number,
    Path: existing_path,
    Path | None: existing_path,
    tuple[str, ...]: words,
}
