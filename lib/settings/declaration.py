"""Settings as data: declared once, as the fields of a dataclass, and used everywhere.

    @dataclass(frozen=True, kw_only=True)
    class Settings(AssetSettings):
        url: str = setting("The address of the server.", example="https://example.com", parse=url)
        workers: int = setting("The number of requests at the same time.", default=5)

The declaration controls how the config file is read and checked, what `generate-ini` writes, the
tables in the docs, and the masking of secrets. The type says how the text is read: `str`, `bool`,
`int`, `float`, `Path`, `tuple[str, ...]` (a JSON list, or words between commas), a `Literal` for a
choice, a tuple of that for several, or one of these `| None`. Any other type needs a `parse`. A
setting without a default is required; an example is not a default.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lib.settings.parsers import Parser, choices_of, ignored, is_list, parser_of, without_none


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The base class of all classes of settings.

    Declaring a subclass raises TypeError if it has a setting of a type that has no parser.
    """

    def __init_subclass__(cls, **how: Any) -> None:
        super().__init_subclass__(**how)
        for name, kind in inspect.get_annotations(cls, eval_str=True).items():
            field = cls.__dict__.get(name)
            about = field.metadata.get("setting") if isinstance(field, dataclasses.Field) else None
            if about and not about.parse:
                try:
                    parser_of(kind)
                except TypeError as error:
                    raise TypeError(f"{cls.__qualname__}.{name}: {error}") from None

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield (key, sentence) for settings that do not fit together."""
        yield from ()


@dataclass(frozen=True)
class Declaration:
    """The metadata of a setting, next to its name, type, and default.

    Attributes:
        help: The help text, for the docs and the generated config file.
        example: The value in a generated config file, if it is not the default.
        secret: The value is masked wherever it would be shown.
        advanced: The setting is documented, but left out of a generated config file.
        alternative: The setting belongs to an alternative to other settings, such as an older way
            to sign in. A generated config file has it commented out; declare it after the others.
        multiline: The value may have several lines.
        parse: The parser of the value; by default that of the type.
    """

    help: str
    example: str = ""
    secret: bool = False
    advanced: bool = False
    alternative: bool = False
    multiline: bool = False
    parse: Parser | None = None


@dataclass(frozen=True)
class Setting:
    """One declared setting: its name, type, default, and metadata."""

    name: str
    kind: Any
    default: Any
    about: Declaration

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING

    @property
    def is_path(self) -> bool:
        """Whether the value is a path, which is relative to the folder of the config file."""
        return without_none(self.kind) is Path

    @property
    def is_list(self) -> bool:
        """Whether the value is a list, separated by commas or line ends."""
        return is_list(self.kind)

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed values; empty if all are allowed."""
        return choices_of(self.kind)

    @property
    def example(self) -> str:
        """What `generate-ini` writes: the example, else the default as it would be typed."""
        return self.about.example or self.example_of_default

    @property
    def example_of_default(self) -> str:
        """The default as it would be typed; empty if there is none."""
        return "" if self.required else as_text(self.default)

    def help_text(self, quote: str = "") -> str:
        """Return the help, with the allowed values in quotes if there are any."""
        choices = ", ".join(f"{quote}{choice}{quote}" for choice in self.choices if choice)
        how_many = "Any" if self.is_list else "One"
        return f"{self.about.help} {how_many} of: {choices}." if choices else self.about.help

    def read(self, text: str) -> Any:
        """Parse a text to the value of the setting; raise ValueError with the message to show."""
        if "\n" in text and not (self.about.multiline or self.is_list):
            raise ValueError(
                "the value has several lines. Remove the indentation of the next line, if it is not"
                " part of the value"
            )
        return (self.about.parse or parser_of(self.kind))(text)

    def warning(self, text: str) -> str:
        """Return a warning about the values of a list that `read` ignores; empty if there are none.

        These are values that are not among the choices.
        """
        if self.about.parse or not (self.is_list and self.choices):
            return ""
        return ignored(text, self.choices)


def setting(
    help: str,  # noqa: A002
    *,
    default: Any = dataclasses.MISSING,
    example: str = "",
    secret: bool = False,
    advanced: bool = False,
    alternative: bool = False,
    multiline: bool = False,
    parse: Parser | None = None,
) -> Any:
    """Declare a setting; see `Declaration` for the arguments."""
    about = Declaration(help, example, secret, advanced, alternative, multiline, parse)
    return dataclasses.field(default=default, repr=not secret, metadata={"setting": about})


def declared(kind: type[Any]) -> tuple[Setting, ...]:
    """Return the settings of a class: its own first, then those of its bases."""
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
    """A problem with one setting, or with the section if the key is empty."""

    key: str
    text: str


def read_settings(kind: type[Any], given: Mapping[str, str]) -> tuple[Any, list[Fault]]:
    """Make the settings object of a class from texts by key; unknown keys are ignored.

    Returns (object, []), or (None, all faults).
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
                faults.append(Fault(item.name, f"the value is missing. {item.about.help}"))
        except ValueError as error:
            faults.append(Fault(item.name, str(error)))
    made = kind(**values)
    faulty = {fault.key for fault in faults}
    faults += [Fault(key, text) for key, text in made.problems() if key not in faulty]
    return (None if faults else made), faults


def secrets_of(settings: Any) -> Iterator[str]:
    """Yield the values of secret settings, which must never be shown."""
    for item in declared(type(settings)):
        value = getattr(settings, item.name)
        if item.about.secret and value is not None:
            yield from map(str, value if isinstance(value, tuple) else [value])


def as_text(value: Any) -> str:
    """Return a value as it would be typed into a config file."""
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)
