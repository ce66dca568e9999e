"""A site database as a file of SQLite, which the SQLite ODBC driver reads.

Real ones are on SQL Server. What is the same: the views, their columns, how many rows a computer
has in each. SQLite has no accounts, and knows no schema dbo.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

from sandbox.mock import SERIAL_NUMBER, MockSystem, ServerMapping
from sandbox.sccm.computers import Computer, computers
from sandbox.sccm.views import SHORT_NAMES, VIEWS

WITHOUT_DRIVER = "# Needs unixODBC and its driver for SQLite (Debian: unixodbc, libsqliteodbc)."


class View(NamedTuple):
    """A view: its columns with their types (int, bigint, datetime, varchar(255)), and its rows."""

    name: str
    columns: dict[str, str]
    rows: list[tuple[Any, ...]]


class Sccm(MockSystem):
    """A site with so many active computers, in a file that is written anew.

    `without` names views, and columns (view.column), that this site lacks: each site chooses which
    classes of inventory it collects. `computers` are all that it knows, in any state.
    """

    name = "sccm"
    server_mapping: ClassVar[ServerMapping] = {
        "SCCM": {
            "hardware.serial_number": SERIAL_NUMBER,
            "hardware.computer_name": "NAME",
            "hardware.make": "MANUFACTURER",
            "hardware.model": "MODEL",
            "hardware.os_version": "OS_VERSION",
            "hardware.user_name": "ASSIGNED_TO",
        }
    }

    def __init__(self, database: Path, active: int = 80, without: Collection[str] = ()) -> None:
        self.database = database
        self.computers = list(computers(active))
        self.views = list(views(self.computers, without))
        database.unlink(missing_ok=True)
        with closing(sqlite3.connect(database)) as connection:
            for statement, rows in statements(self.views):
                connection.executemany(statement, rows) if rows else connection.execute(statement)
            connection.commit()

    @classmethod
    def for_sandbox(cls, folder: Path) -> Self:
        return cls(folder / "sccm.sqlite")

    def section(self, url: str = "") -> str:
        """A section of an ini for this file; there is no URL."""
        return (
            "[sccm]\nenable = True\nserver = localhost\ndriver = SQLite3\n"
            f"database = {self.database}\nusername = unused\npassword = unused\n"
            f"sync_field = {SERIAL_NUMBER}\n"
        )

    def sections(self, url: str) -> list[str]:
        """The section; switched off where a machine cannot read a file of SQLite through ODBC."""
        section = self.section(url)
        if _driver_is_there():
            return [section]
        return [f"{WITHOUT_DRIVER}\n{section.replace('enable = True', 'enable = False')}"]


def views(known: Collection[Computer], without: Collection[str] = ()) -> Iterator[View]:
    """Yield the views of a site that knows these computers."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for computer in known:
        for view, row in computer.rows():
            rows[view].append(row)
    for view, types in VIEWS.items():
        columns = {name: kind for name, kind in types.items() if f"{view}.{name}" not in without}
        values = [tuple(row.get(name) for name in columns) for row in rows[view]]
        for name in (view, *(short for short, long in SHORT_NAMES.items() if long == view)):
            if name not in without:
                yield View(name, columns, values)


def statements(
    site: Collection[View], schema: str = ""
) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Yield the SQL that makes a site, each statement with the rows to be inserted, if any.

    SQLite and PostgreSQL read it; `schema` goes before each name.
    """
    for view in site:
        name, table = _name(schema, view.name), _name(schema, f"{view.name}_DATA")
        columns = ", ".join(
            f'"{column}" {kind.replace("datetime", "timestamp")}'
            for column, kind in view.columns.items()
        )
        yield f"CREATE TABLE {table} ({columns})", []
        if view.rows:
            marks = ", ".join("?" * len(view.columns))
            rows = [tuple(map(_stored, row)) for row in view.rows]
            yield f"INSERT INTO {table} VALUES ({marks})", rows
        yield f"CREATE VIEW {name} AS SELECT * FROM {table}", []


def _driver_is_there() -> bool:
    try:
        import pyodbc
    except ImportError:
        return False
    pyodbc.pooling = False  # what counts for the whole process is what it is at the first call
    return "SQLite3" in pyodbc.drivers()


def _name(schema: str, name: str) -> str:
    return f'"{schema}"."{name}"' if schema else f'"{name}"'


def _stored(value: Any) -> Any:
    return value.isoformat(" ") if isinstance(value, datetime) else value
