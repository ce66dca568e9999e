"""ODBC: a client of databases on top of pyodbc."""
