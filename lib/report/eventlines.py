"""Write the events of a run as lines of JSON, for programs that follow a run in progress.

docs/reference/report.md describes what is in them.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from lib import __version__
from lib.errors import UsageError
from lib.interruption import shielded
from lib.jsontext import to_json
from lib.report.runreport import section_report
from lib.report.summary import command_exit_code
from lib.run.events import (
    Event,
    Listener,
    Progress,
    RecordShown,
    RunEnded,
    RunStarted,
    SectionEnded,
    SectionStarted,
)
from lib.secrets import redact_data

# Increased when a member that programs may rely on is renamed or removed.
FORMAT = 1
# The begin of a file that may be overwritten.
BEGIN = b'{"kind"'

Line = dict[str, Any]


class EventLines(Listener):
    """Passes each event, as the members of a line, to `write`, which masks secrets.

    If the reader has closed the pipe, `stop` is set, and `closed` holds the error. After any other
    error, no more lines are written, the run goes on, and `failure` says why.
    """

    def __init__(self, write: Callable[[Line], None], stop: threading.Event | None = None) -> None:
        super().__init__(stop)
        self.closed: BrokenPipeError | None = None
        self.failure = ""
        self._write = write
        self._lock = threading.Lock()

    def handle(self, event: Event) -> None:
        line = as_line(event)
        with shielded(), self._lock:  # a signal leaves no half of a line
            if self.closed or self.failure:
                return
            try:
                self._write(line)
            except BrokenPipeError as error:
                self.closed = error
                self.stop.set()
            except OSError as error:
                self.failure = error.strerror or str(error)


class EventFile:
    """A file for events, readable by its owner only, or a pipe; to be closed.

    Raises UsageError for a file that cannot be written, is something else, or is being written by
    another run.
    """

    def __init__(self, path: Path) -> None:
        self._lock: FileLock | None = None
        flags = os.O_RDWR | os.O_CREAT if _is_file(path) else os.O_WRONLY
        try:
            descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            raise UsageError(
                f"cannot write the file ({error.strerror})",
                where=str(path),
                fix="Check that the folder exists and that you can write to it",
            ) from None
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        if _is_file(path):
            try:
                self._lock = _locked(path)
                self._empty(path, descriptor)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        self._file.close()
        if self._lock:
            self._lock.release()

    def write(self, line: Line) -> None:
        """Write a line at once, with all secrets masked. Raises OSError."""
        content = memoryview(f"{to_json(redact_data(line))}\n".encode())
        while content:
            content = content[self._file.write(content) :]

    def _empty(self, path: Path, descriptor: int) -> None:
        if os.read(descriptor, len(BEGIN)) not in (b"", BEGIN):
            raise _unusable(path, "the file does not contain events, so it was not overwritten")
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.truncate(descriptor, 0)
        with suppress(OSError):  # it may belong to somebody else
            path.chmod(0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def as_line(event: Event) -> Line:
    """Return the members of an event's line, in their order; nothing is masked."""
    kind, members = _members(event)
    return {"kind": kind, "at": _moment(event.at), **members}


def _members(event: Event) -> tuple[str, Line]:
    match event:
        case RunStarted(sections=names, testmode=testmode, resend=resend):
            head = {"format": FORMAT, "version": __version__, "sections": list(names)}
            return "run_started", {**head, "testmode": testmode, "resend": resend}
        case SectionStarted(section=name):
            return "section_started", {"section": name}
        case Progress(section=name, counts=counts, expected=expected, seconds=seconds):
            progress = {"counts": asdict(counts), "expected": expected, "seconds": seconds}
            return "progress", {"section": name, **progress}
        case RecordShown(section=name, state=state, record=record, before=before):
            return "record", {"section": name, "state": state, "record": record, "before": before}
        case SectionEnded(outcome=outcome):
            return "section_ended", section_report(outcome)
        case RunEnded(outcomes=outcomes, started=started, at=at):
            seconds = round(at - started, 3)
            return "run_ended", {"exit_code": command_exit_code(outcomes), "seconds": seconds}
    raise TypeError(f"no line for {type(event).__name__}")


def _moment(at: float) -> str:
    """The moment in UTC, to the millisecond: 2026-11-23T02:15:00.250Z."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _is_file(path: Path) -> bool:
    """Whether there is, or would be, an ordinary file; else it is a pipe, or a device."""
    return not path.exists() or stat.S_ISREG(path.stat().st_mode)


def _locked(path: Path) -> FileLock:
    """A lock on an events file, for this run alone."""
    lock = FileLock(f"{path}.lock", mode=0o600, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise _unusable(path, "another run is writing events to this file") from None
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or "locks are not supported in this folder"
        raise _unusable(path, f"cannot create the lock file next to it ({reason})") from None
    return lock


def _unusable(path: Path, what: str) -> UsageError:
    return UsageError(what, where=str(path), fix="Use another file name")
