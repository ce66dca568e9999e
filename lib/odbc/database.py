"""An ODBC client: queries of a database, with rows as dicts and errors as sentences.

What is different from plain pyodbc 5, and why:

- it is imported when a database is opened, and each part that may be missing (the module, the
  driver manager, the driver) gets a sentence that says what to install;
- each query has a connection of its own, since SQL Server answers one at a time on each;
- a connection that is closed is closed at the server too: newer driver managers would keep it for
  the next one, which then is not told that the server is gone or the password changed;
- no transaction is left open, and nobody waits for our reading;
- errors are told by SQLSTATE and by their text: drivers choose the exception's class as they like;
- values are quoted in the connection string, so that a password may hold a semicolon;
- texts come without control characters, and without blanks at their end.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import date
from decimal import Decimal
from typing import Any

from lib.errors import (
    NOT_IN_THIS_RUN,
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    SignInError,
    SourceFault,
    SourceUnavailable,
)
from lib.retry import UNREACHABLE, Retry

log = logging.getLogger(__name__)

# How many rows are fetched at once.
ROWS = 1000
LONGEST_LOGIN = 30
# Drivers by the names under which Debian's packages register them.
PACKAGES = {
    "FreeTDS": "tdsodbc",
    "PostgreSQL Unicode": "odbc-postgresql",
    "SQLite3": "libsqliteodbc",
}
SQL_SERVER_DRIVERS = "Microsoft's `ODBC Driver 18 for SQL Server`, or FreeTDS (Debian: tdsodbc)"


class NoSuchObject(SourceFault):
    """The database has no such table, view or column."""


class OdbcDatabase:
    """A database that is read over ODBC.

    Args:
        attributes: Those of the connection string; empty ones are left out.
        where: The name of the database in errors.
        timeout: How many seconds a query may take.
        retries: How often a connection is retried.
    """

    def __init__(
        self, attributes: Mapping[str, str], *, where: str, timeout: int, retries: int = 0
    ) -> None:
        self.where = where
        self._attributes = {key: value for key, value in attributes.items() if value}
        self._timeout = timeout
        self._retry = Retry(retries)

    def query(self, sql: str) -> Generator[dict[str, Any], None, None]:
        """Yield the rows of a query as they arrive, as dicts by the names of the columns."""
        with self._translate_errors(), closing(self._connect()) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            while rows := cursor.fetchmany(ROWS):
                for row in rows:
                    yield {name: _plain(value) for name, value in zip(names, row, strict=True)}

    def columns(self, tables: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """Return the columns of those tables and views that exist, by the keys of `tables`.

        `tables` holds their names as they are written in SQL.
        """
        columns = {}
        with self._translate_errors(), closing(self._connect()) as connection:
            for name, table in tables.items():
                with suppress(NoSuchObject), self._translate_errors():
                    # Names cannot be parameters; these are never a user's.
                    cursor = connection.execute(f"SELECT * FROM {table} WHERE 1 = 0")  # noqa: S608
                    columns[name] = frozenset(column[0] for column in cursor.description)
        return columns

    def _connect(self) -> Any:
        pyodbc = _pyodbc()

        def call() -> Any:
            with self._translate_errors():
                return pyodbc.connect(
                    connection_string(self._attributes),
                    autocommit=True,
                    timeout=min(self._timeout, LONGEST_LOGIN),
                )

        connection = self._retry.call(call, UNREACHABLE)
        with suppress(pyodbc.Error):  # not every driver has these
            connection.timeout = self._timeout
        with suppress(pyodbc.Error):
            connection.set_attr(pyodbc.SQL_ATTR_TXN_ISOLATION, pyodbc.SQL_TXN_READ_UNCOMMITTED)
        return connection

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except _pyodbc().Error as error:
            raise self._translated(error) from None

    def _translated(self, error: Exception) -> ConnectorError:
        state, text = (*map(str, error.args), "", "")[:2]
        words = _words(text)
        message = f" ({words})" if words else ""
        if DRIVER_MISSING.search(f"{state} {text}"):
            return missing_driver(self._attributes.get("DRIVER", ""))
        for pattern, kind, what, fix in ERRORS:
            if re.search(pattern, f"{state} {text}", re.IGNORECASE):
                never = NOT_IN_THIS_RUN if NO_TLS.search(text) else None
                return kind(f"{what}{message}", where=self.where, fix=fix, retry_after=never)
        return SourceFault(
            f"the database reported an error{message}",
            where=self.where,
            fix="Ask the administrator of the database",
        )


def drivers() -> list[str]:
    """Return the names of the ODBC drivers that are registered on this machine."""
    return list(_pyodbc().drivers())


def missing_driver(wanted: str) -> ConfigurationError:
    """Return the error for a driver that is not installed."""
    package = PACKAGES.get(wanted)
    advice = f"{wanted} (Debian: apt install {package})" if package else SQL_SERVER_DRIVERS
    return ConfigurationError(
        f"the ODBC driver '{wanted}' is not installed (installed drivers:"
        f" {', '.join(drivers()) or 'none'})",
        fix=f"Install {advice}",
    )


def connection_string(attributes: Mapping[str, str]) -> str:
    """Return the connection string: special values in braces, with each } in them doubled.

    FreeTDS misses the last brace unless a semicolon follows.
    """
    return "".join(f"{key}={_quoted(key, value)};" for key, value in attributes.items())


DRIVER_MISSING = re.compile(r"^(IM00[2-5]|01000) .*(can't open lib|not found|driver)", re.I)
NO_TLS = re.compile(r"certificate|encryption not supported", re.I)
_LATER = "Try again later"
CHECK_SERVER = "Check that server and port are correct and that the database is running"
# A pattern for SQLSTATE and text (SQL Server's number is in brackets), and what it means. Texts are
# those of the drivers. Where one passes on what the operating system says in another language, the
# SQLSTATE of the last line still makes it a server that is away.
ERRORS: list[tuple[str, type[ConnectorError], str, str]] = [
    (
        r"^28\d{3}|\(18456\)|password authentication failed|no password supplied",
        SignInError,
        "the database refused the sign-in",
        "Check that username, password, and authentication are correct",
    ),
    (
        r"\(4060\)|database .* does not exist|connect failed \(14\)",
        ConfigurationError,
        "database not found, or the account is not allowed to open it",
        "Check the spelling of database, and the permissions of the account",
    ),
    (
        r"^42501|\((229|230|916)\)|permission denied",
        AccessDenied,
        "the account is not allowed to read this",
        "Grant the account permission to read the views (SELECT, or the role db_datareader)",
    ),
    (
        r"^(42S02|42S22|42P01|42703)|no such (table|column)",
        NoSuchObject,
        "view not found in the database",
        "Check that database is the name of the database with the views",
    ),
    (
        r"certificate",
        SourceUnavailable,
        "the server's certificate is not trusted",
        "Add its certificate authority to the trusted certificates of this machine",
    ),
    (
        r"encryption not supported",
        SourceUnavailable,
        "the server does not support encryption",
        "Set encrypt = no",
    ),
    (
        r"SSPI|kerberos|no credentials",
        SignInError,
        "no credentials for Windows authentication",
        "Run the connector as a user of the domain, or get a Kerberos ticket (kinit)",
    ),
    (
        r"could not translate host name|name or service not known|getaddrinfo|\(1100[14]\)",
        SourceUnavailable,
        "host name not found",
        "Check the spelling of server, and the DNS settings of this machine",
    ),
    (
        r"refused|\(10061\)",
        SourceUnavailable,
        "the connection was refused",
        CHECK_SERVER,
    ),
    (
        r"\(20009\)",  # all that FreeTDS says
        SourceUnavailable,
        "the connection was refused, or the host name was not found",
        CHECK_SERVER,
    ),
    (
        r"\((1205|1222|10928|10929|40197|40501|40613)\)|deadlock|too many connections",
        SourceUnavailable,
        "the database is busy",
        _LATER,
    ),
    (
        r"^HYT0[01]|timeout|timed out",
        SourceUnavailable,
        "no response in time",
        "Try again later, or increase timeout",
    ),
    (
        r"^08",
        SourceUnavailable,
        "the connection failed",
        "Check that server and port are correct. If they are, try again later",
    ),
]


def _pyodbc() -> Any:
    """Return the module pyodbc; raise ConfigurationError if it, or its libraries, are missing."""
    try:
        import pyodbc
    except ModuleNotFoundError:
        raise ConfigurationError(
            "the Python package pyodbc is missing", fix="Install it: pip install pyodbc"
        ) from None
    except ImportError as error:
        log.debug("pyodbc: %s", error)
        raise ConfigurationError(
            "the ODBC driver manager is missing or cannot be loaded",
            fix="Install unixODBC (Debian: apt install unixodbc, macOS: brew install unixodbc)",
        ) from None
    pyodbc.pooling = False  # which counts if it is there before the first connection
    return pyodbc


def _quoted(key: str, value: str) -> str:
    if key == "DRIVER" or ";" in value or value.startswith("{") or value != value.strip():
        return "{" + value.replace("}", "}}") + "}"
    return value


def _words(text: str) -> str:
    """Return a driver's message as one line, without the names of its layers and functions."""
    bare = re.sub(r"\[[^\]]*\]|\(SQL\w+\)", " ", text)
    return " ".join(bare.split())[:300]


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _plain(value: Any) -> Any:
    match value:
        case str():
            return CONTROL.sub("", value).rstrip()
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return value.hex()
    return value
