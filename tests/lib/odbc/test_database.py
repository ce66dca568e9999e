"""ODBC: rows as dicts, what may be missing, and the words for what drivers say."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyodbc
import pytest

from lib.errors import (
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.odbc.database import OdbcDatabase, connection_string, drivers, missing_driver
from lib.plugins import ROOT
from sandbox.sccm import Sccm
from tests.drivers import require_driver
from tests.postgres import postgres, require_postgres
from tests.tds import TdsServer

WHERE = "sql.example.com/CM_TST"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "things.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            """
            CREATE TABLE things (id int, name varchar(255), at timestamp, price numeric, raw blob);
            INSERT INTO things VALUES (1, 'Ünit 佐藤  ', '2024-05-06 07:08:09', 1.5, x'00ff');
            INSERT INTO things VALUES (2, NULL, NULL, NULL, NULL);
            """
        )
    return path


@pytest.fixture
def things(file: Path) -> OdbcDatabase:
    require_driver("SQLite3")
    return database(file)


def database(file: Path) -> OdbcDatabase:
    return OdbcDatabase({"DRIVER": "SQLite3", "DATABASE": str(file)}, where=WHERE, timeout=10)


def test_rows_come_as_dicts_by_the_names_of_the_query(things: OdbcDatabase):
    assert list(things.query('SELECT id AS "number", name AS "called" FROM things')) == [
        {"number": 1, "called": "Ünit 佐藤"},
        {"number": 2, "called": None},
    ]


def test_values_are_what_json_knows(things: OdbcDatabase):
    (row, empty) = things.query("SELECT at, raw FROM things ORDER BY id")
    assert row == {"at": "2024-05-06T07:08:09", "raw": "00ff"}
    assert empty == {"at": None, "raw": None}


def test_decimals_are_numbers():
    require_postgres()
    with postgres([]) as given:
        rows: Any = in_postgres(given, "SELECT 3.0 AS a, 2.50 AS b")
        with closing(rows):
            assert next(rows) == {"a": 3, "b": 2.5}


def test_texts_lose_blanks_at_their_end_and_control_characters(file: Path, things: OdbcDatabase):
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("INSERT INTO things (id, name) VALUES (3, ?)", (" 7-Zip\x07\t(x64)\x1f  ",))
        raw.commit()
    (row,) = things.query("SELECT name FROM things WHERE id = 3")
    assert row["name"] == " 7-Zip\t(x64)"


def test_rows_are_fetched_as_they_are_wanted(file: Path, things: OdbcDatabase):
    with closing(sqlite3.connect(file)) as raw:
        raw.executemany("INSERT INTO things (id) VALUES (?)", ((n,) for n in range(3, 5003)))
        raw.commit()
    with closing(things.query("SELECT id FROM things ORDER BY id")) as rows:
        assert [row["id"] for row in islice(rows, 3)] == [1, 2, 3]
    assert sum(1 for _ in things.query("SELECT id FROM things")) == 5002


def test_no_result_is_no_rows(things: OdbcDatabase):
    assert list(things.query("SELECT id FROM things WHERE id > 99")) == []


def test_of_tables_those_that_there_are_have_columns(things: OdbcDatabase):
    found = things.columns({"a": "things", "b": "nothings", "c": '"main"."things"'})
    assert found == dict.fromkeys("ac", frozenset({"id", "name", "at", "price", "raw"}))


def test_two_queries_can_be_open_at_once(things: OdbcDatabase):
    one, other = (things.query("SELECT id FROM things ORDER BY id") for _ in range(2))
    assert [next(one), next(other), next(one), next(other)] == [{"id": 1}] * 2 + [{"id": 2}] * 2


# The connection string.


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", "plain"),
        ("a;b", "{a;b}"),
        ("a;b}c", "{a;b}}c}"),
        ("{a", "{{a}"),
        ("a}b", "a}b"),
        (" a", "{ a}"),
        ("a=b", "a=b"),
        ("пароль", "пароль"),
    ],
)
def test_values_are_quoted_where_they_would_be_misread(value: str, written: str):
    assert connection_string({"PWD": value}) == f"PWD={written};"


def test_drivers_are_always_in_braces_and_the_end_is_marked():
    given = {"DRIVER": "FreeTDS", "SERVER": "host"}
    assert connection_string(given) == "DRIVER={FreeTDS};SERVER=host;"


# What goes wrong, as real drivers say it.


def failure(attempt: Any, kind: type[ConnectorError]) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        list(attempt)
    assert type(caught.value) is kind, caught.value
    assert "\n" not in str(caught.value)
    assert caught.value.fix
    return caught.value


def in_postgres(given: dict[str, str], sql: str = "SELECT 1", **changes: str) -> Iterator[Any]:
    attributes = {
        "DRIVER": "PostgreSQL Unicode",
        "SERVER": given["server"],
        "PORT": given["port"],
        "DATABASE": given["database"],
        "UID": given["username"],
        "PWD": given["password"],
        **changes,
    }
    return OdbcDatabase(attributes, where=WHERE, timeout=10).query(sql)


def test_postgresql_s_errors_are_told_apart():
    require_postgres()
    with postgres([]) as given:
        assert list(in_postgres(given)) == [{"?column?": 1}]
        failure(in_postgres(given, PWD="wrong"), SignInError)
        failure(in_postgres(given, DATABASE="nowhere"), ConfigurationError)
        failure(in_postgres(given, "SELECT * FROM pg_authid"), AccessDenied)
        error = failure(in_postgres(given, PORT="1"), SourceUnavailable)
        assert "refused" in str(error)
        assert error.where == WHERE
        error = failure(in_postgres(given, SERVER="nowhere.invalid"), SourceUnavailable)
        assert "host name not found" in str(error)
        failure(in_postgres(given, "SELEKT 1"), SourceFault)


@pytest.mark.parametrize(
    ("number", "kind"),
    [(229, AccessDenied), (1205, SourceUnavailable), (1222, SourceUnavailable), (102, SourceFault)],
)
def test_sql_server_s_errors_are_told_apart_by_their_numbers(
    number: int, kind: type[ConnectorError], tmp_path: Path
):
    require_driver("FreeTDS")
    with TdsServer(Sccm(tmp_path / "site.sqlite", 1).views) as server:
        server.refuse = lambda _: (number, "What the server says")
        error = failure(over_tds(server), kind)
        assert "What the server says" in str(error)


def test_sql_server_s_sign_in_and_absence_are_told_apart(tmp_path: Path):
    require_driver("FreeTDS")
    with TdsServer(Sccm(tmp_path / "site.sqlite", 1).views) as server:
        assert len(list(over_tds(server))) == 1
        error = failure(over_tds(server, PWD="wr0ng-s3cret"), SignInError)
        assert "wr0ng-s3cret" not in str(error)
        assert "Login failed for user" in str(error)
        assert "FreeTDS" not in str(error)
    assert "refused" in str(failure(over_tds(server), SourceUnavailable))


def over_tds(server: TdsServer, **changes: str) -> Iterator[Any]:
    given = server.settings
    attributes = {
        "DRIVER": "FreeTDS",
        "SERVER": given["server"],
        "PORT": given["port"],
        "UID": given["username"],
        "PWD": given["password"],
        **changes,
    }
    sql = 'SELECT "ResourceID" FROM "dbo"."v_R_System"'
    return OdbcDatabase(attributes, where=WHERE, timeout=10).query(sql)


@pytest.mark.parametrize(
    ("state", "text", "kind", "words"),
    [
        # As Microsoft's driver 18 puts them.
        ("28000", "Login failed for user 'x'. (18456) (SQLDriverConnect)", SignInError, "sign-in"),
        (
            "42000",
            'Cannot open database "X" requested by the login. (4060)',
            ConfigurationError,
            "database",
        ),
        ("HYT00", "Login timeout expired (0) (SQLDriverConnect)", SourceUnavailable, "no response"),
        (
            "08001",
            "SSL Provider: [error:0A000086:SSL routines::certificate verify failed:self-signed]",
            SourceUnavailable,
            "not trusted",
        ),
        (
            "08001",
            "Encryption not supported on SQL Server. (20)",
            SourceUnavailable,
            "does not support encryption",
        ),
        ("HY000", "SSPI Provider: No credentials were supplied", SignInError, "Windows"),
        (
            "08S01",
            "TCP Provider: Error code 0x68 (104) (SQLExecDirectW)",
            SourceUnavailable,
            "failed",
        ),
        (
            "HY000",
            "Connection is busy with results for another command (0)",
            SourceFault,
            "the database reported an error",
        ),
    ],
)
def test_what_microsoft_s_driver_says_is_understood(
    state: str, text: str, kind: type[ConnectorError], words: str, monkeypatch: pytest.MonkeyPatch
):
    """From its documentation: the driver itself cannot be had here."""
    require_driver("SQLite3")
    import pyodbc

    def connect(*_: Any, **__: Any) -> None:
        raise pyodbc.Error(state, f"[{state}] [Microsoft][ODBC Driver 18 for SQL Server]{text}")

    monkeypatch.setattr(pyodbc, "connect", connect)
    error = failure(database(Path("unused")).query("SELECT 1"), kind)
    assert words in str(error)
    assert "[Microsoft]" not in str(error)


def test_error_without_text_of_the_driver_has_no_brackets(monkeypatch: pytest.MonkeyPatch):
    require_driver("SQLite3")
    import pyodbc

    def connect(*_: Any, **__: Any) -> None:
        raise pyodbc.Error("28000", "[Microsoft][ODBC Driver 18 for SQL Server]")

    monkeypatch.setattr(pyodbc, "connect", connect)
    error = failure(database(Path("unused")).query("SELECT 1"), SignInError)
    assert error.what == "the database refused the sign-in"


def test_a_file_that_cannot_be_opened_is_told():
    require_driver("SQLite3")
    failure(database(Path("/nowhere/things.sqlite")).query("SELECT 1"), ConfigurationError)


@pytest.mark.parametrize("driver", ["ODBC Driver 99 for SQL Server", "/nowhere/libdriver.so"])
def test_a_driver_that_is_missing_is_told_with_those_that_there_are(driver: str):
    require_driver("SQLite3")
    missing = OdbcDatabase({"DRIVER": driver, "SERVER": "x"}, where=WHERE, timeout=10)
    error = failure(missing.query("SELECT 1"), ConfigurationError)
    assert f"the ODBC driver '{driver}' is not installed" in str(error)
    assert "SQLite3" in str(error)
    assert "Install" in error.fix


def test_of_known_drivers_the_package_is_named():
    require_driver("SQLite3")
    assert missing_driver("SQLite3").fix == "Install SQLite3 (Debian: apt install libsqliteodbc)"


def test_drivers_are_listed():
    require_driver("SQLite3")
    assert "SQLite3" in drivers()


# What has to be installed. Each in a process of its own, since imports are remembered.

BROKEN = """
import sys
sys.path.insert(0, {root!r})
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name == "pyodbc":
            raise {error}
sys.meta_path.insert(0, Refuse())
from lib.errors import ConfigurationError
from lib.odbc.database import OdbcDatabase
from connectors import sccm
try:
    list(OdbcDatabase({{"DRIVER": "x"}}, where="x", timeout=1).query("SELECT 1"))
except ConfigurationError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("ModuleNotFoundError('No module named pyodbc')", "pip install pyodbc"),
        (
            "ImportError('libodbc.so.2: cannot open shared object file: No such file')",
            "apt install unixodbc",
        ),
    ],
)
def test_what_is_not_installed_gets_a_sentence_when_it_is_used(error: str, words: str):
    code = BROKEN.format(root=str(ROOT), error=error)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert words in done.stdout
    assert done.stdout.count("\n") == 1
    assert "libodbc" not in done.stdout


class TestRetries:
    """A server that is away is called again; one that refuses is not."""

    @pytest.fixture
    def calls(self, monkeypatch):
        """How often pyodbc was asked to connect, and with which errors it answers first."""
        pauses: list[float] = []
        monkeypatch.setattr("lib.retry.pause", pauses.append)
        answers: list[pyodbc.Error] = []
        real = pyodbc.connect

        def connect(*arguments, **how):
            if answers:
                raise answers.pop(0)
            return real(*arguments, **how)

        monkeypatch.setattr(pyodbc, "connect", connect)
        return SimpleNamespace(answers=answers, pauses=pauses)

    def database(self, tmp_path, retries):
        attributes = {"DRIVER": "SQLite3", "DATABASE": str(tmp_path / "x.sqlite")}
        return OdbcDatabase(attributes, where=WHERE, timeout=10, retries=retries)

    def test_it_is_called_again_with_growing_pauses(self, calls, tmp_path):
        calls.answers += [pyodbc.OperationalError("08001", "cannot connect")] * 2
        assert list(self.database(tmp_path, 5).query("SELECT 1 AS one")) == [{"one": 1}]
        assert calls.pauses == [1.0, 2.0]

    @pytest.mark.parametrize(("retries", "calls_again"), [(0, 0), (2, 2), (50, 3)])
    def test_it_gives_up_after_so_many(self, calls, tmp_path, retries, calls_again):
        calls.answers += [pyodbc.OperationalError("08001", "cannot connect")] * 9
        with pytest.raises(SourceUnavailable):
            list(self.database(tmp_path, retries).query("SELECT 1"))
        assert len(calls.pauses) == calls_again

    def test_a_refused_sign_in_is_not_tried_again(self, calls, tmp_path):
        calls.answers.append(pyodbc.InterfaceError("28000", "Login failed for user"))
        with pytest.raises(SignInError):
            list(self.database(tmp_path, 5).query("SELECT 1"))
        assert calls.pauses == []

    def test_what_another_try_would_not_change_is_not_tried_again(self, calls, tmp_path):
        calls.answers.append(pyodbc.OperationalError("08001", "certificate verify failed"))
        with pytest.raises(SourceUnavailable, match="not trusted"):
            list(self.database(tmp_path, 5).query("SELECT 1"))
        assert calls.pauses == []
