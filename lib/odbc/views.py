"""Queries on views that a database may lack, as a whole or some of their columns.

The SQL is valid for SQL Server, PostgreSQL, and SQLite. Names cannot be parameters: these queries
must never contain text of a user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lib.odbc.database import OdbcDatabase

COLUMN = re.compile(r'"(\w+)"')


class Views:
    """The existing ones of these views, and the parts of queries on them.

    `columns` holds the columns of each existing view, by its name. The views belong to a schema; a
    copy of the database elsewhere may have none.
    """

    def __init__(self, database: OdbcDatabase, names: Iterable[str], *, schema: str) -> None:
        names = list(names)
        self.columns: dict[str, frozenset[str]] = {}
        for prefix in (f'"{schema}".', ""):
            self._prefix = prefix
            self.columns = database.columns({each: self.name(each) for each in names})
            if self.columns:
                break

    def name(self, view: str) -> str:
        """Return the name of a view as it is written in a query."""
        return f'{self._prefix}"{view}"'

    def where(self, view: str, conditions: Iterable[str]) -> str:
        """Return the WHERE clause of the conditions whose columns the view has; empty if none."""
        possible = [f"({condition})" for condition in self._possible(view, conditions)]
        return f"WHERE {' AND '.join(possible)}" if possible else ""

    def numbered(
        self,
        view: str,
        columns: Mapping[str, str],
        *,
        id: str,  # noqa: A002
        best: Iterable[str],
        only: Iterable[str],
    ) -> str:
        """Return the query for some columns and the `id`, with the rows of each id numbered.

        Args:
            view: The name of the view.
            columns: The columns by the names that they have in the result.
            id: The column that identifies a record.
            best: The order of the rows of one id; the first row has number (`rn`) 1.
            only: Conditions on the rows.
        """
        named = ", ".join(f'"{name}" AS "{key}"' for key, name in columns.items())
        order = ", ".join(self._possible(view, best)) or f'"{id}"'
        number = f'ROW_NUMBER() OVER (PARTITION BY "{id}" ORDER BY {order}) AS "rn"'
        source = f"FROM {self.name(view)} {self.where(view, only)}"
        return f'SELECT "{id}" AS "id", {named}, {number} {source}'

    def _possible(self, view: str, terms: Iterable[str]) -> list[str]:
        """Return the terms all of whose columns the view has."""
        columns = self.columns[view]
        return [term for term in terms if columns.issuperset(COLUMN.findall(term))]
