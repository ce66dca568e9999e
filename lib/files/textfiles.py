"""Text files as sources: their settings, and their lines."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lib.checkpoint import Checkpoint
from lib.connector import SourceItem
from lib.errors import SourceFault, SourceUnavailable
from lib.filenames import path_text
from lib.files.folder import FolderSettings, files_to_read
from lib.remarks import Remarks
from lib.settings import Settings, setting, text_encoding

# The longer marks first: that of UTF-32 begins like that of UTF-16.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
# How files begin that are no text, and what they are.
OTHER_KINDS = {
    b"PK\x03\x04": "an Excel workbook (.xlsx) or another ZIP archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Excel workbook (.xls) or another Office document",
    b"\x1f\x8b\x08": "a compressed file (gzip)",
    b"%PDF-": "a PDF document",
}
LONGEST_BEGIN = 8
CTRL_Z = "\x1a"  # alone on a line, it is the end of a text in programs from the days of DOS


@dataclass(frozen=True, kw_only=True)
class _Encoded(Settings):
    encoding: str = setting(
        "The text encoding of the files. A byte order mark in a file overrides this setting.",
        default="utf-8",
        parse=text_encoding,
    )


@dataclass(frozen=True, kw_only=True)
class FileSettings(FolderSettings, _Encoded):
    """The settings of sections that read files; the first base class of their settings."""


def read_all(
    settings: FileSettings,
    suffix: str,
    read: Callable[[Path], Iterator[SourceItem]],
    *,
    checkpoint: Checkpoint | None = None,
    remarks: Remarks | None = None,
) -> Iterator[SourceItem]:
    """Yield the items that `read` gives for each file; in a folder, for those with this suffix.

    With `files = once`, files that are in the checkpoint are left out.
    """
    for path in files_to_read(settings, suffix, checkpoint or Checkpoint(), remarks or Remarks()):
        yield from read(path)


def check_all(
    settings: FileSettings, suffix: str, read: Callable[[Path], Iterator[SourceItem]]
) -> None:
    """Read the beginning of each file, to raise the errors that `read` raises there."""
    for path in files_to_read(settings, suffix, Checkpoint(), Remarks()):
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
    except IsADirectoryError:
        raise SourceUnavailable(
            "filename names a folder, not a file",
            where=path_text(path),
            fix="To read its files, set directory instead of filename",
        ) from None
    except OSError as error:
        raise SourceUnavailable(
            f"cannot read the file ({error.strerror})",
            where=path_text(path),
            fix="Check that the file exists and that the connector is allowed to read it",
        ) from None
    except UnicodeError:
        raise SourceFault(
            f"the file is not valid {used} text",
            where=path_text(path),
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


def _without_end_mark(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith(CTRL_Z) or line.rstrip("\r\n") != CTRL_Z:
            yield line
        elif (following := next(lines, None)) is not None:
            yield from (line, following)


def _mark(path: Path) -> str | None:
    """The encoding that the file's byte order mark stands for, if it has one.

    Raises SourceFault for files of other kinds, whose beginning is known.
    """
    with path.open("rb") as file:
        begin = file.read(LONGEST_BEGIN)
    for kind, what in OTHER_KINDS.items():
        if begin.startswith(kind):
            raise SourceFault(
                f"the file is not a text file but {what}",
                where=path_text(path),
                fix="Export it as text: as CSV UTF-8 in Excel, or as JSON Lines",
            )
    return next((name for mark, name in MARKS.items() if begin.startswith(mark)), None)
