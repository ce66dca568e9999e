"""What all sections share: the custom converters of [converters], and the tables [lookup.NAME].

Problems in one of them are reported only if a section that is to run uses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from lib.config.problems import Problem
from lib.ini import Entry, IniFile, IniSection, Remark
from lib.language import LanguageError
from lib.mapping.converters import ARGUMENTS, parse_spec
from lib.programs import compile_entry

CONVERTERS = "converters"
LOOKUP = "lookup."
# The parameter by which a converter names a table.
TABLE = "table"

# Records a problem.
Report = Callable[[Problem], None]


@contextmanager
def report_language_errors(report: Report, section: IniSection, entry: Entry) -> Iterator[None]:
    """Report a LanguageError in the block as a problem of this entry."""
    try:
        yield
    except LanguageError as error:
        text = f"{error.what}\n{error.excerpt}"
        report(Problem(section.name, entry.key, error.line, text))


def faults_of(section: IniSection) -> Iterator[Problem]:
    """Yield a problem for each invalid line of a section."""
    for line, text, key in section.faults:
        yield Problem(section.name, key, line, text)


def oddities_of(section: IniSection) -> Iterator[Problem]:
    """Yield a warning for each valid line of a section that may be a mistake."""
    yield from _warnings(section, section.oddities)


def _warnings(section: IniSection, remarks: Iterable[Remark]) -> Iterator[Problem]:
    for line, text, key in remarks:
        yield Problem(section.name, key, line, text, "warning")


class SharedSections:
    """Custom converters and lookup tables by lowercase name; reports problems of those in use."""

    def __init__(self, file: IniFile, report: Report) -> None:
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
        self._report = report
        self._used: set[str] = set()
        self._used_tables: set[str] = set()
        self._report_all(oddities_of(self._converters))

    def use(self, spec: str) -> None:
        """Report, once, the problems of what a converter of a mapping refers to.

        Raises ValueError for a text that is none.
        """
        name, params = parse_spec(spec)
        self._use_program(name.lower())
        self._use_table(str(params.get(TABLE, "")).strip().lower())

    def unused(self) -> Iterator[Problem]:
        """Yield warnings about invalid custom converters that no mapping uses."""
        if not self._used:
            yield from _warnings(self._converters, self._converters.faults)
        for name, entry in self.programs.items():
            if name not in self._used:
                try:
                    compile_entry(entry, ARGUMENTS)
                except LanguageError as error:
                    yield Problem(
                        self._converters.name, entry.key, error.line, error.what, "warning"
                    )

    def _use_program(self, name: str) -> None:
        if name not in self.programs or name in self._used:
            return
        if not self._used:
            self._report_all(faults_of(self._converters))
        self._used.add(name)
        entry = self.programs[name]
        with report_language_errors(self._report, self._converters, entry):
            compile_entry(entry, ARGUMENTS)

    def _use_table(self, name: str) -> None:
        if name not in self._tables or name in self._used_tables:
            return
        self._used_tables.add(name)
        section = self._tables[name]
        self._report_all(faults_of(section))
        self._report_all(oddities_of(section))
        times = Counter(key.casefold() for key in section.entries)
        for key, entry in section.entries.items():
            if times[key.casefold()] > 1:
                text = "this value is on several lines; the last one is used"
                self._report(Problem(section.name, key, entry.line, text, "warning"))

    def _report_all(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self._report(problem)
