"""Parse config files in INI format, and keep the line number of every value.

The standard library's configparser serves here no longer: it drops the indentation of a value's
lines (a record filter lives by it) and does not tell on which line a value stands. The dialect is
the same: `key = value` or `key: value`, comment lines with `#`, `;` or `rem`, a line that is
indented deeper than its key continues the value. Everything else is taken literally.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lib.errors import ConfigurationError

COMMENT = re.compile(r"[#;]|rem(\s|$)", re.IGNORECASE)
# Not all that str.splitlines takes for one: a value may hold the others.
LINE_BREAK = re.compile(r"\r\n?|\n")


@dataclass(frozen=True)
class Entry:
    """A value; `line` is the line of its key, and `value` keeps the line breaks of the file."""

    key: str
    value: str
    line: int


class Remark(NamedTuple):
    """A line that is invalid or suspicious; `key` is set if it is about a value."""

    line: int
    text: str
    key: str = ""


@dataclass
class IniSection:
    """A section: its entries by lowercase key, its invalid lines, and its suspicious ones."""

    name: str
    line: int
    entries: dict[str, Entry] = field(default_factory=dict)
    faults: list[Remark] = field(default_factory=list)
    oddities: list[Remark] = field(default_factory=list)


@dataclass(frozen=True)
class IniFile:
    """The sections by lowercase name, in the order of the file; equal names are merged."""

    path: Path
    sections: dict[str, IniSection]
    oddities: list[Remark]


def read_ini(path: Path) -> IniFile:
    """Read a file in UTF-8, with or without a byte order mark.

    Raises ConfigurationError when there is no such file or it cannot be read as text.
    """
    return parse_ini(path, read_content(path).decode("utf-8-sig"))


def read_content(path: Path) -> bytes:
    """Return the bytes of a text file in UTF-8. Raises as `read_ini` does."""
    try:
        content = path.read_bytes()
        content.decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            "there is no such file",
            where=str(path),
            fix="Make one with `connector.py generate-ini`, or name yours with --ini",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"the file cannot be read ({error.strerror})", where=str(path)
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError(
            f"line {line} is not UTF-8 text",
            where=str(path),
            fix="Save the file with the encoding UTF-8",
        ) from None
    return content


def parse_ini(path: Path, text: str) -> IniFile:
    """Parse the text of a file; `path` is used in errors only."""
    sections: dict[str, IniSection] = {}
    oddities: list[Remark] = []
    section: IniSection | None = None
    for number, lines in statements(text):
        first = lines[0].strip()
        if first.startswith("["):
            name = section_name(first)
            section = sections.setdefault(name.lower(), IniSection(name, number))
            if "]" not in first:
                section.faults.append(Remark(number, "the section's name has no closing bracket"))
        elif section is None:
            oddities.append(Remark(number, "stands before the first section and is ignored"))
        else:
            _add(section, number, lines)
    return IniFile(path, sections, oddities)


def statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, lines) for each section header, or key with its continuation lines.

    Blank lines and comments inside a value become empty lines, so that its lines can be counted.
    """
    start, depth = 0, 0
    lines: list[str] = []
    for number, line in enumerate(LINE_BREAK.split(text), 1):
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        continues = bool(lines) and indent > depth and not lines[0].lstrip().startswith("[")
        if not bare or (not continues and COMMENT.match(bare)):
            if lines:
                lines.append("")
        elif continues:
            lines.append(line.rstrip())
        else:
            if lines:
                yield start, lines
            start, depth, lines = number, indent, [line]
    if lines:
        yield start, lines


def section_name(line: str) -> str:
    """Return the name in a section header."""
    return line.strip()[1:].split("]")[0].strip()


def key_and_value(line: str) -> tuple[str, str]:
    """Return key and value of the first line of an entry; the key is empty if it is invalid."""
    bare = line.strip()
    ends = [at for at in (bare.find("="), bare.find(":")) if at >= 0]
    return (bare[: min(ends)].strip().lower(), bare[min(ends) + 1 :].strip()) if ends else ("", "")


def _add(section: IniSection, number: int, lines: list[str]) -> None:
    key, value = key_and_value(lines[0])
    if not key:
        section.faults.append(Remark(number, "this is neither `key = value` nor a section"))
        return
    if key in section.entries:
        earlier = section.entries[key].line
        text = f"{key} stands on line {earlier} too; this one counts"
        section.oddities.append(Remark(number, text))
    if " ;" in value:
        text = "the value holds ' ;'; what follows it is part of it, not a comment"
        section.oddities.append(Remark(number, text, key))
    whole = "\n".join([value, *lines[1:]]).rstrip()
    section.entries[key] = Entry(key, "" if whole == '""' else whole, number)
