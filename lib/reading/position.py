"""How far a source has been read: a moment, kept in a file from one run to the next.

A source that only gives what was modified since a moment is read from a position on. It moves after
a run of which nothing is left to be sent, and it stays behind what was read by a margin: records
may be read twice, and none is left out.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lib.errors import ConfigurationError
from lib.values.dates import moment_or_none

OVERLAP = timedelta(minutes=5)

_writing = threading.Lock()


class Position:
    """The moment that a file keeps under a key; other keys in it belong to other sections."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key
        self._next: datetime | None = None

    def of(self, reader: str) -> Position:
        """The position of one who reads for a purpose of its own."""
        return Position(self._path, f"{self._key} {reader}".strip())

    def read(self) -> datetime | None:
        """The moment, or None where none has been kept yet.

        Raises ConfigurationError for a file that holds something else, or could not be written.
        """
        if not os.access(self._path if self._path.exists() else self._path.parent, os.W_OK):
            raise self._error("the file cannot be written", "Name one that can be")
        kept = self._load()
        text = kept if isinstance(kept, str) else kept.get(self._key)
        if text is None or text == "":
            return None
        found = moment_or_none(text)
        if found is None:
            raise self._error("the file holds no moment", "Delete it to begin anew")
        return found

    def reach(self, latest: datetime, asked: datetime) -> None:
        """Note that what was modified up to `latest` has been read.

        What was modified after the source was `asked` what there is may not have been in its
        answer, so the position moves no further than to there.
        """
        self._next = min(latest, asked).replace(microsecond=0) - OVERLAP

    def keep(self) -> None:
        """Write down what was reached, unless the file is further; a crash leaves it as it was."""
        with _writing:  # sections that run side by side may share the file
            self._keep()

    def _keep(self) -> None:
        before = self.read()
        if self._next is None or (before and before >= self._next):
            return
        kept = self._load()
        others = kept if isinstance(kept, dict) else {}
        text = json.dumps({**others, self._key: self._next.isoformat()}, indent=2)
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.write_text(f"{text}\n", encoding="utf-8")
            new.replace(self._path)
        except OSError as error:
            raise self._error(
                f"the file cannot be written ({error.strerror})", "The next run repeats this one"
            ) from None

    def _load(self) -> dict[str, Any] | str:
        """The moments by key, or the one moment that the file held before it had keys."""
        try:
            text = self._path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError):
            raise self._error("the file cannot be read", "Name another one") from None
        try:
            kept = json.loads(text)
        except ValueError:
            return text
        return kept if isinstance(kept, dict) else text

    def _error(self, what: str, fix: str) -> ConfigurationError:
        return ConfigurationError(f"storage: {what}", where=str(self._path), fix=fix)
