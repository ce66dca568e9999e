"""SQL Server: which driver is taken, and what each one is told."""

from __future__ import annotations

from typing import Any

import pytest

from lib.errors import ConfigurationError
from lib.odbc import sqlserver
from lib.odbc.sqlserver import SqlServerSettings, newest, sql_server
from lib.settings import read_settings
from tests.drivers import require_driver

LOGIN = {"username": "reader", "password": "s3cret"}
MICROSOFT = "ODBC Driver 18 for SQL Server"


def told(monkeypatch: pytest.MonkeyPatch, **given: str) -> dict[str, str]:
    """The attributes with which a connection would be made."""
    made: list[dict[str, str]] = []

    class Spy:
        """Stands for OdbcDatabase."""

        def __init__(self, attributes: dict[str, str], **how: Any) -> None:
            made.append({key: value for key, value in attributes.items() if value})
            made[-1]["where"] = how["where"]

    monkeypatch.setattr(sqlserver, "OdbcDatabase", Spy)
    settings, faults = read_settings(SqlServerSettings, {**LOGIN, **given})
    assert faults == []
    sql_server("sql.example.com", "CM_TST", settings)
    return made[0]


def test_microsoft_s_driver_gets_its_words(monkeypatch: pytest.MonkeyPatch):
    assert told(monkeypatch, driver=MICROSOFT, port="1444", encrypt="strict") == {
        "DRIVER": MICROSOFT,
        "SERVER": "sql.example.com,1444",
        "DATABASE": "CM_TST",
        "UID": "reader",
        "PWD": "s3cret",
        "Encrypt": "strict",
        "where": "sql.example.com:1444/CM_TST",
    }


@pytest.mark.parametrize(
    ("encrypt", "word"), [("yes", "require"), ("no", "off"), ("strict", "strict")]
)
def test_freetds_gets_its_words(encrypt: str, word: str, monkeypatch: pytest.MonkeyPatch):
    assert told(monkeypatch, driver="FreeTDS", port="1444", encrypt=encrypt) == {
        "DRIVER": "FreeTDS",
        "SERVER": "sql.example.com",
        "PORT": "1444",
        "DATABASE": "CM_TST",
        "UID": "reader",
        "PWD": "s3cret",
        "Encryption": word,
        "where": "sql.example.com:1444/CM_TST",
    }


def test_without_a_wish_the_driver_decides_on_encryption(monkeypatch: pytest.MonkeyPatch):
    for driver in (MICROSOFT, "FreeTDS"):
        assert not {"Encrypt", "Encryption", "PORT"} & set(told(monkeypatch, driver=driver))


def test_with_windows_authentication_no_login_is_sent(monkeypatch: pytest.MonkeyPatch):
    attributes = told(monkeypatch, driver=MICROSOFT, authentication="Windows")
    assert attributes["Trusted_Connection"] == "yes"
    assert not {"UID", "PWD"} & set(attributes)


def test_a_certificate_can_be_taken_unseen(monkeypatch: pytest.MonkeyPatch):
    attributes = told(monkeypatch, driver=MICROSOFT, verify_ssl="False")
    assert attributes["TrustServerCertificate"] == "yes"
    assert "TrustServerCertificate" not in told(monkeypatch, driver=MICROSOFT)


def test_a_driver_may_be_a_path(monkeypatch: pytest.MonkeyPatch):
    path = "/opt/microsoft/msodbcsql18/lib64/libmsodbcsql-18.6.so.2.1"
    assert told(monkeypatch, driver=path, port="1444")["SERVER"] == "sql.example.com,1444"


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["SQL Server", "ODBC Driver 9 for SQL Server", MICROSOFT, "FreeTDS"], MICROSOFT),
        (
            ["ODBC Driver 17 for SQL Server", "ODBC Driver 13 for SQL Server"],
            "ODBC Driver 17 for SQL Server",
        ),
        (["FreeTDS", "SQL Server", "SQLite3"], "SQL Server"),
        (["PostgreSQL Unicode", "FreeTDS"], "FreeTDS"),
    ],
)
def test_the_newest_driver_is_chosen_by_number(names: list[str], chosen: str):
    assert newest(names) == chosen


def test_without_any_driver_the_sentence_says_what_to_install():
    require_driver("SQLite3")
    with pytest.raises(ConfigurationError, match="Install Microsoft's") as caught:
        newest(["SQLite3"])
    assert MICROSOFT in str(caught.value)
