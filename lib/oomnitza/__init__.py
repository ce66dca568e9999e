"""Oomnitza as a target: its settings, its API, and the uploads to it."""
