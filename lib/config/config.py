"""Read a config file: the sections to run, the common settings, and all problems at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib import ini, plugins, secrets
from lib.config.plausibility import doubtful_section
from lib.config.problems import InvalidConfig, Problem, by_line
from lib.config.reportsettings import ReportSettings
from lib.config.runsettings import RunSettings
from lib.config.sections import CONVERTERS, DEFAULT, LOOKUP, RESERVED, Section, SectionReader
from lib.connector import load_connector
from lib.errors import ConfigurationError, UsageError
from lib.ini import Entry, IniFile, IniSection
from lib.settings import boolean, declared
from lib.target.target import TargetSettings


@dataclass(frozen=True)
class Config:
    """The sections to run, the target, the common settings, and the warnings."""

    path: Path
    oomnitza: TargetSettings
    run: RunSettings
    report: ReportSettings
    sections: list[Section]
    warnings: list[Problem]

    @property
    def state(self) -> Path:
        """The path of the state database."""
        return self.run.state or self.path.absolute().with_suffix(".db")


def load_config(path: Path, names: Iterable[str]) -> Config:
    """Read the sections with these names (case-insensitive); without names, all enabled ones.

    Raises UsageError for names that cannot be run and InvalidConfig with every mistake in
    those that can; mistakes elsewhere in the file are not looked at.
    """
    file = _read(path)
    chosen = [_choose(file, name) for name in dict.fromkeys(name.lower() for name in names)]
    if not chosen and not _enabled(file):
        unclear = [f"[{item.section}] enable: {item.text}" for item in _undecided(file)]
        raise UsageError(
            ". ".join(["no section is enabled", *unclear]),
            where=str(path),
            fix="Set `enable = True` in each section to run",
        )
    loaded = _loaded(file, chosen or _enabled(file))
    if not chosen:
        loaded.warnings[:] = by_line([*loaded.warnings, *_undecided(file)])
    return loaded


def problems(path: Path, *, disabled: bool = False) -> list[Problem]:
    """Return all errors and warnings by line, of enabled sections or also of disabled ones.

    A file that cannot be read is one problem, and raises nothing.
    """
    try:
        file = _read(path)
    except ConfigurationError as error:
        return [Problem("", "", 0, str(error).removeprefix(f"{path}: "))]
    reader = SectionReader(file)
    _read_sections(reader, list(_sources(file).values()) if disabled else _enabled(file))
    return by_line([*reader.errors, *ignored_sections(path), *reader.warnings])


def ignored_sections(path: Path) -> list[Problem]:
    """Return warnings about sections that do not run although they were probably meant to."""
    file = _read(path)
    unknown = [
        Problem(section.name, "", section.line, text, "warning")
        for section in _sources(file).values()
        if not _is_enabled(section) and (text := doubtful_section(section, RESERVED))
    ]
    return by_line([*unknown, *_undecided(file)])


def common(path: Path) -> Config:
    """Read the settings that concern every run, and no section but for its secrets."""
    file = _read(path)
    _remember_secrets(file)
    return _loaded(file, [])


def spelled(path: Path, names: Iterable[str]) -> list[str]:
    """Return names of sections as the file spells them; unknown names are returned unchanged."""
    sections = _sources(_read(path))
    return [sections[name.lower()].name if name.lower() in sections else name for name in names]


def section_names(path: Path) -> list[str]:
    """Return the names of all sections with a source, enabled or not."""
    return [section.name for section in _sources(_read(path)).values()]


def enabled_names(path: Path) -> list[str]:
    """Return the names of the enabled sections, which can be run."""
    return [section.name for section in _enabled(_read(path))]


def _loaded(file: IniFile, chosen: list[IniSection]) -> Config:
    reader = SectionReader(file)
    oomnitza, run, report, sections = _read_sections(reader, chosen)
    if reader.errors:
        # A warning may explain an error: a misspelled setting is also a missing one.
        raise InvalidConfig(file.path, [*reader.errors, *reader.warnings])
    return Config(file.path, oomnitza, run, report, sections, by_line(reader.warnings))


def _read_sections(
    reader: SectionReader, chosen: list[IniSection]
) -> tuple[Any, Any, Any, list[Section]]:
    """[oomnitza], [run] and [report], each None with errors in it, and those without any."""
    oomnitza, run, report = reader.oomnitza(), reader.run(), reader.report()
    sections = [reader.section(item) for item in chosen]
    return oomnitza, run, report, [item for item in sections if item]


def _remember_secrets(file: IniFile) -> None:
    """Let the secrets of all sections be masked, whatever else is wrong with them."""
    for section in _sources(file).values():
        module = plugins.find("connectors", section.name.split(".")[0])
        for item in declared(load_connector(module).settings_type) if module else ():
            entry = section.entries.get(item.name)
            variable = section.entries.get(f"env_{item.name}")
            if item.about.secret and entry:
                secrets.remember(entry.value.strip())
            if item.about.secret and variable:
                secrets.remember(os.environ.get(variable.value.strip(), ""))


def _undecided(file: IniFile) -> Iterator[Problem]:
    """Yield a warning for each section with an invalid `enable`, which counts as disabled."""
    for section in _sources(file).values():
        entry = section.entries.get("enable")
        if entry is None or not entry.value.strip():
            continue
        try:
            boolean(entry.value)
        except ValueError as error:
            text = f"{error}, so the section is disabled"
            yield Problem(section.name, "enable", entry.line, text, "warning")


def _read(path: Path) -> IniFile:
    """The file, with what [DEFAULT] holds put into each section that does not say otherwise."""
    file = ini.read_ini(path)
    if DEFAULT in file.sections:
        inherited = file.sections[DEFAULT].entries
        for name, section in file.sections.items():
            if name != CONVERTERS and not name.startswith(LOOKUP):
                section.entries = inherited | section.entries
    return file


def _sources(file: IniFile) -> dict[str, IniSection]:
    return {
        name: item
        for name, item in file.sections.items()
        if name not in RESERVED and not name.startswith(LOOKUP)
    }


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
        there = (
            f"Sections in the file: {', '.join(names)}"
            if names
            else "The file has no sections to run"
        )
        raise UsageError(
            f"section [{name}] not found",
            where=str(file.path),
            fix=f"{hint[:1].upper()}{hint[1:]} {there}".strip(),
        )
    section = sources[name]
    if not _is_enabled(section):
        entry = section.entries.get("enable")
        enabled = ", ".join(item.name for item in _enabled(file)) or "none"
        raise UsageError(
            f"[{section.name}] is not enabled: {_why_disabled(entry)}",
            where=f"{file.path}: line {entry.line if entry else section.line}",
            fix=f"Set `enable = True` in this section. Enabled sections: {enabled}",
        )
    return section


def _why_disabled(entry: Entry | None) -> str:
    """Return what is wrong with the setting `enable` of a section that is not enabled."""
    if entry is None or not entry.value.strip():
        return "`enable` is empty" if entry else "`enable` is missing"
    try:
        boolean(entry.value)
    except ValueError:
        return f"`enable = {entry.value}` is neither True nor False"
    return f"`enable = {entry.value}`"
