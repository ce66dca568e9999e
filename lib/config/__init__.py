"""The file config.ini: its lines, its sections, and what concerns all of them."""
