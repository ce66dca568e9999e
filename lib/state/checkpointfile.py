"""Checkpoints in a file of their own, for sections with the setting `storage`."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from lib.errors import ConfigurationError
from lib.values.dates import moment

CHANGE = "Set storage to another file"

_writing = threading.Lock()


class CheckpointFile:
    """The checkpoint that a file stores under a key; its other keys belong to other sections.

    It is JSON: {"key": "2024-05-06T12:00:00+00:00"}. `legacy_keys` are keys under which it may be
    kept, too, if it is not under this one. All methods raise ConfigurationError.
    """

    def __init__(self, path: Path, key: str, legacy_keys: Sequence[str] = ()) -> None:
        self._path = path
        self._keys = (key, *legacy_keys)

    def load(self) -> datetime | None:
        """Return the checkpoint, or None if there is none; the file must also be writable."""
        if not os.access(self._path if self._path.exists() else self._path.parent, os.W_OK):
            raise self._error("cannot write the file", "Set storage to a file that can be written")
        return self.load_read_only()

    def load_read_only(self) -> datetime | None:
        """Return the checkpoint, or None, from a file that need not be writable."""
        kept = self._load()
        texts = [kept] if isinstance(kept, str) else [kept.get(key) for key in self._keys]
        text = next((text for text in texts if text not in (None, "")), None)
        if text is None:
            return None
        try:
            return moment(text if isinstance(text, str) else "?")
        except ValueError:
            raise self._error(
                "the file does not contain a valid checkpoint",
                "Delete it, so that the next run reads everything",
            ) from None

    def keep(self, reached: datetime) -> None:
        """Store a checkpoint, unless the file has a later one; a crash leaves the file intact."""
        with _writing:  # sections that run side by side may share the file
            before = self.load()
            if not before or before < reached:
                self._write(reached)

    def _write(self, reached: datetime) -> None:
        kept = self._load()
        others = kept if isinstance(kept, dict) else {}
        text = json.dumps({**others, self._keys[0]: reached.isoformat()}, indent=2)
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.write_text(f"{text}\n", encoding="utf-8")
            new.replace(self._path)
        except OSError as error:
            raise self._error(
                f"cannot write the file ({error.strerror})",
                "Correct the reason. The next run reads the same changes again",
            ) from None

    def _load(self) -> dict[str, Any] | str:
        """Return the times by key, or the one time of a file from before there were keys."""
        try:
            text = self._path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError:
            raise self._error("the file is not a text file", CHANGE) from None
        except OSError as error:
            raise self._error(f"cannot read the file ({error.strerror})", CHANGE) from None
        try:
            kept = json.loads(text)
        except ValueError:
            return text
        return kept if isinstance(kept, dict) else text

    def _error(self, what: str, fix: str) -> ConfigurationError:
        return ConfigurationError(f"storage: {what}", where=str(self._path), fix=fix)
