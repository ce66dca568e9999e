"""For the tests of the file itself: to fill it, to look into it, and to be somebody else."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from lib.errors import ConfigurationError
from lib.state import RecordToSave, open_store
from tests.lib.state.conftest import TARGET

ROOT = Path(__file__).resolve().parents[4]
NOBODY = 65534
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


def fill(path):
    """Make a ledger with one known record and one aside, and close it."""
    with open_store(path) as ledger:
        add(ledger, "a")


def add(ledger, key):
    section = ledger.section("ldap", TARGET)
    section.begin()
    section.sent([(key, b"d", "{}")])
    section.save_for_resend([RecordToSave("rejected", "no")])


def knows(ledger, *keys):
    return sorted(ledger.section("ldap", TARGET).known(keys))


def pragma(path, name):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def refused(call, path, *words):
    with pytest.raises(ConfigurationError) as caught:
        call(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: state: "), text
    assert caught.value.fix
    for word in words:
        assert word in text
    return text


def as_somebody_else(code, *arguments):
    """What this code prints, run by a user who owns nothing here (root may write everywhere)."""
    become = f"import os\nif os.getuid() == 0: os.setgid({NOBODY}); os.setuid({NOBODY})\n"
    result = subprocess.run(
        [sys.executable, "-c", f"{LOOK}\n{become}\n{code}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


# All imports come before the change of user, to whom this Python may not be readable.
LOOK = """
import encodings.idna, lib.state.sqlite, socket, sys
from pathlib import Path
from lib.errors import ConfigurationError, StateUnreadable
from lib.state import open_store, open_to_read
path = Path(sys.argv[1])
"""
KNOWN = f"""
with open_to_read(path) as ledger:
    print(*sorted(ledger.section("ldap", "{TARGET}").known(["a", "b"])))
"""


def to_version_2(database):
    """Take from an open file what version 3 added."""
    for name in ("field", "change", "leaver", "accepted_file"):
        database.execute(f"DROP TABLE {name}")
    for name in ("twins", "padded"):
        database.execute(f"DROP INDEX record_{name}")
    for name in ("delivered", "twins", "padded"):
        database.execute(f"ALTER TABLE record DROP COLUMN {name}")
    database.execute("PRAGMA user_version = 2")
