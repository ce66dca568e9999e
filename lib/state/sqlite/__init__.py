"""The store in one SQLite file, with a lock file for each section next to it."""

from __future__ import annotations

from lib.state.sqlite.store import ReadOnlySqliteStore, SqliteStore

__all__ = ["ReadOnlySqliteStore", "SqliteStore"]
