"""From the ini file to the sections that are to run, with all mistakes in them reported at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib import connector, ini, mapping, plugins, recordfilter, secrets
from lib.connector import ConnectorSettings
from lib.errors import ConfigurationError, UsageError
from lib.ini import Entry, IniFile, IniSection
from lib.language import LanguageError
from lib.oomnitza import OomnitzaSettings
from lib.settings import boolean, declared, read_settings, secrets_of

OOMNITZA = "oomnitza"
DEFAULT = "default"
RESERVED = (OOMNITZA, DEFAULT)
SPECIAL_KEYS = ("enable", "recordfilter")
MAPPING = "mapping."
# What is taken for a slip of the pen, since a mapping that is left aside is data left out.
NEAR_MAPPING = ("mappings", "maping", "mappping", "map")


@dataclass(frozen=True)
class Section:
    """All of the ini that the run of one section needs; can be pickled."""

    name: str
    connector: str
    settings: ConnectorSettings
    mapping: mapping.Layer
    recordfilter: str = ""


@dataclass(frozen=True)
class Config:
    """The sections that are to run, where they upload to, and what is odd but stops nothing."""

    path: Path
    oomnitza: OomnitzaSettings
    sections: list[Section]
    warnings: list[str]


def load(path: Path, names: Iterable[str]) -> Config:
    """Read the sections of these names (in any case); without names, those that are enabled.

    Raises UsageError for names that cannot be run and ConfigurationError with every mistake in
    those that can; mistakes elsewhere in the file are not looked at.
    """
    file = _read(path)
    chosen = [_choose(file, name) for name in dict.fromkeys(name.lower() for name in names)]
    if not chosen and not _enabled(file):
        raise UsageError(
            "no section is enabled", where=str(path), fix="Set `enable = True` in those to run"
        )
    reader = _Reader(file)
    oomnitza = reader.oomnitza()
    sections = [reader.section(item) for item in chosen or _enabled(file)]
    if reader.problems:
        # A warning may be the other half of a problem: a key that is misspelt is missing, too.
        raise ConfigurationError("\n".join([*reader.problems, *reader.warnings]))
    return Config(path, oomnitza, [item for item in sections if item], reader.warnings)


def enabled_names(path: Path) -> list[str]:
    """The sections that can be named on the command line."""
    return [section.name for section in _enabled(_read(path))]


def _read(path: Path) -> IniFile:
    """The file, with what [DEFAULT] holds put into each section that does not say otherwise."""
    file = ini.read(path)
    if DEFAULT in file.sections:
        inherited = file.sections[DEFAULT].entries
        for section in file.sections.values():
            section.entries = inherited | section.entries
    return file


def _sources(file: IniFile) -> dict[str, IniSection]:
    return {name: item for name, item in file.sections.items() if name not in RESERVED}


def _enabled(file: IniFile) -> list[IniSection]:
    return [item for item in _sources(file).values() if _is_enabled(item)]


def _is_enabled(section: IniSection) -> bool:
    entry = section.entries.get("enable")
    try:
        return bool(entry and entry.value.strip() and boolean(entry.value))
    except ValueError:
        return False


def _choose(file: IniFile, name: str) -> IniSection:
    sources = _sources(file)
    names = [section.name for section in sources.values()]
    if name not in sources:
        hint = plugins.did_you_mean(name, names)
        there = f"The file has: {', '.join(names)}" if names else "The file has none at all"
        raise UsageError(
            f"there is no section [{name}]",
            where=str(file.path),
            fix=f"{hint[:1].upper()}{hint[1:]} {there}".strip(),
        )
    section = sources[name]
    if not _is_enabled(section):
        entry = section.entries.get("enable")
        state = f"enable = {entry.value}" if entry else "no enable"
        enabled = ", ".join(item.name for item in _enabled(file)) or "none"
        raise UsageError(
            f"[{section.name}] is not enabled (it has `{state}`)",
            where=f"{file.path}: line {entry.line if entry else section.line}",
            fix=f"Set `enable = True` there to run it. Enabled are: {enabled}",
        )
    return section


class _Reader:
    """Reads sections of one file, and collects what is wrong and what is odd on the way."""

    def __init__(self, file: IniFile) -> None:
        self.problems: list[str] = []
        self.warnings = [f"{file.path}: line {line} {text}" for line, text in file.oddities]
        self._file = file
        self._folder = file.path.absolute().parent
        default = file.sections.get(DEFAULT, IniSection(DEFAULT, 0))
        self._inherited: Mapping[str, Entry] = default.entries
        for line, text in [*default.faults, *default.oddities]:
            self._warn(default, line, text)

    def oomnitza(self) -> Any:
        section = self._file.sections.get(OOMNITZA)
        if section is None:
            text = "there is no [oomnitza] section; it takes url, and api_token or a login"
            self.problems.append(f"{self._file.path}: {text}")
            return None
        return self._settings(OomnitzaSettings, section)

    def section(self, section: IniSection) -> Section | None:
        """The section ready to be run, or None when there are problems."""
        before = len(self.problems)
        name = section.name.split(".")[0]
        module = plugins.find("connectors", name)
        if module is None:
            known = plugins.names("connectors")
            hint = plugins.did_you_mean(name, known) or f"there are: {', '.join(known)}"
            self._problem(section, section.line, "", f"there is no connector {name!r}; {hint}")
            return None
        settings_type = connector.load(module).settings_type
        settings = self._settings(settings_type, section)
        layer = dict(self._mapping(section, settings_type))
        text = self._recordfilter(section)
        if len(self.problems) > before:
            return None
        return Section(section.name, module, settings, layer, text)

    def _settings(self, kind: type[Any], section: IniSection) -> Any:
        entries = section.entries
        for line, text in section.faults:
            self._problem(section, line, "", text)
        for line, text in section.oddities:
            self._warn(section, line, text)
        self._unknown_keys(kind, section)
        given = {key: entry.value for key, entry in entries.items()}
        for item in declared(kind):
            variable = given.get(f"env_{item.name}", "").strip() if item.about.secret else ""
            if variable and variable not in os.environ:
                key = f"env_{item.name}"
                named = variable if re.fullmatch(r"[A-Z][A-Z0-9_]*", variable) else "of that name"
                what = f"there is no environment variable {named}"
                self._problem(section, entries[key].line, key, what)
            elif variable:
                given[item.name] = os.environ[variable]
        given |= self._paths(kind, given)
        settings, faults = read_settings(kind, given)
        for fault in faults:
            line = entries[fault.key].line if fault.key in entries else section.line
            self._problem(section, line, fault.key, fault.text)
        if settings is not None:
            secrets.remember(*secrets_of(settings))
        return settings

    def _paths(self, kind: type[Any], given: Mapping[str, str]) -> dict[str, str]:
        """The settings that are paths; they begin in the folder of the ini."""
        texts = {
            item.name: given.get(item.name, "").strip() or item.example_of_default
            for item in declared(kind)
            if item.is_path
        }
        return {
            name: str(self._folder / Path(text).expanduser())
            for name, text in texts.items()
            if text
        }

    def _unknown_keys(self, kind: type[Any], section: IniSection) -> None:
        known = [item.name for item in declared(kind)]
        known += [f"env_{item.name}" for item in declared(kind) if item.about.secret]
        for key, entry in section.entries.items():
            if self._inherited.get(key) is entry:
                continue  # what one section does not know, another one may
            if key not in (*known, *SPECIAL_KEYS) and not key.startswith("mapping."):
                near = plugins.nearest(key, [*known, *SPECIAL_KEYS])
                if near in SPECIAL_KEYS or key.split(".")[0] in NEAR_MAPPING:
                    what = f"no such setting; did you mean {near or MAPPING}?"
                    self._problem(section, entry.line, key, what)
                    continue
                hint = f"did you mean {near}?" if near else ""
                self._warn(section, entry.line, f"{key}: no such setting, it is ignored; {hint}")

    def _mapping(
        self, section: IniSection, settings_type: type[Any]
    ) -> Iterator[tuple[str, mapping.Attributes | None]]:
        for key, entry in section.entries.items():
            if not key.startswith("mapping."):
                continue
            try:
                attributes = mapping.parse(entry.value)
                mapping.check(attributes or {}, settings_type)
            except ValueError as error:
                self._problem(section, entry.line, key, str(error))
            else:
                yield key.removeprefix(MAPPING).strip("'\"[] ").upper(), attributes

    def _recordfilter(self, section: IniSection) -> str:
        entry = section.entries.get("recordfilter")
        if entry is None:
            return ""
        if not entry.value.strip() and "recordfilter" not in self._inherited:
            what = "the filter is empty; the lines of a filter have to be indented"
            self._problem(section, entry.line, entry.key, what)
        try:
            recordfilter.compile_filter(entry.value)
        except LanguageError as error:
            line = entry.line + error.line - 1
            self._problem(section, line, entry.key, f"{error.what}\n{error.excerpt}")
        return entry.value

    def _problem(self, section: IniSection, line: int, key: str, text: str) -> None:
        self.problems.append(self._placed(section, line, f"{key}: {text}" if key else text))

    def _warn(self, section: IniSection, line: int, text: str) -> None:
        self.warnings.append(self._placed(section, line, text).rstrip("; "))

    def _placed(self, section: IniSection, line: int, text: str) -> str:
        return f"{self._file.path}: line {line} [{section.name}] {text}"
