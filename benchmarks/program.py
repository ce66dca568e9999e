"""Run a program to its end, and tell what it took; run as a program itself, for a small parent.

A process begins with the peak of memory of the one that it was made of, so that a large parent
could not tell how much a small child took.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

# The unit of ru_maxrss: bytes on macOS, and kilobytes elsewhere.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Taken:
    """What a process took: seconds by the clock and of the processor, and bytes of memory."""

    seconds: float
    cpu: float
    peak: int


class Folder:
    """A temporary folder to run programs in, with the connector's ini, log and ledger in it."""

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="benchmark-")
        self.path = Path(self._folder.name)
        self.ini = self.path / "config.ini"
        self.logging = self.path / "logging.json"
        self.logging.write_bytes(Path("logging.json").read_bytes())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def connector(self, *arguments: str) -> Taken:
        """Run the connector with the ini and the log of the folder."""
        options = ("--ini", str(self.ini), "--logging-config", str(self.logging))
        return self.python("connector.py", *options, *arguments)

    def python(self, *arguments: str) -> Taken:
        """Run Python with these arguments; it keeps the code that it has compiled in the folder."""
        command = [sys.executable, __file__, sys.executable, *arguments]
        variables = {**os.environ, "PYTHONPYCACHEPREFIX": str(self.path / "compiled")}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise RuntimeError(f"{arguments} ended with {ended.returncode}: {ended.stderr}")
        return Taken(**json.loads(ended.stdout))

    def forget(self) -> None:
        """Delete the ledger, so that the next run is a first one."""
        for path in self.path.glob("config.db*"):
            path.unlink()


def _measured(command: list[str]) -> None:
    begin = time.perf_counter()
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    seconds = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = used.ru_maxrss * RSS_UNIT
    print(json.dumps({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "peak": peak}))
    sys.exit(ended.returncode)


if __name__ == "__main__":
    _measured(sys.argv[1:])
