"""Text files as sources: which files a section names, and their lines."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lib.connector import SourceItem
from lib.errors import SourceFault, SourceUnavailable
from lib.settings import Settings, any_path, setting

# The longer marks first: that of UTF-32 begins like that of UTF-16.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
CTRL_Z = "\x1a"  # alone on a line, it is the end of a text in programs from the days of DOS


def text_encoding(text: str) -> str:
    """Return the name of an encoding; raise ValueError for one that Python does not know."""
    name = text.strip()
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"unknown encoding {name!r}. Try utf-8, cp1252, or utf-16") from None
    return name


@dataclass(frozen=True, kw_only=True)
class FileSettings(Settings):
    """The settings of sections that read files; the first base class of their settings."""

    filename: Path | None = setting(
        "The file to read. To read all files of a folder, set directory instead.",
        default=None,
        parse=any_path,
    )
    directory: Path | None = setting(
        "A folder whose CSV or JSON Lines files are all read, in the order of their names.",
        default=None,
        parse=any_path,
    )
    encoding: str = setting(
        "The text encoding of the files. A byte order mark in a file overrides this setting.",
        default="utf-8",
        parse=text_encoding,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.filename and self.directory:
            yield "directory", "filename and directory cannot both be set"
        elif not self.filename and not self.directory:
            yield "filename", "filename is empty. Set filename or directory"


def read_all(
    settings: FileSettings, suffix: str, read: Callable[[Path], Iterator[SourceItem]]
) -> Iterator[SourceItem]:
    """Yield the items that `read` gives for each file; in a folder, for those with this suffix."""
    for path in _files(settings, suffix):
        yield from read(path)


def check_all(
    settings: FileSettings, suffix: str, read: Callable[[Path], Iterator[SourceItem]]
) -> None:
    """Read the beginning of each file, to raise the errors that `read` raises there."""
    for path in _files(settings, suffix):
        next(read(path), None)


def lines(path: Path, encoding: str) -> Iterator[str]:
    r"""Yield the lines of a file with their ends, which are \n, \r\n or \r.

    Bytes that cannot be decoded become surrogates; see `is_text`. Raises SourceUnavailable if the
    file cannot be read, SourceFault if it is not text in this encoding.
    """
    try:
        used = _mark(path) or encoding
        with path.open(encoding=used, errors="surrogateescape", newline="") as file:
            yield from _without_end_mark(file)
    except OSError as error:
        raise SourceUnavailable(
            f"cannot read the file ({error.strerror})", where=str(path)
        ) from None
    except UnicodeError:
        raise SourceFault(
            f"the file is not valid {used} text",
            where=str(path),
            fix="Set encoding to the text encoding of the file",
        ) from None


def is_text(text: str) -> bool:
    """Return whether all bytes of a line could be decoded; others are surrogates (PEP 383)."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _files(settings: FileSettings, suffix: str) -> list[Path]:
    if settings.filename:
        return [settings.filename]
    folder = settings.directory
    assert folder  # noqa: S101  one of the two is given
    try:
        paths = sorted(path for path in folder.iterdir() if _is_wanted(path, suffix))
    except OSError as error:
        raise SourceUnavailable(
            f"cannot read the folder ({error.strerror})",
            where=str(folder),
            fix="Check that directory is the folder of the files",
        ) from None
    if not paths:
        raise SourceUnavailable(
            f"no {suffix} file found in the folder",
            where=str(folder),
            fix="Check that directory is the folder of the files",
        )
    return paths


def _is_wanted(path: Path, suffix: str) -> bool:
    """Names with a dot in front are what systems and editors leave behind."""
    return path.suffix.lower() == suffix and not path.name.startswith(".") and path.is_file()


def _without_end_mark(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith(CTRL_Z) or line.rstrip("\r\n") != CTRL_Z:
            yield line
        elif (following := next(lines, None)) is not None:
            yield from (line, following)


def _mark(path: Path) -> str | None:
    """The encoding that the file's byte order mark stands for, if it has one."""
    with path.open("rb") as file:
        begin = file.read(4)
    return next((name for mark, name in MARKS.items() if begin.startswith(mark)), None)
