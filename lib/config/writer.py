"""Change single values of a config file, and keep every other byte as it was.

Comments, order, spelling, indentation, line ends, a byte order mark and a missing line end at the
end of the file stay. After every change the text is read again: a change that the reader would not
find as it was given is refused, and the text is as before.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Self

from lib import atomicfile, ini
from lib.config.layout import Layout
from lib.errors import ConfigurationError

BOM = b"\xef\xbb\xbf"
# No section has this name.
IN_FRONT = "]"
# From the last look at what is in the file to the moment at which it is replaced.
_saving = threading.Lock()


@dataclass(frozen=True)
class _Section:
    """What the reader finds in a section: its name as it is spelled, and values by key."""

    name: str
    values: dict[str, str]
    unreadable: int = 0  # lines


class EditableIni:
    """The text of a config file that is being changed; `save` writes it.

    Sections and keys are named in any case. Each method raises ConfigurationError, with a sentence
    that holds no value, for what cannot be done.
    """

    def __init__(self, path: Path, content: bytes) -> None:
        self.path = path
        self.digest = _digest(content)  # of what is in the file
        self._bom = BOM if content.startswith(BOM) else b""
        self._text = content.decode("utf-8-sig")

    @classmethod
    def read(cls, path: Path, digest: str = "") -> Self:
        """Read a file; with the `digest` of an earlier read, only if it has not changed since."""
        made = cls(path, ini.read_content(path))
        if digest not in ("", made.digest):
            raise made._changed()
        return made

    @property
    def text(self) -> str:
        """The text that would be saved, without the byte order mark."""
        return self._text

    def set(self, section: str, key: str, value: str) -> None:
        """Set a key to a value, in the form in which the reader returns it.

        That is without blanks around it, and with the indentation of all lines but the first. A key
        that is not there yet is added at the end of the section's own lines.
        """
        name, key_ = section.lower(), key.lower()
        values = self._section(section).values
        if values.get(key_) == value:
            return
        layout = Layout(self._text)
        if key_ in values:
            text = layout.with_value(name, key_, value)
        else:
            text = layout.with_key(name, key, value)
        self._accept(text, section, {**values, key_: value}, _not_as_given(f"[{section}] {key}"))

    def remove(self, section: str, key: str) -> None:
        """Remove a key, however often it occurs in the section."""
        name, key_ = section.lower(), key.lower()
        values = dict(self._section(section).values)
        if key_ not in values:
            raise self._error(f"setting {key} not found in [{section}]")
        del values[key_]
        text = Layout(self._text).without_key(name, key_)
        self._accept(text, section, values, _not_without(f"[{section}] {key}"))

    def add_section(self, section: str, values: Mapping[str, str]) -> None:
        """Add a section at the end of the file, after an empty line."""
        if section.lower() in _sections(self._text):
            raise self._error(f"section [{section}] already exists")
        text = Layout(self._text).with_section(section, list(values.items()))
        wanted = {key.lower(): value for key, value in values.items()}
        if len(wanted) < len(values):
            raise self._error(f"a setting occurs twice in [{section}]")
        self._accept(text, section, wanted, _not_as_given(f"[{section}]"))

    def remove_section(self, section: str) -> None:
        """Remove a section, its comments, and the empty lines after it.

        Comments above its header stay, since they may be about other sections, too.
        """
        self._section(section)
        text = Layout(self._text).without_section(section.lower())
        self._accept(text, section, None, _not_without(f"[{section}]"))

    def save(self) -> None:
        """Replace the file atomically, readable by its owner only; the owner does not change.

        Refused where the file is not as it was when it was read. Of a link, the file behind it is
        written.
        """
        content = self._bom + self._text.encode("utf-8")
        try:
            path = self.path.resolve(strict=True)
            with _saving:
                if _digest(path.read_bytes()) != self.digest:
                    raise self._changed()
                _replace(path, content)
        except OSError as error:
            raise self._error(f"cannot write the config file ({error.strerror})") from None
        self.digest = _digest(content)

    def _section(self, section: str) -> _Section:
        sections = _sections(self._text)
        if section.lower() not in sections:
            raise self._error(f"section [{section}] not found")
        return sections[section.lower()]

    def _accept(self, text: str, section: str, values: dict[str, str] | None, refusal: str) -> None:
        """Take the text, if it reads as the one before with these values in the section."""
        wanted = _sections(self._text)
        before = wanted.pop(section.lower(), _Section(section, {}))
        if values is not None:
            wanted[section.lower()] = _Section(before.name, values, before.unreadable)
        if _sections(text) != wanted or not _is_utf8(text):
            raise self._error(refusal, "The file was not changed")
        self._text = text

    def _changed(self) -> ConfigurationError:
        return self._error("another program has changed the config file", "Load it again")

    def _error(self, what: str, fix: str = "") -> ConfigurationError:
        return ConfigurationError(what, where=str(self.path), fix=fix)


def _not_as_given(what: str) -> str:
    return (
        f"{what} cannot be stored in the config file. Spaces around a value are lost, further lines"
        " must be indented, and names cannot contain special characters"
    )


def _not_without(what: str) -> str:
    return f"{what} cannot be removed, because the lines below it would change their meaning"


def _sections(text: str) -> dict[str, _Section]:
    """What the reader finds, by section in lower case; what is in front of them as one, too."""
    file = ini.parse_ini(Path(), text)
    sections = {IN_FRONT: _Section("", {}, len(file.oddities))}
    for name, item in file.sections.items():
        values = {key: entry.value for key, entry in item.entries.items()}
        sections[name] = _Section(item.name, values, len(item.faults))
    return sections


def _replace(path: Path, content: bytes) -> None:
    """Replace the file. Raises OSError, also if its owner would change."""
    before = path.stat()
    if not os.access(path, os.W_OK):
        raise PermissionError(None, "the file is read-only")
    owner = (before.st_uid, before.st_gid) if before.st_uid != _user() else None
    atomicfile.replace(path, content, stat.S_IMODE(before.st_mode) & 0o600, owner)


def _user() -> int:
    """The number of the user who runs this; on Windows, where files have none, 0."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=16).hexdigest()


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
