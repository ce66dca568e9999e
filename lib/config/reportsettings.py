"""The settings of the section [report]: where the report of each run goes, and its way there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from lib import secrets
from lib.errors import ConnectorError
from lib.report.runreport import Report, post_webhook, write_json, write_prometheus
from lib.settings import Settings, setting, url


def webhook_address(text: str) -> str:
    """An http or https address as it stands: the path, even a slash at its end, is the server's.

    The sentence of its ValueError does not repeat what may be a secret.
    """
    text = text.strip()
    try:
        url("/".join(text.split("/")[:3]))  # in the path, an @ is a letter like others
    except ValueError:
        raise ValueError(
            "this is not the address of a webhook; it begins with http:// or https:// and a host"
        ) from None
    return text


@dataclass(frozen=True, kw_only=True)
class ReportSettings(Settings):
    file: Path | None = setting(
        "A file for the report of the latest run, as JSON.", default=None, parse=Path
    )
    prometheus_file: Path | None = setting(
        "A file for Prometheus, in the folder from which node_exporter takes such textfiles; its"
        " name ends with .prom.",
        default=None,
        parse=Path,
    )
    webhook_url: str = setting(
        "An address to which the report is posted as JSON. Whoever knows it may be able to post"
        " there as well, so that it is treated as a secret.",
        default="",
        secret=True,
        parse=webhook_address,
    )
    webhook_token: str = setting(
        "A token that the webhook wants, sent as `Authorization: Bearer`.", default="", secret=True
    )
    webhook_when: Literal["problems", "always"] = setting(
        "Whether to post after every run, or only after those whose exit code is not 0.",
        default="problems",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.prometheus_file and self.prometheus_file.suffix != ".prom":
            yield "prometheus_file", "node_exporter reads only files whose name ends with .prom"
        if self.webhook_token and not self.webhook_url:
            yield "webhook_token", "there is no webhook_url to which it could be sent"


def deliver(report: Report, settings: ReportSettings, extra_file: Path | None = None) -> list[str]:
    """Write and post the report wherever it is wanted; returns a sentence for each failure.

    A run in testmode leaves nothing behind, but for the extra file that the command line names.
    """
    failures = []
    for act in _deliveries(report, settings, extra_file):
        try:
            act()
        except ConnectorError as error:
            failures.append(secrets.redact(str(error)))
    return failures


def _deliveries(
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
