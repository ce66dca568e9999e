"""The lock of a section: one run at a time. It ends with the process that holds it."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from lib.errors import AlreadyRunning, ConfigurationError
from lib.interruption import requested

log = logging.getLogger(__name__)

# Seconds between attempts of one that waits.
PAUSE = 0.25


class SectionLock:
    """For the length of a `with` block, keeps all others from running this section.

    They are other processes as well as other threads, and those that use the same state file.
    Raises AlreadyRunning where another one is under way, unless it is to `wait`: then it says once,
    through `say`, what it waits for. Raises ConfigurationError where no lock file can be made.
    """

    def __init__(
        self,
        state: Path,
        section: str,
        wait: bool = False,
        say: Callable[[str], None] | None = None,
    ) -> None:
        begin = f"{state.name}.{_file_name(section)}"
        self._path = state.with_name(f"{begin}.lock")
        # A file of its own: on Windows, a locked file cannot be read.
        self._holder = state.with_name(f"{begin}.holder")
        self._section = section
        self._wait = wait
        self._say = say or log.info
        self._lock: FileLock | None = None

    def __enter__(self) -> Self:
        announced = False
        while not self._taken():
            held = f"the section is already running{self._held_by()}"
            if not self._wait:
                raise AlreadyRunning(held, fix="Wait until it has finished, or use --wait")
            if not announced:
                self._say(f"[{self._section}] {held}; waiting for it to finish")
                announced = True
            time.sleep(PAUSE)
            if requested():  # which a thread is not told otherwise
                raise KeyboardInterrupt
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock:
            with suppress(OSError):
                self._holder.unlink()
            self._lock.release()

    def _taken(self) -> bool:
        lock = FileLock(self._path, mode=0o600, thread_local=False)
        try:
            self._path.parent.stat()  # a folder that is not there would be made
            lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None
        except NotImplementedError as error:
            log.debug("%s: %r", self._path, error)
            raise self._unusable("the file system does not support locks") from None
        self._lock = lock
        self._write_holder()
        return True

    def _write_holder(self) -> None:
        about = {"pid": os.getpid(), "host": socket.gethostname(), "started": time.time()}
        with suppress(OSError):  # the lock holds without it
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with os.fdopen(os.open(self._holder, flags, 0o600), "w", encoding="utf-8") as file:
                json.dump(about, file)

    def _held_by(self) -> str:
        try:
            about = json.loads(self._holder.read_text("utf-8"))
            since = datetime.fromtimestamp(about["started"], UTC)
            process = f"process {about['pid']} on {about['host']}"
            return f" ({process}, started {since:%Y-%m-%d %H:%M} UTC)"
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return " in another process"  # it is just beginning, or ending

    def _unusable(self, reason: str) -> ConfigurationError:
        return ConfigurationError(
            f"state: cannot create the lock file ({reason})",
            where=str(self._path),
            fix="Set state to a file in a local folder that the connector can write to",
        )


def _file_name(section: str) -> str:
    """A name for the section's files that no other section has, on any file system."""
    if re.fullmatch(r"[a-z0-9_.-]{1,60}", section):
        return section
    safe = re.sub(r"[^A-Za-z0-9_.-]", "_", section[:40])
    digest = blake2b(section.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{safe}~{digest}"
