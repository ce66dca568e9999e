"""What all sections of an ini share: the programs of [converters], and the tables [lookup.NAME].

What is wrong with one of them matters only where a section that is to run makes use of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lib.ini import Entry, IniFile, IniSection
from lib.language import LanguageError
from lib.mapping.converters import ARGUMENTS, parse_spec
from lib.programs import compile_entry

CONVERTERS = "converters"
LOOKUP = "lookup."
# The parameter by which a converter names a table.
TABLE = "table"

Problem = Callable[[IniSection, int, str, str], None]
Warn = Callable[[IniSection, int, str], None]


@contextmanager
def telling(problem: Problem, section: IniSection, entry: Entry) -> Iterator[None]:
    """Make a problem of a program that cannot be compiled."""
    try:
        yield
    except LanguageError as error:
        problem(section, error.line, entry.key, f"{error.what}\n{error.excerpt}")


class SharedSections:
    """The programs and tables, by name in lower case; tells what is wrong with those in use."""

    def __init__(self, file: IniFile, problem: Problem, warn: Warn) -> None:
        self._converters = file.sections.get(CONVERTERS) or IniSection(CONVERTERS, 0)
        self._tables = {
            name.removeprefix(LOOKUP).strip(): section
            for name, section in file.sections.items()
            if name.startswith(LOOKUP)
        }
        self.programs = dict(self._converters.entries)
        self.tables = {
            name: {key: entry.value for key, entry in section.entries.items()}
            for name, section in self._tables.items()
        }
        self._problem = problem
        self._warn = warn
        self._used: set[str] = set()
        self._used_tables: set[str] = set()
        for line, text in self._converters.oddities:
            warn(self._converters, line, text)

    def use(self, spec: str) -> None:
        """Tell, once, what is wrong with what the text of a converter names.

        Raises ValueError for a text that is none.
        """
        name, params = parse_spec(spec)
        self._use_program(name.lower())
        self._use_table(str(params.get(TABLE, "")).strip().lower())

    def unused(self) -> Iterator[tuple[IniSection, int, str]]:
        """The mistakes in programs that no mapping names: section, line, and sentence."""
        if not self._used:
            for line, text in self._converters.faults:
                yield self._converters, line, text
        for name, entry in self.programs.items():
            if name not in self._used:
                try:
                    compile_entry(entry, ARGUMENTS)
                except LanguageError as error:
                    yield self._converters, error.line, f"{entry.key}: {error.what}"

    def _use_program(self, name: str) -> None:
        if name not in self.programs or name in self._used:
            return
        if not self._used:
            self._tell_faults(self._converters)
        self._used.add(name)
        entry = self.programs[name]
        with telling(self._problem, self._converters, entry):
            compile_entry(entry, ARGUMENTS)

    def _use_table(self, name: str) -> None:
        if name not in self._tables or name in self._used_tables:
            return
        self._used_tables.add(name)
        section = self._tables[name]
        self._tell_faults(section)
        for line, text in section.oddities:
            self._warn(section, line, text)
        times = Counter(key.casefold() for key in section.entries)
        for key, entry in section.entries.items():
            if times[key.casefold()] > 1:
                self._warn(
                    section, entry.line, f"{key}: several lines are for this; the last counts"
                )

    def _tell_faults(self, section: IniSection) -> None:
        for line, text in section.faults:
            self._problem(section, line, "", text)
