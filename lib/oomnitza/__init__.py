"""Oomnitza: its API, and how records get there."""
