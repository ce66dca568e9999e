"""The command line. All that is printed passes `lib.cli.say`; here is all that exits.

Modules that need more than the standard library and click are imported by the command that uses
them, so that `--help` is quick and an error of one part keeps no other from running.
"""

from lib.cli import inspect, preview, setup, upload
from lib.cli.group import main

__all__ = ["inspect", "main", "preview", "setup", "upload"]
