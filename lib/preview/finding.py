"""What `check` finds, as data: at which step, how bad, and in words."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import StrEnum

from lib.causes import causes
from lib.errors import AccessDenied, ConfigurationError, ConnectorError, ExitCode, SignInError


class Step(StrEnum):
    """What is looked at, in this order; a failure at one may keep the later ones from being."""

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
    """How bad it is: all right, worth a look, or an upload would fail."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; one that failed has the exit code of `check`."""

    step: Step
    severity: Severity
    text: str
    exit_code: ExitCode = ExitCode.OK


def ok(step: Step, text: str) -> Finding:
    return Finding(step, Severity.OK, text)


def note(step: Step, text: str) -> Finding:
    return Finding(step, Severity.NOTE, text)


def failed(step: Step, text: str, exit_code: ExitCode) -> Finding:
    return Finding(step, Severity.FAILED, text, exit_code)


def target_failed(error: ConnectorError) -> Finding:
    """What kept Oomnitza from being asked."""
    step = Step.TARGET_SIGNED_IN if isinstance(error, SignInError) else Step.TARGET_REACHABLE
    return failed(_settings_or(step, error), f"Oomnitza: {error}", error.exit_code)


def source_failed(error: ConnectorError) -> Finding:
    """What kept the source from being read."""
    step = Step.SOURCE_REACHABLE
    if isinstance(error, AccessDenied):
        step = Step.SOURCE_PERMITTED
    elif isinstance(error, SignInError):
        step = Step.SOURCE_SIGNED_IN
    elif any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error)):
        step = Step.SOURCE_TRUSTED
    return failed(_settings_or(step, error), f"source: {error}", error.exit_code)


def _settings_or(step: Step, error: ConnectorError) -> Step:
    return Step.SETTINGS if isinstance(error, ConfigurationError) else step
