"""The converters: one file each, found by its name. See `lib.mapping.converters`."""
