"""Files as sources of records."""
