"""What is SQLite's own in the ledger of a section."""

import sqlite3


def test_known_accepts_more_keys_than_sqlite_parameters(ledger, running):
    limit = sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER
    ledger._database._connection.setlimit(limit, 999)  # as in older ones
    running.sent((key, b"d", "{}") for key in ("0", "1999"))
    assert set(running.known(list(map(str, range(2000))))) == {"0", "1999"}
