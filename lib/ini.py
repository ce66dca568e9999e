"""Parse config files in INI format, and keep the line number of every value.

The standard library's configparser is not used, because it drops the indentation of a value's
lines (which a record filter needs) and the line numbers of the values. The dialect is the same:
`key = value` or `key: value`, comment lines with `#`, `;` or `rem`, a line that is indented deeper
than its key continues the value. Everything else is taken literally.
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

    Raises ConfigurationError if the file is not found or cannot be read as text.
    """
    return parse_ini(path, read_content(path).decode("utf-8-sig"))


def read_content(path: Path) -> bytes:
    """Return the bytes of a text file in UTF-8. Raises as `read_ini` does."""
    try:
        content = path.read_bytes()
        content.decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            "config file not found",
            where=str(path),
            fix="Create one with `connector.py generate-ini`, or name yours with --ini",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the config file ({error.strerror})", where=str(path)
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError(
            f"line {line} is not valid UTF-8",
            where=str(path),
            fix="Save the file as UTF-8",
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
                text = "the closing bracket of the section name is missing"
                section.faults.append(Remark(number, text))
        elif section is None:
            text = "this line is before the first section and is ignored"
            oddities.append(Remark(number, text))
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
        section.faults.append(Remark(number, "expected `key = value` or `[section]`"))
        return
    if key in section.entries:
        earlier = section.entries[key].line
        text = f"this setting is also set on line {earlier}; the value on this line is used"
        section.oddities.append(Remark(number, text, key))
    if " ;" in value:
        text = (
            "the value contains ' ;'. A comment is not possible after a value, so the rest of the"
            " line is part of the value"
        )
        section.oddities.append(Remark(number, text, key))
    whole = "\n".join([value, *lines[1:]]).rstrip()
    section.entries[key] = Entry(key, "" if whole == '""' else whole, number)
