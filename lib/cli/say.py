"""Print to the terminal, or to the program that reads the output.

Secrets are masked, and control characters are escaped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import click

from lib.errors import OutputFailed
from lib.jsontext import to_json
from lib.secrets import redact, redact_data


def say(text: str, *, err: bool = False) -> None:
    """Print text on standard output or standard error. Raises OutputFailed if it cannot."""
    with _in_words(err):
        click.echo(_harmless(redact(text)), err=err)


def say_json(value: Any) -> None:
    """Print a value as one line of JSON, as `print_json` does. Raises OutputFailed."""
    with _in_words(False):
        print_json(value)


def print_json(value: Any) -> None:
    """Print a value as one line of JSON. Raises OSError.

    Only strings in it are masked: numbers stay numbers.
    """
    click.echo(_harmless(to_json(redact_data(value))))


def warn(text: str) -> None:
    """Print a warning on standard error."""
    say(f"Warning: {text}", err=True)


def inform(text: str) -> None:
    """Print a note on standard error."""
    say(f"Note: {text}", err=True)


@contextmanager
def _in_words(err: bool) -> Iterator[None]:
    """Raise OutputFailed for an OSError, except if the reader of a pipe has closed it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        stream = "standard error" if err else "standard output"
        discard(err)
        raise OutputFailed(f"cannot write to {stream} ({error.strerror})") from None


def discard(err: bool) -> None:
    """Write nothing more to a stream, also not what it still holds when Python ends."""
    nowhere = StringIO()
    if err:
        sys.stderr = nowhere
    else:
        sys.stdout = nowhere


def _harmless(text: str) -> str:
    """The text with all escaped, as in JSON, that is neither visible nor ends a line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _escape(char) for char in text)


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
