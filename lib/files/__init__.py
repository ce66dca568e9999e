"""Readers of CSV and JSON Lines files."""
