"""The converters: one file each, found by its name; `lib.converters` says what a file holds."""
