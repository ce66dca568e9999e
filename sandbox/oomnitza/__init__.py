"""A local mock of the Oomnitza server: its API, its data in SQLite, and a page to look at."""

from sandbox.oomnitza.app import API_TOKEN, Oomnitza, Request
from sandbox.oomnitza.store import Run

__all__ = ["API_TOKEN", "Oomnitza", "Request", "Run"]
