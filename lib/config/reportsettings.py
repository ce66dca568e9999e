"""The settings of the section [report]: where the report of each run goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib.settings import Settings, setting, url


def webhook_address(text: str) -> str:
    """Return an http or https URL unchanged, even with a slash at its end, or raise ValueError.

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
    """The settings of the section [report]."""

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
