"""The command line: all output is printed by `lib.cli.say`, and only this package exits.

Modules that need more than the standard library and click are imported by the command that uses
them, so that `--help` is fast, and an error of one part does not affect the others.
"""

from lib.cli import setup, preview, upload, inspect, missing  # isort: skip  the order of the help
from lib.cli.group import main

__all__ = ["inspect", "main", "missing", "preview", "setup", "upload"]
