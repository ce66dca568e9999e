"""Databases: the one door to pyodbc."""
