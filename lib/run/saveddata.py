"""The files of `--save-data`: each record as fetched and as sent, as one JSON object per line."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from lib.errors import ConfigurationError
from lib.jsontext import to_json
from lib.secrets import redact_data


class NothingSaved:
    """Saves nothing, for runs without `--save-data`."""

    def add_fetched(self, record: dict[str, Any]) -> None:
        """Save a record as it was fetched."""

    def add_upload(self, record: dict[str, Any]) -> None:
        """Save a record as it is sent."""


class SavedData(NothingSaved):
    """Two files for the run of one section, readable by their owner only.

    Raises ConfigurationError where they cannot be written.
    """

    def __init__(self, folder: Path, section: str) -> None:
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        begin = re.sub(r"[^\w.-]", "_", section) + f".{moment}"
        # A run that begins in the same second gets files of its own.
        stems = (f"{begin}-{number}" if number > 1 else begin for number in count(1))
        stem = next(stem for stem in stems if not (folder / f"{stem}.fetched.jsonl").exists())
        self.fetched = folder / f"{stem}.fetched.jsonl"
        self.uploads = folder / f"{stem}.uploads.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._fetched, self._uploads = _private(self.fetched), _private(self.uploads)
        except OSError as error:
            raise _cannot_save(folder, error) from None

    def add_fetched(self, record: dict[str, Any]) -> None:
        self._add(self._fetched, record)

    def add_upload(self, record: dict[str, Any]) -> None:
        self._add(self._uploads, record)

    def _add(self, file: IO[str], record: dict[str, Any]) -> None:
        try:
            text = to_json(redact_data(record))
        except RecursionError:
            text = to_json({"not saved": "the record is nested too deeply"})
        try:
            file.write(text + "\n")
        except OSError as error:
            raise _cannot_save(self.fetched.parent, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        full: OSError | None = None
        for file in (self._fetched, self._uploads):
            try:
                file.close()
            except OSError as caught:
                full = caught
        if full and error is None:  # otherwise another error is being reported
            raise _cannot_save(self.fetched.parent, full)


def _cannot_save(folder: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"--save-data: cannot write the files ({error.strerror})",
        where=str(folder),
        fix="Make the folder writable, or free space on the disk",
    )


def _private(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", -1, "utf-8")
