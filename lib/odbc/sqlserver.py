"""Connections to SQL Server by ODBC: settings, choice of the driver, and its keywords.

Another kind of database with the same tables can be used as well, with its own driver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lib.connection import ConnectionSettings
from lib.odbc.database import OdbcDatabase, drivers, missing_driver
from lib.settings import number_text, setting

# What FreeTDS calls the values of the keyword Encrypt; the keyword is Encryption there.
FREETDS_ENCRYPTION = {"yes": "require", "no": "off", "strict": "strict"}


@dataclass(frozen=True, kw_only=True)
class SqlServerSettings(ConnectionSettings):
    """The settings of a connection to SQL Server."""

    username: str = setting(
        "A SQL Server login with permission to read the database.", default="", example="change-me"
    )
    password: str = setting(
        "The password of that login.", default="", example="change-me", secret=True
    )
    authentication: Literal["SQL Server", "Windows"] = setting(
        "The way to sign in. With Windows, the account that runs the connector signs in, and"
        " username and password are ignored.",
        default="SQL Server",
    )
    driver: str = setting(
        "The ODBC driver: its name, or the path of its file. Default: the newest Microsoft driver"
        " for SQL Server, otherwise FreeTDS.",
        default="",
        advanced=True,
    )
    port: str = setting(
        "The port of the server, if it is not the standard port.",
        default="",
        advanced=True,
        parse=number_text,
    )
    encrypt: Literal["", "yes", "no", "strict"] = setting(
        "Encryption of the connection. By default, the driver decides: Microsoft's version 18"
        " encrypts, version 17 does not.",
        default="",
        advanced=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.authentication == "SQL Server" and not (self.username and self.password):
            yield "username", "SQL Server authentication requires username and password"


def sql_server(server: str, database: str, settings: SqlServerSettings) -> OdbcDatabase:
    """Return a client of the database; raise ConfigurationError if there is no driver for it."""
    driver = settings.driver or newest(drivers())
    microsoft = "sql server" in driver.lower() or "msodbcsql" in driver.lower()
    windows = settings.authentication == "Windows"
    port, encrypt = settings.port, settings.encrypt
    attributes = {
        "DRIVER": driver,
        "SERVER": f"{server},{port}" if microsoft and port else server,
        "PORT": "" if microsoft else port,
        "DATABASE": database,
        "UID": "" if windows else settings.username,
        "PWD": "" if windows else settings.password,
        "Trusted_Connection": "yes" if windows else "",
        "Encrypt": encrypt if microsoft else "",
        "Encryption": "" if microsoft else FREETDS_ENCRYPTION.get(encrypt, ""),
        "TrustServerCertificate": "" if settings.verify_ssl else "yes",
    }
    at = f"{server}:{port}" if port else server
    where = f"{at}/{database}"
    return OdbcDatabase(attributes, where=where, timeout=settings.timeout, retries=settings.retries)


def newest(names: list[str]) -> str:
    """Return Microsoft's newest driver for SQL Server of these, else Windows' own, else FreeTDS."""
    by_version = {
        int(match[1]): name
        for name in names
        if (match := re.fullmatch(r"ODBC Driver (\d+) for SQL Server", name))
    }
    if by_version:
        return by_version[max(by_version)]
    for name in ("SQL Server", "FreeTDS"):
        if name in names:
            return name
    raise missing_driver("ODBC Driver 18 for SQL Server")
