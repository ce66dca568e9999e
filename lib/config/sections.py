"""Convert a config file to settings, mappings, and filters, and collect its problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib import connector, plugins, recordfilter, secrets
from lib.config import missingfields, sharedsections
from lib.config.environment import from_environment
from lib.config.missingfields import missing_fields
from lib.config.plausibility import doubtful_values
from lib.config.problems import Problem
from lib.config.reportsettings import ReportSettings
from lib.config.runsettings import RunSettings
from lib.config.sharedsections import SharedSections, faults_of, oddities_of, report_language_errors
from lib.errors import ConfigurationError
from lib.ini import Entry, IniFile, IniSection
from lib.language import LanguageError
from lib.mapping import layers, mapping
from lib.mapping.converters import Resources, conversions
from lib.oomnitza.target import OomnitzaSettings
from lib.sectionsettings import ConnectorSettings
from lib.settings import declared, read_settings, secrets_of

OOMNITZA = "oomnitza"
RUN = "run"
REPORT = "report"
CONVERTERS = sharedsections.CONVERTERS
DEFAULT = "default"
RESERVED = (OOMNITZA, RUN, REPORT, CONVERTERS, DEFAULT)
LOOKUP = sharedsections.LOOKUP
SPECIAL_KEYS = ("enable", "recordfilter")
MAPPING = mapping.PREFIX
PREFIXES = (MAPPING, missingfields.PREFIX)
# Misspelling these is an error: an ignored mapping would mean missing data.
NEAR_MAPPING = ("mappings", "maping", "mappping", "map")


@dataclass(frozen=True)
class Section:
    """What the run of one section needs from the config file; can be pickled."""

    name: str
    connector: str
    settings: ConnectorSettings
    mapping: mapping.Layer
    recordfilter: Entry | None = None
    resources: Resources = field(default_factory=Resources)
    folder: Path | None = None  # of the config file
    missing: Mapping[str, str] = field(default_factory=dict)  # values of missing records, by field


class SectionReader:
    """Reads the sections of one file, and collects errors and warnings."""

    def __init__(self, file: IniFile) -> None:
        self.errors: list[Problem] = []
        self._warnings = [
            Problem("", key, line, text, "warning") for line, text, key in file.oddities
        ]
        self._file = file
        self._folder = file.path.absolute().parent
        default = file.sections.get(DEFAULT, IniSection(DEFAULT, 0))
        self._inherited: Mapping[str, Entry] = default.entries
        self._resources = Resources()
        self._older_api = False
        self._shared = SharedSections(file, self._note)
        for line, text, key in [*default.faults, *default.oddities]:
            self._warn(default, line, key, text)

    @property
    def warnings(self) -> list[Problem]:
        """The warnings about what was read, and about converters that it does not use."""
        return [*self._warnings, *self._shared.unused()]

    def oomnitza(self) -> Any:
        """Return the settings of [oomnitza], or None if there are errors."""
        section = self._file.sections.get(OOMNITZA)
        if section is None:
            text = (
                "the section [oomnitza] is missing. Add it, with url and api_token (or username and"
                " password)"
            )
            self._note(Problem("", "", 0, text))
            return None
        settings = self._settings(OomnitzaSettings, section)
        self._older_api = settings is not None and settings.api == "v2"
        return settings

    def run(self) -> Any:
        """Return the settings of [run]; called before `section`, as mappings need converters."""
        run = self._settings(RunSettings, self._file.sections.get(RUN) or IniSection(RUN, 0))
        self._resources = Resources(
            programs=self._shared.programs,
            tables=self._shared.tables,
            folder=run.converters_folder if run else None,
        )
        return run

    def report(self) -> Any:
        """Return the settings of [report]."""
        section = self._file.sections.get(REPORT) or IniSection(REPORT, 0)
        return self._settings(ReportSettings, section)

    def section(self, section: IniSection) -> Section | None:
        """Return a section ready to be run, or None if there are errors."""
        before = len(self.errors)
        name = section.name.split(".")[0]
        module = plugins.find("connectors", name)
        if module is None:
            connectors = plugins.plugin_names("connectors")
            hint = plugins.did_you_mean(name, connectors) or f"use one of: {', '.join(connectors)}"
            self._problem(section, section.line, "", f"unknown connector '{name}'; {hint}")
            return None
        settings_type = connector.load_connector(module).settings_type
        settings = self._settings(settings_type, section)
        layer = dict(self._mapping(section, settings_type))
        entry = self._recordfilter(section)
        if len(self.errors) == before:
            source = connector.load_connector(module)(settings)
            self._original_settings(section, settings, source.data_type)
            self._whole_mapping(section, source, layer)
            missing = missing_fields(section, source, self._note)
        if len(self.errors) > before:
            return None
        resources, folder = self._resources, self._folder
        return Section(section.name, module, settings, layer, entry, resources, folder, missing)

    def _settings(self, kind: type[Any], section: IniSection) -> Any:
        entries = section.entries
        for problem in (*faults_of(section), *oddities_of(section)):
            self._note(problem)
        self._unknown_keys(kind, section)
        for entry, text in doubtful_values(kind, entries):
            self._warn(section, entry.line, entry.key, text)
        given = {key: entry.value for key, entry in entries.items()}
        variables, without_variable = from_environment(kind, section, self._note)
        given |= variables
        given |= self._paths(kind, given)
        settings, faults = read_settings(kind, given)
        for fault in faults:
            if fault.key in without_variable:
                continue  # it is only empty because of the variable
            line = entries[fault.key].line if fault.key in entries else section.line
            self._problem(section, line, fault.key, fault.text)
        if settings is not None:
            secrets.remember(*secrets_of(settings))
            self._ignored_values(kind, section, given)
        return settings

    def _original_settings(
        self, section: IniSection, settings: ConnectorSettings, data_type: str
    ) -> None:
        """Warn about a setting of the original connector that has no effect here."""
        if settings.dont_overwrite and not (self._older_api and data_type == "assets"):
            why = "for users" if self._older_api else "with `api = v3` in [oomnitza]"
            what = (
                f"no effect {why}. Remove the fields from the mapping of this"
                " section, or set empty_values = omit if only empty values must not overwrite"
            )
            line = section.entries["dont_overwrite"].line
            self._warn(section, line, "dont_overwrite", what)

    def _ignored_values(
        self, kind: type[Any], section: IniSection, given: Mapping[str, str]
    ) -> None:
        for item in declared(kind):
            if warning := item.warning(given.get(item.name, "")):
                self._warn(section, section.entries[item.name].line, item.name, warning)

    def _paths(self, kind: type[Any], given: Mapping[str, str]) -> dict[str, str]:
        """The settings that are paths; they are relative to the folder of the config file.

        The parsers of settings replace ~ by the home folder.
        """
        texts = {
            item.name: given.get(item.name, "").strip() or item.example_of_default
            for item in declared(kind)
            if item.is_path
        }
        return {
            name: text if text.startswith("~") else str(self._folder / text)
            for name, text in texts.items()
            if text
        }

    def _unknown_keys(self, kind: type[Any], section: IniSection) -> None:
        names = [item.name for item in declared(kind)]
        names += [f"env_{item.name}" for item in declared(kind) if item.about.secret]
        for key, entry in section.entries.items():
            if self._inherited.get(key) is entry:
                continue  # another section may have this setting
            if key not in (*names, *SPECIAL_KEYS) and not key.startswith(
                (MAPPING, missingfields.PREFIX)
            ):
                near = plugins.nearest(key, [*names, *SPECIAL_KEYS])
                if near in SPECIAL_KEYS or key.split(".")[0] in NEAR_MAPPING:
                    meant = near or f"{MAPPING}{key.partition('.')[2].upper() or 'FIELD'}"
                    what = f"unknown setting; did you mean {meant}?"
                    self._problem(section, entry.line, key, what)
                    continue
                hint = f"; did you mean {near}?" if near else ""
                self._warn(section, entry.line, key, f"unknown setting, ignored{hint}")

    def _mapping(
        self, section: IniSection, settings_type: type[Any]
    ) -> Iterator[tuple[str, mapping.Attributes | None]]:
        by_field: dict[str, Entry] = {}
        for key, entry in section.entries.items():
            if not key.startswith(MAPPING):
                continue
            try:
                name = mapping.field_name(key)
                if (
                    name in by_field
                    and self._inherited.get(by_field[name].key) is not by_field[name]
                ):
                    raise ValueError(
                        f"{name} is already mapped on line {by_field[name].line}; remove one of the"
                        " two"
                    )
                by_field[name] = entry
                attributes = mapping.parse_field_mapping(entry.value)
                self._use((attributes or {}).get("converter"))
                mapping.check_field_mapping(attributes or {}, settings_type, self._resources)
            except LanguageError:
                pass  # in [converters], and reported there
            except ValueError as error:
                self._problem(section, entry.line, key, str(error))
            else:
                yield name, attributes

    def _use(self, converters: str | list[str] | None) -> None:
        for spec in [converters] if isinstance(converters, str) else converters or ():
            self._shared.use(spec)

    def _whole_mapping(
        self, section: IniSection, source: connector.Connector[Any], layer: mapping.Layer
    ) -> None:
        """Look at the mapping as a whole, so far as it is not in Oomnitza."""
        self._built_in_converters(section, source, layer)
        if source.settings.use_server_map:
            return
        try:
            fields = layers.effective_mapping(source, layer)
        except ConfigurationError as error:
            self._problem(section, section.line, "", str(error))
            return
        for name in layers.unmapped_sync_fields(source, fields):
            what = f"the sync key {name} is not mapped. Add `mapping.{name} = <source>`"
            entry = section.entries.get("sync_field")
            self._problem(section, entry.line if entry else section.line, "sync_field", what)

    def _built_in_converters(
        self, section: IniSection, source: connector.Connector[Any], layer: mapping.Layer
    ) -> None:
        """Look at the converters of the connector's: some of the same name may hide them."""
        used = [
            (f"{MAPPING}{name}", attributes.get("converter"))
            for name, attributes in source.default_mapping().items()
            if (own := layer.get(name, {})) is not None and "converter" not in own
        ]
        for key, converters in [*used, *source.converters.items()]:
            try:
                self._use(converters)
                conversions(converters or (), self._resources)
            except LanguageError:
                pass  # it is reported
            except ValueError as error:
                self._problem(section, section.line, key, str(error))

    def _recordfilter(self, section: IniSection) -> Entry | None:
        entry = section.entries.get("recordfilter")
        if entry is None:
            return None
        if not entry.value.strip() and "recordfilter" not in self._inherited:
            what = "the record filter is empty. The lines of a filter must be indented"
            self._problem(section, entry.line, entry.key, what)
        with report_language_errors(self._note, section, entry):
            recordfilter.compile_filter(entry)
        return entry

    def _problem(self, section: IniSection, line: int, key: str, text: str) -> None:
        self._note(Problem(section.name, key, line, text))

    def _warn(self, section: IniSection, line: int, key: str, text: str) -> None:
        self._note(Problem(section.name, key, line, text, "warning"))

    def _note(self, problem: Problem) -> None:
        (self.errors if problem.severity == "error" else self._warnings).append(problem)
