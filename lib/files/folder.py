"""Which files a section reads, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from lib.checkpoint import Checkpoint
from lib.errors import ConfigurationError, SourceUnavailable
from lib.filenames import path_text
from lib.files.namedates import AmbiguousDates, dates_in, is_sorted_by_date
from lib.remarks import Remarks
from lib.settings import Settings, any_path, setting

ONCE = "once"


@dataclass(frozen=True, kw_only=True)
class FolderSettings(Settings):
    """The settings that name the files of a section."""

    filename: Path | None = setting(
        "The file to read. To read all files of a folder, set directory instead.",
        default=None,
        parse=any_path,
    )
    directory: Path | None = setting(
        "A folder whose CSV or JSON Lines files are read.", default=None, parse=any_path
    )
    files: Literal["all", "newest", "once"] = setting(
        "The files of the folder to read: all, the newest one, or each once. With once, a file is"
        " read again only if it changes, or if Oomnitza did not accept all of its records.",
        default="all",
        advanced=True,
    )
    order: Literal["name", "time", "date-in-name"] | None = setting(
        "The order in which files are read: by name, time of change, or the date in the name. Later"
        " files overwrite earlier ones. Default: name, or time with files = newest.",
        default=None,
        advanced=True,
    )

    @property
    def incremental(self) -> bool:
        """Whether each file is read once, so that few records are normal."""
        return self.files == ONCE

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.filename and self.directory:
            yield "directory", "filename and directory cannot both be set"
        elif not self.filename and not self.directory:
            yield "filename", "the value is empty. Set filename or directory"


def files_to_read(
    settings: FolderSettings, suffix: str, checkpoint: Checkpoint, remarks: Remarks
) -> Iterator[Path]:
    """Yield the files to read; after the last one, the checkpoint has those that were read.

    `suffix` is the one of the files to read in a folder. Raises SourceUnavailable if the folder
    cannot be read or has no such file, and ConfigurationError if the order is not certain.
    """
    paths = _in_order(settings, _listed(settings, suffix), remarks)
    if settings.files == "newest":
        paths = paths[-1:]
    if settings.files != ONCE:
        yield from paths
        return
    before = checkpoint.accepted_files()
    accepted: list[str] = []
    for path in paths:
        with _translate_errors(path):
            mark = _mark(path)
        if mark not in before:
            yield path
        accepted.append(mark)
    if before.issuperset(accepted):
        remarks.note(_no_new_files, path_text(settings.directory or settings.filename or ""))
    checkpoint.accept_files(accepted)


def _listed(settings: FolderSettings, suffix: str) -> list[Path]:
    if settings.filename:
        return [settings.filename]
    folder = settings.directory
    assert folder  # noqa: S101  one of the two is given
    try:
        paths = sorted(path for path in folder.iterdir() if _is_wanted(path, suffix))
    except OSError as error:
        raise SourceUnavailable(
            f"cannot read the folder ({error.strerror})",
            where=path_text(folder),
            fix="Check that directory is the folder of the files",
        ) from None
    if not paths and settings.files != ONCE:
        raise SourceUnavailable(
            f"no {suffix} file found in the folder",
            where=path_text(folder),
            fix="Check that directory is the folder of the files",
        )
    return paths


def _in_order(settings: FolderSettings, paths: list[Path], remarks: Remarks) -> list[Path]:
    """Return the files in the order of the settings; they are given in the order of their names."""
    order = settings.order or ("time" if settings.files == "newest" else "name")
    if order == "time" and len(paths) > 1:
        return sorted(paths, key=_changed)
    if order == "date-in-name" and len(paths) > 1:
        dates = _dates(paths)
        return sorted(paths, key=lambda path: dates[path.name])
    if settings.order is None and not is_sorted_by_date(path.name for path in paths):
        remarks.warn(_not_sorted)
    return paths


def _changed(path: Path) -> int:
    with _translate_errors(path):
        return path.stat().st_mtime_ns


def _dates(paths: list[Path]) -> dict[str, date]:
    """The date in the name of each file; raises ConfigurationError if one is not certain."""
    where = path_text(paths[0].parent)
    try:
        found = dates_in(path.name for path in paths)
    except AmbiguousDates as error:
        raise ConfigurationError(
            f"the name {error} does not show which number is the day and which the month",
            where=where,
            fix="Use names such as assets_2026-06-01.csv, or set order = time",
        ) from None
    dates = {name: day for name, day in found.items() if day}
    if without := next((name for name in found if name not in dates), None):
        raise ConfigurationError(
            f"the name {path_text(without)} does not contain a date",
            where=where,
            fix="Use names such as assets_2026-06-01.csv, or set order = time",
        )
    return dates


def _mark(path: Path) -> str:
    """What identifies a file and its contents: its name, its size, and the time of its change."""
    status = path.stat()
    return f"{path_text(path.name)} {status.st_size} {status.st_mtime_ns}"


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceUnavailable(
            f"cannot read the file ({error.strerror})", where=path_text(path)
        ) from None


def _is_wanted(path: Path, suffix: str) -> bool:
    """Names with a dot in front are what systems and editors leave behind."""
    return path.suffix.lower() == suffix and not path.name.startswith(".") and path.is_file()


def _not_sorted(count: int, about: str) -> str:
    return (
        "The dates in the names of the files are not in the order of the names, so that older files"
        " may overwrite newer ones. Set order = date-in-name, or order = name to keep this order."
    )


def _no_new_files(count: int, where: str) -> str:
    return f"No new files: {where}"
