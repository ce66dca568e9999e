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

    `section` and `key` are spelled as the reader of the ini has them, and empty where it is about
    more than one section, or one key. `line` counts from 1; 0 is the file as a whole. `text` may go
    on over several lines, and may quote the ini, secrets included: mask it before it is shown.
    """

    section: str
    key: str
    line: int
    text: str
    severity: Literal["error", "warning"] = "error"


class InvalidConfig(ConfigurationError):
    """A config file with errors. `problems` are all errors, followed by the warnings."""

    def __init__(self, path: Path, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        super().__init__("\n".join(render(path, item) for item in self.problems))

    def __reduce__(self) -> tuple[object, ...]:
        return InvalidConfig, (self.path, self.problems)


def render(path: Path, problem: Problem) -> str:
    """Return the problem as text, with its place in the file."""
    line = f"line {problem.line} " if problem.line else ""
    section = f"[{problem.section}] " if problem.section else ""
    key = f"{problem.key}: " if problem.key else ""
    return f"{path}: {line}{section}{key}{problem.text}"
