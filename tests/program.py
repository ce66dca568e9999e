"""A copy of the program in a folder of its own, run as an administrator or cron runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("connectors", "converters", "lib", "sandbox")
# What cron gives to a command, and little more.
ENVIRONMENT = {"PATH": os.defpath, "HOME": "/nowhere"}
TIMEOUT = 60


class Ended(NamedTuple):
    """How a command ended: its exit code, and what it wrote to standard output and error."""

    code: int
    out: str
    err: str


class Program:
    """connector.py with all that belongs to it, in `folder`; what it writes stays there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in PARTS:
            shutil.copytree(ROOT / name, folder / name)
        for name in ("connector.py", "logging.json"):
            shutil.copy(ROOT / name, folder)

    @property
    def ini(self) -> Path:
        """The file that is read when no other is named."""
        return self.folder / "config.ini"

    @property
    def logs(self) -> str:
        """All that stands in its log files."""
        return "".join(path.read_text("utf-8") for path in sorted(self.folder.glob("*.log*")))

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, str(self.folder / "connector.py"), *map(str, arguments)]

    def start(self, *arguments: object, **how: Any) -> subprocess.Popen[str]:
        """Start it without a terminal; options are those of subprocess.Popen."""
        options: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "encoding": "utf-8",
            "cwd": "/",
            "env": ENVIRONMENT,
        }
        return subprocess.Popen(self.command(*arguments), **(options | how))

    def run(self, *arguments: object, **how: Any) -> Ended:
        """Run it to its end."""
        return end_of(self.start(*arguments, **how))


def end_of(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end of a started program, which is killed when it does not come."""
    try:
        out, err = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, out, err)
