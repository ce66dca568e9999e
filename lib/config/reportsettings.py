"""The settings of the section [report]: where the report of each run goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib.settings import Settings, any_path, setting, url


def webhook_address(text: str) -> str:
    """Return an http or https URL unchanged, even with a slash at its end, or raise ValueError.

    The message of its ValueError does not repeat the URL, which may be a secret.
    """
    text = text.strip()
    try:
        url("/".join(text.split("/")[:3]))  # in the path, an @ is a letter like others
    except ValueError:
        raise ValueError(
            "not a valid URL for a webhook. It must begin with http:// or https:// and a host"
        ) from None
    return text


@dataclass(frozen=True, kw_only=True)
class ReportSettings(Settings):
    """The settings of the section [report]."""

    file: Path | None = setting(
        "A file for the JSON report of the latest run.", default=None, parse=any_path
    )
    prometheus_file: Path | None = setting(
        "A file for Prometheus metrics, in the textfile folder of node_exporter. Its name must end"
        " with .prom.",
        default=None,
        parse=any_path,
    )
    webhook_url: str = setting(
        "The URL to which the report is posted as JSON. It is treated as a secret, because the URL"
        " alone may be enough to post there.",
        default="",
        secret=True,
        parse=webhook_address,
    )
    webhook_token: str = setting(
        "A token for the webhook, sent as `Authorization: Bearer`.", default="", secret=True
    )
    webhook_when: Literal["problems", "always"] = setting(
        "The runs to report to the webhook: those with an exit code other than 0, or all.",
        default="problems",
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if self.prometheus_file and self.prometheus_file.suffix != ".prom":
            yield "prometheus_file", "node_exporter reads only files whose name ends with .prom"
        if self.webhook_token and not self.webhook_url:
            yield "webhook_token", "webhook_token needs a webhook_url"
