"""Queries on views of which some, or some of their columns, are missing: run in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import pytest

from lib.odbc.database import OdbcDatabase
from lib.odbc.views import Views


class SqliteDatabase:
    """Answers for `columns` as OdbcDatabase does; `asked` are the names that were looked for."""

    def __init__(self, *statements: str) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.asked: list[str] = []
        for statement in statements:
            self.connection.execute(statement)

    def columns(self, tables: Mapping[str, str]) -> dict[str, frozenset[str]]:
        found = {}
        for name, table in tables.items():
            self.asked.append(table)
            try:
                cursor = self.connection.execute(f"SELECT * FROM {table}")
            except sqlite3.OperationalError:
                continue
            found[name] = frozenset(column[0] for column in cursor.description)
        return found


@pytest.fixture
def database() -> Iterator[SqliteDatabase]:
    made = SqliteDatabase(
        'CREATE TABLE "disk" ("owner", "size", "kind")',
        "INSERT INTO disk VALUES (1, 10, 'fixed'), (1, 30, 'fixed')",
        "INSERT INTO disk VALUES (1, 99, 'usb'), (2, 5, 'fixed')",
        'CREATE TABLE "memory" ("owner", "total")',
    )
    yield made
    made.connection.close()


def views(database: SqliteDatabase, *names: str, schema: str = "dbo") -> Views:
    return Views(cast("OdbcDatabase", database), names, schema=schema)


def best_of(database: SqliteDatabase, made: Views, best: Iterable[str], only: Iterable[str]) -> Any:
    query = made.numbered("disk", {"gigabytes": "size"}, id="owner", best=best, only=only)
    rows = database.connection.execute(f"SELECT * FROM ({query}) WHERE rn = 1 ORDER BY id")
    return list(rows)


def test_views_that_there_are_not_are_left_out(database):
    made = views(database, "disk", "screen", "memory")
    assert made.columns == {
        "disk": frozenset({"owner", "size", "kind"}),
        "memory": frozenset({"owner", "total"}),
    }


def test_without_the_schema_they_are_looked_for_by_their_bare_names(database):
    made = views(database, "disk")
    assert database.asked == ['"dbo"."disk"', '"disk"']
    assert made.name("disk") == '"disk"'


def test_with_the_schema_they_are_not_looked_for_again(database):
    made = views(database, "disk", "screen", schema="main")
    assert database.asked == ['"main"."disk"', '"main"."screen"']
    assert made.name("disk") == '"main"."disk"'


def test_the_best_row_of_each_id_has_number_one(database):
    made = views(database, "disk")
    best = ['"size" DESC']
    assert best_of(database, made, best, ["\"kind\" = 'fixed'"]) == [(1, 30, 1), (2, 5, 1)]
    assert best_of(database, made, best, []) == [(1, 99, 1), (2, 5, 1)]


def test_terms_with_columns_that_are_missing_are_left_out(database):
    made = views(database, "disk")
    best = ['"speed" DESC', '"size"']
    assert best_of(database, made, best, ['"size" < "limit"']) == [(1, 10, 1), (2, 5, 1)]
    assert len(best_of(database, made, ['"speed"'], [])) == 2


def test_conditions_are_all_to_be_met(database):
    made = views(database, "disk")
    assert made.where("disk", ['"size" > 5', '"speed" > 1', '"size" < 50']) == (
        'WHERE ("size" > 5) AND ("size" < 50)'
    )
    assert made.where("disk", ['"speed" > 1']) == ""
