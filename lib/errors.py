"""The errors, one class for each way to go on.

The class determines how a run continues, and the exit code of the command; an instance has the
facts. `str(error)` is the sentence for the administrator. Only `lib.cli` prints or exits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar, Self

# As `retry_after`: another run may succeed, but another try in this one will not.
NOT_IN_THIS_RUN = math.inf


class ExitCode(IntEnum):
    """The exit codes of the command; docs/reference/cli.md explains them to administrators."""

    OK = 0
    SECTION_FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    RECORDS_LEFT = 4
    ALREADY_RUNNING = 5
    UNSAFE = 6
    INTERRUPTED = 130


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the most severe of several exit codes."""
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
    """An expected failure: what happened, where, and what to do about it.

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
        """Return the same error with another fix."""
        return type(self)(self.what, where=self.where, fix=fix, retry_after=self.retry_after)

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        return f"{_closed(sentence)} {_closed(self.fix)}" if self.fix else sentence

    @property
    def labeled(self) -> str:
        """The sentence with its label, as it is printed on a terminal."""
        return f"Error: {self}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.where, self.fix, self.retry_after)


class UsageError(ConnectorError):
    """The command line is invalid. Ends the command."""

    exit_code = ExitCode.USAGE


class ConfigurationError(ConnectorError):
    """The config file must be corrected first. Ends the command, or the section."""

    exit_code = ExitCode.CONFIGURATION


class StateUnreadable(ConfigurationError):
    """The state database cannot be read. What does not need it goes on."""


class SignInError(ConnectorError):
    """The credentials were refused. Ends the section; never retried."""


class AccessDenied(SignInError):
    """The account lacks a permission. Ends the section."""


class SourceUnavailable(ConnectorError):
    """The source cannot be reached or does not respond. Ends the section."""

    transient = True


class TransientError(SourceUnavailable):
    """The source is temporarily unable to respond, for example because of a rate limit."""


class SourceFault(ConnectorError):
    """The source's response does not match its documentation. Ends the section."""


class RecordGone(ConnectorError):
    """The source listed a record that it does not find any more. The run goes on without it."""


class RecordUnreadable(ConnectorError):
    """The source cannot deliver one record. The record is rejected; the run goes on."""


class TargetUnavailable(ConnectorError):
    """Oomnitza cannot be reached. Ends the section; records not sent are unsent."""

    transient = True


class TargetFault(TargetUnavailable):
    """Oomnitza fails on a request (500) at every attempt. Its records may be the cause."""


class TargetRefused(ConnectorError):
    """Oomnitza refuses a request permanently. The records in it are rejected."""


class AlreadyRunning(ConnectorError):
    """Another run of the section is in progress. This one did not start."""

    exit_code = ExitCode.ALREADY_RUNNING


class RunCanceled(ConnectorError):
    """The run was canceled in Oomnitza's web interface. Ends the section."""


class UnsafeRun(ConnectorError):
    """There are fewer records than the safety threshold. Nothing was sent."""

    exit_code = ExitCode.UNSAFE


class OutputFailed(ConnectorError):
    """The output of a command cannot be written, for example because the disk is full."""


class Interrupted(ConnectorError):
    """A signal, from the administrator or the system, stopped the run."""

    exit_code = ExitCode.INTERRUPTED


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def _rebuild(
    kind: type[ConnectorError], what: str, where: str, fix: str, retry_after: float | None
) -> ConnectorError:
    return kind(what, where=where, fix=fix, retry_after=retry_after)
