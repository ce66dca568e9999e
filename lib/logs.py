"""Set up logging from a file in the format of `logging.config.dictConfig`.

Log files stand beside that file, secrets are masked in every handler (those that the thread that
logs knows of), and tracebacks go to files only. Where no log file can be written, a run goes on
without and says so.
"""

from __future__ import annotations

import copy
import json
import logging
import logging.config
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from lib.errors import ConfigurationError
from lib.jsontext import printable
from lib.secrets import redact

log = logging.getLogger(__name__)

# Marks (as `extra`) what the summary tells anyway, so that a terminal does not show it twice.
IN_SUMMARY = {"in_summary": True}

_section: ContextVar[str] = ContextVar("section", default="")


def configure(path: Path) -> None:
    """Apply a logging configuration. Raises ConfigurationError if it is invalid."""
    try:
        settings = json.loads(path.read_text("utf-8"))
        unwritable = _place_files(settings, path.absolute().parent)
        logging.config.dictConfig(settings)
        logging.setLogRecordFactory(_Record)
    except FileNotFoundError:
        raise ConfigurationError(
            "there is no such logging configuration", where=str(path)
        ) from None
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        cause = error.__cause__ or error
        raise ConfigurationError(
            f"this logging configuration cannot be used ({cause})", where=str(path)
        ) from None
    logging.raiseExceptions = False  # a full disk would put a traceback on the terminal
    for handler in _handlers():
        to_file = isinstance(handler, logging.FileHandler)
        handler.setFormatter(_Redacting(handler.formatter, with_traceback=to_file))
        if isinstance(handler, logging.StreamHandler) and not to_file:
            handler.addFilter(lambda record: not getattr(record, "in_summary", False))
    for name in unwritable:
        log.warning("%s cannot be written; this run keeps no such log", name)


@contextmanager
def about(section: str) -> Iterator[None]:
    """Begin all log messages within the block with the section's name."""
    token = _section.set(f"[{section}] ")
    try:
        yield
    finally:
        _section.reset(token)


class _Record(logging.LogRecord):
    """A record whose message holds no secrets, for handlers that hand records on."""

    def getMessage(self) -> str:  # noqa: N802  the name is logging's
        message = printable(redact(super().getMessage()))
        return message if message.startswith("[") else f"{_section.get()}{message}"


class _Redacting(logging.Formatter):
    """Another formatter's text, without secrets and, if wanted, without tracebacks.

    Half a surrogate pair, which no file can hold, becomes an escape.
    """

    def __init__(self, inner: logging.Formatter | None, *, with_traceback: bool) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()
        self._with_traceback = with_traceback

    def format(self, record: logging.LogRecord) -> str:
        if not self._with_traceback and (record.exc_info or record.stack_info):
            record = copy.copy(record)
            record.exc_info = record.exc_text = record.stack_info = None
        text = redact(self._inner.format(record))
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _place_files(settings: dict[str, Any], folder: Path) -> list[str]:
    """Make file names absolute, and turn handlers whose file cannot be written into silent ones."""
    unwritable = []
    for name, handler in settings.get("handlers", {}).items():
        if "filename" not in handler:
            continue
        path = folder / handler["filename"]
        if _writable(path):
            handler["filename"] = str(path)
        else:
            unwritable.append(str(path))
            settings["handlers"][name] = {"class": "logging.NullHandler"}
    return unwritable


def _writable(path: Path) -> bool:
    return os.access(path if path.exists() else path.parent, os.W_OK)


def _handlers() -> set[logging.Handler]:
    named = (logging.getLogger(name) for name in logging.root.manager.loggerDict)
    return {handler for logger in (logging.root, *named) for handler in logger.handlers}
