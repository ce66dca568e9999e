"""The source systems: one file each, found by its name; `lib.connector` says what a file holds."""
