"""Set up logging from a file in the format of `logging.config.dictConfig`.

Relative names of log files are relative to the folder of that file. Every handler masks the secrets
that the logging thread knows. Tracebacks go to files only. A terminal shows the labels Error,
Warning, and Note. If a log file cannot be written, the run goes on without it, with a warning.
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

# Marks (as `extra`) messages that the summary repeats, so that a terminal does not show them twice.
IN_SUMMARY = {"in_summary": True}
# The labels on a terminal.
LABELS = {"INFO": "Note", "WARNING": "Warning", "ERROR": "Error", "CRITICAL": "Error"}

_section: ContextVar[str] = ContextVar("section", default="")


def configure(path: Path) -> None:
    """Apply a logging configuration. Raises ConfigurationError if it is invalid."""
    try:
        settings = json.loads(path.read_text("utf-8"))
        unwritable = _place_files(settings, path.absolute().parent)
        logging.config.dictConfig(settings)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        fix = "Correct the file, or name another one with --logging-config"
        raise ConfigurationError(_in_words(error), where=str(path), fix=fix) from None
    logging.setLogRecordFactory(_Record)
    logging.raiseExceptions = False  # a full disk would put a traceback on the terminal
    for handler in _handlers():
        to_file = isinstance(handler, logging.FileHandler)
        handler.setFormatter(_Redacting(handler.formatter, to_file=to_file))
        if isinstance(handler, logging.StreamHandler) and not to_file:
            handler.addFilter(lambda record: not getattr(record, "in_summary", False))
    for name in unwritable:
        log.warning(
            "cannot write the log file %s; this run is not logged there. Choose another file with "
            "--logging-config",
            name,
        )


def _in_words(error: Exception) -> str:
    """Say what is wrong with a logging configuration."""
    cause = error.__cause__ or error
    match cause:
        case FileNotFoundError():
            return "logging configuration not found"
        case OSError():
            return f"cannot read the logging configuration ({cause.strerror})"
        case json.JSONDecodeError():
            place = f"line {cause.lineno}, column {cause.colno}"
            return f"the logging configuration is not valid JSON ({place})"
        case ValueError() | ImportError():
            return f"the logging configuration is invalid ({cause})"
    return "the logging configuration is invalid; it needs the format of Python's logging.config"


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
    """Another formatter's text without secrets; outside of files, with labels for users.

    Half a surrogate pair, which no file can hold, becomes an escape.
    """

    def __init__(self, inner: logging.Formatter | None, *, to_file: bool) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()
        self._to_file = to_file

    def format(self, record: logging.LogRecord) -> str:
        if not self._to_file:
            record = copy.copy(record)
            record.exc_info = record.exc_text = record.stack_info = None
            record.levelname = LABELS.get(record.levelname, record.levelname)
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
