"""What can go wrong, by what happens next.

A class says how a run goes on and carries the exit code of the command; an instance carries the
facts. `str(error)` is the sentence for the administrator. Nothing but `lib.cli` prints or exits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar, Self

# As `retry_after`: another run may succeed, but another try in this one will not.
NOT_IN_THIS_RUN = math.inf


class ExitCode(IntEnum):
    """What a shell or cron learns; docs/reference/cli.md has the table for administrators."""

    OK = 0
    SECTION_FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    RECORDS_LEFT = 4
    ALREADY_RUNNING = 5
    UNSAFE = 6
    INTERRUPTED = 130


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """The one of several that a command ends with."""
    order = (
        ExitCode.INTERRUPTED,
        ExitCode.SECTION_FAILED,
        ExitCode.CONFIGURATION,
        ExitCode.UNSAFE,
        ExitCode.RECORDS_LEFT,
        ExitCode.ALREADY_RUNNING,
    )
    there = set(codes)
    return next((code for code in order if code in there), ExitCode.OK)


class ConnectorError(Exception):
    """What every expected failure is: what happened, where, and what to do about it.

    `transient` are classes of errors that pass: the same call may succeed in a moment, and
    `lib.retry` makes it again. `retry_after` is how many seconds the other side asks to wait first.
    """

    exit_code = ExitCode.SECTION_FAILED
    transient: ClassVar[bool] = False

    def __init__(
        self, what: str, *, where: str = "", fix: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix
        self.retry_after = retry_after

    def with_fix(self, fix: str) -> Self:
        """The same error with other advice."""
        return type(self)(self.what, where=self.where, fix=fix, retry_after=self.retry_after)

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        return f"{_closed(sentence)} {_closed(self.fix)}" if self.fix else sentence

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.fix, self.retry_after)


class UsageError(ConnectorError):
    """The command line asks for what is not there. Ends the command."""

    exit_code = ExitCode.USAGE


class ConfigurationError(ConnectorError):
    """Something in the ini has to be put right first. Ends the command, or the section."""

    exit_code = ExitCode.CONFIGURATION


class StateUnreadable(ConfigurationError):
    """What earlier runs have left cannot be read. What needs none of it goes on without."""


class SignInError(ConnectorError):
    """The credentials were refused. Ends the section; never tried again by itself."""


class AccessDenied(SignInError):
    """Signed in, but without the right to read (or write) this. Ends the section."""


class SourceUnavailable(ConnectorError):
    """The source cannot be reached or does not answer. Ends the section; worth another run."""

    transient = True


class TransientError(SourceUnavailable):
    """The source answers that it cannot answer now, as when a limit of calls is reached."""


class SourceFault(ConnectorError):
    """The source answers, but not what its documentation promises. Ends the section."""


class RecordGone(ConnectorError):
    """The source listed a record that it no longer has. The run goes on without it."""


class RecordUnreadable(ConnectorError):
    """The source cannot deliver this one record. It counts as rejected; the run goes on."""


class TargetUnavailable(ConnectorError):
    """Oomnitza cannot be reached. Ends the section; what was not sent counts as unsent."""

    transient = True


class TargetFault(TargetUnavailable):
    """Oomnitza fails on this request (500) every time. The records in it may be the cause."""


class TargetRefused(ConnectorError):
    """Oomnitza refuses this request, and would again. The records in it count as rejected."""


class AlreadyRunning(ConnectorError):
    """Another run of the section is under way. This one has not begun."""

    exit_code = ExitCode.ALREADY_RUNNING


class RunCanceled(ConnectorError):
    """Somebody cancelled the run in Oomnitza's web interface. Ends the section."""


class UnsafeRun(ConnectorError):
    """The source has far fewer records than before. Nothing was sent."""

    exit_code = ExitCode.UNSAFE


class Interrupted(ConnectorError):
    """The administrator, or the system, stopped the run."""

    exit_code = ExitCode.INTERRUPTED


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def _rebuild(
    kind: type[ConnectorError], what: str, where: str, fix: str, retry_after: float | None
) -> ConnectorError:
    return kind(what, where=where, fix=fix, retry_after=retry_after)
