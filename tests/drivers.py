"""ODBC drivers that tests need, by the names under which their packages register them."""

from __future__ import annotations

import os

import pytest

from lib.errors import ConfigurationError
from lib.odbc.database import drivers

PACKAGES = {
    "SQLite3": "libsqliteodbc",
    "PostgreSQL Unicode": "odbc-postgresql",
    "FreeTDS": "tdsodbc",
}


def require_driver(name: str) -> None:
    """Skip the calling test where the driver is not installed; in CI, fail it."""
    missing = _missing(name)
    if missing:
        skip(f"needs the ODBC driver {name}: apt-get install {missing}")


def skip(message: str) -> None:
    """Skip the calling test; in CI, where everything has to be there, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def _missing(name: str) -> str:
    """The package to install, or nothing."""
    try:
        return "" if name in drivers() else PACKAGES[name]
    except ConfigurationError:
        return f"unixodbc {PACKAGES[name]}"
