"""Requests over HTTP: how they are signed, repeated and held back, and what fails in words."""
