"""The findings of `check` as data: the step, the severity, and a sentence."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import StrEnum

from lib.causes import causes
from lib.errors import AccessDenied, ConfigurationError, ConnectorError, ExitCode, SignInError


class CheckStep(StrEnum):
    """The steps of `check`, in their order. After a failure, later steps may be skipped."""

    MACHINE = "machine"
    SETTINGS = "settings"
    TARGET_REACHABLE = "Oomnitza reachable"
    TARGET_SIGNED_IN = "Oomnitza signed in"
    SOURCE_REACHABLE = "source reachable"
    SOURCE_TRUSTED = "source trusted"
    SOURCE_SIGNED_IN = "source signed in"
    SOURCE_PERMITTED = "source permitted"
    SAMPLE = "sample"
    FILTER = "filter"
    MAPPING = "mapping"


class Severity(StrEnum):
    """Whether a finding is fine, worth a look, or would make an upload fail."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """The result of one step; a failed one has the exit code for `check`."""

    step: CheckStep
    severity: Severity
    text: str
    exit_code: ExitCode = ExitCode.OK


def ok(step: CheckStep, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(step, Severity.OK, text)


def note(step: CheckStep, text: str) -> Finding:
    """Return a finding that is worth a look and fails nothing."""
    return Finding(step, Severity.NOTE, text)


def failed(step: CheckStep, text: str, exit_code: ExitCode) -> Finding:
    """Return a finding that an upload would fail, with its exit code."""
    return Finding(step, Severity.FAILED, text, exit_code)


def target_failed(error: ConnectorError) -> Finding:
    """Return the finding for an error of Oomnitza: not reachable, or the sign-in was refused."""
    step = (
        CheckStep.TARGET_SIGNED_IN if isinstance(error, SignInError) else CheckStep.TARGET_REACHABLE
    )
    return failed(_settings_or(step, error), f"Oomnitza: {error}", error.exit_code)


def source_failed(error: ConnectorError) -> Finding:
    """Return the finding for an error of the source, at the step at which it happened."""
    step = CheckStep.SOURCE_REACHABLE
    if isinstance(error, AccessDenied):
        step = CheckStep.SOURCE_PERMITTED
    elif isinstance(error, SignInError):
        step = CheckStep.SOURCE_SIGNED_IN
    elif any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error)):
        step = CheckStep.SOURCE_TRUSTED
    return failed(_settings_or(step, error), f"source: {error}", error.exit_code)


def _settings_or(step: CheckStep, error: ConnectorError) -> CheckStep:
    return CheckStep.SETTINGS if isinstance(error, ConfigurationError) else step
