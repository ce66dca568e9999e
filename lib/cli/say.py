"""Print to the terminal, or to the program that reads the output.

Secrets are masked, and control characters are escaped.
"""

from __future__ import annotations

from typing import Any

import click

from lib.jsontext import to_json
from lib.secrets import redact, redact_data


def say(text: str, *, err: bool = False) -> None:
    """Print text on standard output or standard error. Raises OSError if it cannot."""
    click.echo(_harmless(redact(text)), err=err)


def say_json(value: Any, *, err: bool = False) -> None:
    """Print a value as one line of JSON. Only strings in it are masked: numbers stay numbers."""
    click.echo(_harmless(to_json(redact_data(value))), err=err)


def complain(text: str) -> None:
    """Print an error on standard error."""
    say(f"Error: {text}", err=True)


def warn(text: str) -> None:
    """Print a warning on standard error."""
    say(f"Warning: {text}", err=True)


def inform(text: str) -> None:
    """Print a note on standard error."""
    say(f"Note: {text}", err=True)


def _harmless(text: str) -> str:
    """The text with all escaped, as in JSON, that is neither visible nor ends a line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _escape(char) for char in text)


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
