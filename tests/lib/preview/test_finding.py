"""What is found, as data: the step at which something failed."""

import pytest

from lib.connection import ConnectionSettings
from lib.errors import (
    AccessDenied,
    ConfigurationError,
    ConnectorError,
    ExitCode,
    SignInError,
    SourceUnavailable,
    TargetUnavailable,
)
from lib.http.client import Client
from lib.preview.finding import CheckStep, Severity, source_failed, target_failed
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer
from tests.certificates import issue


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (SourceUnavailable("no answer"), CheckStep.SOURCE_REACHABLE),
        (SignInError("401"), CheckStep.SOURCE_SIGNED_IN),
        (AccessDenied("403"), CheckStep.SOURCE_PERMITTED),
        (ConfigurationError("no such report"), CheckStep.SETTINGS),
    ],
)
def test_the_step_of_an_error_of_the_source_is_told_by_its_class(error, step):
    finding = source_failed(error)
    assert (finding.step, finding.severity) == (step, Severity.FAILED)
    assert finding.exit_code is error.exit_code
    assert finding.text == f"source: {error}"


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (TargetUnavailable("no answer"), CheckStep.TARGET_REACHABLE),
        (SignInError("401"), CheckStep.TARGET_SIGNED_IN),
    ],
)
def test_so_is_that_of_one_of_oomnitza(error, step):
    finding = target_failed(error)
    assert (finding.step, finding.exit_code) == (step, ExitCode.SECTION_FAILED)


def test_a_certificate_that_is_not_trusted_is_a_step_of_its_own(tmp_path):
    with WebServer(Oomnitza().app, certificate=issue(tmp_path).server) as server:
        client = Client(server.url, ConnectionSettings(retries=0))
        with pytest.raises(ConnectorError) as caught:
            client.get_json("/")
    assert source_failed(caught.value).step is CheckStep.SOURCE_TRUSTED
