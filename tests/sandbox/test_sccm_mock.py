"""The sandbox's SCCM: a real database with the views of a site, and what is hard about them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.sccm import Sccm
from sandbox.sccm.views import INVENTORY, VIEWS
from tests.drivers import require_driver

ACTIVE = """
    SELECT "ResourceID" FROM "v_R_System" WHERE "Client0" = 1
    AND ("Obsolete0" = 0 OR "Obsolete0" IS NULL) AND "Decommissioned0" = 0
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Sccm:
    return Sccm(tmp_path_factory.mktemp("site") / "site.sqlite", 100)


@pytest.fixture
def ask(site: Sccm) -> Iterator[Any]:
    with closing(sqlite3.connect(site.database)) as database:
        yield lambda sql: database.execute(sql).fetchall()


def test_so_many_computers_are_active_as_were_wanted(ask: Any):
    assert len(ask(ACTIVE)) == 100


def test_some_were_there_before_under_another_number(ask: Any):
    twins = ask('SELECT "Name0" FROM "v_R_System" GROUP BY "Name0" HAVING COUNT(*) > 1')
    assert twins


def test_some_are_known_without_a_client_and_have_no_inventory(ask: Any):
    ids = ask('SELECT "ResourceID" FROM "v_R_System" WHERE "Client0" IS NULL')
    assert ids
    for (number,) in ids:
        assert not ask(f'SELECT 1 FROM "v_GS_COMPUTER_SYSTEM" WHERE "ResourceID" = {number}')


@pytest.mark.parametrize("view", [view for view, columns in VIEWS.items() if "GroupID" in columns])
def test_computer_and_instance_are_the_key_of_an_inventory_view(view: str, ask: Any):
    rows = ask(f'SELECT "ResourceID", "GroupID" FROM "{view}"')
    assert rows
    assert Counter(rows).most_common(1)[0][1] == 1
    assert INVENTORY.startswith("ResourceID=int GroupID=int")


def test_the_join_of_all_views_has_many_rows_for_a_computer(ask: Any):
    """What the first version of the connector fell for."""
    rows = ask(
        'SELECT cs."ResourceID" FROM "v_GS_COMPUTER_SYSTEM" cs'
        ' LEFT JOIN "v_GS_DISK" d ON d."ResourceID" = cs."ResourceID"'
        ' LEFT JOIN "v_GS_PROCESSOR" p ON p."ResourceID" = cs."ResourceID"'
        ' LEFT JOIN "v_GS_NETWORK_ADAPTER_CONFIGURATION" n ON n."ResourceID" = cs."ResourceID"'
    )
    assert Counter(rows).most_common(1)[0][1] >= 24


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT 1 FROM "v_GS_PROCESSOR" GROUP BY "ResourceID" HAVING MIN("GroupID") > 1',
        'SELECT 1 FROM "v_GS_DISK" WHERE "Size0" IS NULL',
        'SELECT 1 FROM "v_GS_COMPUTER_SYSTEM" WHERE "UserName0" IS NULL',
        'SELECT 1 FROM "v_GS_ADD_REMOVE_PROGRAMS" WHERE "DisplayName0" IS NULL',
        'SELECT 1 FROM "v_GS_OPERATING_SYSTEM" WHERE "Caption0" LIKE \'% \'',
        'SELECT 1 FROM "v_GS_NETWORK_ADAPTER_CONFIGURATION" WHERE "IPAddress0" LIKE \'fe80%,%.%\'',
        'SELECT 1 FROM "v_GS_SYSTEM_ENCLOSURE" WHERE "ChassisTypes0" = \'12\'',
        'SELECT 1 FROM "v_GS_ADD_REMOVE_PROGRAMS" a JOIN "v_GS_ADD_REMOVE_PROGRAMS_64" b'
        ' ON a."ResourceID" = b."ResourceID" AND a."DisplayName0" = b."DisplayName0"',
    ],
)
def test_the_awkward_cases_are_there(sql: str, ask: Any):
    assert ask(sql)


def test_a_view_has_its_short_name_too(ask: Any):
    short, long = "v_GS_NETWORK_ADAPTER_CONFIGUR", "v_GS_NETWORK_ADAPTER_CONFIGURATION"
    assert ask(f'SELECT COUNT(*) FROM "{short}"') == ask(f'SELECT COUNT(*) FROM "{long}"')


def test_a_site_can_lack_views_and_columns(tmp_path: Path):
    lacking = Sccm(tmp_path / "a.sqlite", 3, without=["v_GS_DISK", "v_GS_PC_BIOS.SerialNumber0"])
    with closing(sqlite3.connect(lacking.database)) as database:
        for sql in ('SELECT * FROM "v_GS_DISK"', 'SELECT b."SerialNumber0" FROM "v_GS_PC_BIOS" b'):
            with pytest.raises(sqlite3.OperationalError, match="no such"):
                database.execute(sql)


def test_the_file_is_written_anew_each_time(tmp_path: Path):
    for count in (5, 3):
        made = Sccm(tmp_path / "site.sqlite", count)
        with closing(sqlite3.connect(made.database)) as database:
            assert len(database.execute(ACTIVE).fetchall()) == count


def test_odbc_reads_it_with_its_types(site: Sccm):
    require_driver("SQLite3")
    import pyodbc

    with closing(pyodbc.connect(f"DRIVER={{SQLite3}};DATABASE={site.database}")) as database:
        row = database.execute(
            'SELECT "ResourceID", "Name0", "Last_Logon_Timestamp0" FROM "v_R_System"'
        ).fetchone()
        assert [type(value).__name__ for value in row] == ["int", "str", "datetime"]


def test_the_section_names_the_file(site: Sccm):
    assert f"database = {site.database}\n" in site.section()
    assert "enable = True" in site.section("http://unused")
