"""The settings of a connection to a server, for any protocol."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib.settings import Settings, at_least, existing_path, setting


def certificate_file(text: str) -> Path:
    """Return the path of a file with valid certificates, or raise ValueError."""
    path = existing_path(text)
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError:  # as which the ssl module's own error counts
        raise ValueError(f"{path} holds no certificates in PEM format") from None
    return path


@dataclass(frozen=True, kw_only=True)
class ConnectionSettings(Settings):
    """Timeouts, retries, and TLS settings of a connection."""

    env_password: str = setting(
        "The name of an environment variable that holds the password.", default="", advanced=True
    )
    verify_ssl: bool = setting(
        "False accepts any certificate, such as a self-signed one. Better: cacert_file.",
        default=True,
        advanced=True,
    )
    cacert_file: Path | None = setting(
        "A PEM file with the certificate authority of the server.",
        default=None,
        advanced=True,
        parse=certificate_file,
    )
    cacert_dir: Path | None = setting(
        "A folder of such files, named by their hash.", default=None, advanced=True
    )
    ssl_protocol: Literal["", "ssl", "sslv23", "sslv3", "tls", "tls1"] = setting(
        "For a server that is out of date: tls1 allows TLS 1.0; the others mean what both sides"
        " do best. SSL 3 is no longer spoken.",
        default="",
        advanced=True,
    )
    timeout: int = setting(
        "How many seconds to wait for an answer.", default=120, advanced=True, parse=at_least(1)
    )
    retries: int = setting(
        "How often to repeat a request that found the server away or overloaded.",
        default=5,
        advanced=True,
        parse=at_least(0),
    )
