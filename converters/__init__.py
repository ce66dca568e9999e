"""The converters: a file each, found by its name; `lib.mapping.converters` says what it holds."""
