"""The errors and warnings about a config file, as data and as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib.errors import ConfigurationError


@dataclass(frozen=True)
class Problem:
    """An error in a config file, or a warning about something that is probably a mistake.

    `section` and `key` are spelled as in the file. They are empty if the problem concerns more than
    one section or setting. `line` counts from 1; 0 is the file as a whole. `text` may have several
    lines, and may quote the file, including secrets: mask it before it is shown.
    """

    section: str
    key: str
    line: int
    text: str
    severity: Literal["error", "warning"] = "error"


class InvalidConfig(ConfigurationError):
    """A config file with errors. `problems` are its errors and warnings, by line."""

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(by_line(problems))
        super().__init__("\n".join(render(path, item) for item in self.problems))

    @property
    def labeled(self) -> str:
        """The problems, each on a line of its own with its own label."""
        return "\n".join(labeled(self.path, item) for item in self.problems)

    def __reduce__(self) -> tuple[object, ...]:
        return InvalidConfig, (self.path, self.problems)


def by_line(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems by line; those of the file as a whole first, errors before warnings."""
    return sorted(problems, key=lambda item: (item.line, item.severity))


def labeled(path: Path, problem: Problem) -> str:
    """Return the problem as text, with its label and its place in the file."""
    return f"{problem.severity.capitalize()}: {render(path, problem)}"


def render(path: Path, problem: Problem) -> str:
    """Return the problem as text, with its place in the file."""
    line = f"line {problem.line}" if problem.line else ""
    section = f"[{problem.section}]" if problem.section else ""
    # Names of fields are spelled in uppercase in Oomnitza, and mostly in config files.
    start, dot, field = problem.key.partition(".")
    key = f"{start}.{field.upper()}" if start == "mapping" and dot else problem.key
    place = " ".join(filter(None, (line, section, key)))
    return ": ".join(filter(None, (str(path), place, problem.text)))
