"""Publish a run's report to files and the webhook, by the settings of [report]."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from lib import secrets
from lib.config.reportsettings import ReportSettings
from lib.errors import ConnectorError
from lib.report.runreport import Report, post_webhook, write_json, write_prometheus


def publish_report(
    report: Report, settings: ReportSettings, extra_file: Path | None = None
) -> list[str]:
    """Write and post the report as the settings say; returns a sentence for each failure.

    The report of a dry run goes only to `extra_file`, which the command line names.
    """
    failures = []
    for act in _actions(report, settings, extra_file):
        try:
            act()
        except ConnectorError as error:
            failures.append(secrets.redact(str(error)))
    return failures


def _actions(
    report: Report, settings: ReportSettings, extra_file: Path | None
) -> Iterator[Callable[[], None]]:
    if extra_file:
        yield partial(write_json, report, extra_file)
    if report["testmode"]:
        return
    if settings.file:
        yield partial(write_json, report, settings.file)
    if settings.prometheus_file:
        yield partial(write_prometheus, report, settings.prometheus_file)
    if settings.webhook_url and (settings.webhook_when == "always" or report["exit_code"]):
        yield partial(post_webhook, report, settings.webhook_url, settings.webhook_token)
