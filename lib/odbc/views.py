"""Queries on views of which a database may lack some, or some columns of them.

The SQL is such as SQL Server, PostgreSQL and SQLite read. Names cannot be parameters: what stands
in these queries must never be a user's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lib.odbc.database import Database

COLUMN = re.compile(r'"(\w+)"')


class Views:
    """Those of these views that there are, with their `columns`.

    They belong to a schema; a copy of them elsewhere may have none.
    """

    def __init__(self, database: Database, names: Iterable[str], *, schema: str) -> None:
        names = list(names)
        self.columns: dict[str, frozenset[str]] = {}
        for prefix in (f'"{schema}".', ""):
            self._prefix = prefix
            self.columns = database.columns({each: self.name(each) for each in names})
            if self.columns:
                break

    def name(self, view: str) -> str:
        """The name of a view as it is written in a query."""
        return f'{self._prefix}"{view}"'

    def where(self, view: str, conditions: Iterable[str]) -> str:
        """The clause for all of the conditions that name no column that the view lacks."""
        known = [f"({condition})" for condition in self._known(view, conditions)]
        return f"WHERE {' AND '.join(known)}" if known else ""

    def numbered(
        self,
        view: str,
        columns: Mapping[str, str],
        *,
        id: str,  # noqa: A002
        best: Iterable[str],
        only: Iterable[str],
    ) -> str:
        """The query for some columns by their keys, with the `id`, and a number for each row of it.

        Number 1 (`rn`) is the first one in the order of `best`; `only` are conditions on the rows.
        """
        named = ", ".join(f'"{name}" AS "{key}"' for key, name in columns.items())
        order = ", ".join(self._known(view, best)) or f'"{id}"'
        number = f'ROW_NUMBER() OVER (PARTITION BY "{id}" ORDER BY {order}) AS "rn"'
        source = f"FROM {self.name(view)} {self.where(view, only)}"
        return f'SELECT "{id}" AS "id", {named}, {number} {source}'

    def _known(self, view: str, terms: Iterable[str]) -> list[str]:
        """Those terms of which the view has all columns."""
        there = self.columns[view]
        return [term for term in terms if there.issuperset(COLUMN.findall(term))]
