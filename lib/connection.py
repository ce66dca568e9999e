"""The settings of a connection to a server, for any protocol."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib.filenames import path_text
from lib.settings import Settings, at_least, existing_path, setting


def certificate_file(text: str) -> Path:
    """Return the path of a file with valid certificates, or raise ValueError."""
    path = existing_path(text)
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError:  # as which the ssl module's own error counts
        raise ValueError(f"{path_text(path)} does not contain certificates in PEM format") from None
    return path


@dataclass(frozen=True, kw_only=True)
class ConnectionSettings(Settings):
    """Timeouts, retries, and TLS settings of a connection."""

    env_password: str = setting(
        "The name of an environment variable that contains the password.", default="", advanced=True
    )
    verify_ssl: bool = setting(
        "Verify the server's TLS certificate. If False, any certificate is accepted, which is"
        " insecure; set cacert_file instead.",
        default=True,
        advanced=True,
    )
    cacert_file: Path | None = setting(
        "A file in PEM format with the certificate of the CA that signed the server's certificate.",
        default=None,
        advanced=True,
        parse=certificate_file,
    )
    cacert_dir: Path | None = setting(
        "A folder of CA certificates in PEM format with hashed file names (see `openssl rehash`).",
        default=None,
        advanced=True,
    )
    ssl_protocol: Literal["", "ssl", "sslv23", "sslv3", "tls", "tls1"] = setting(
        "The TLS version, for old servers only: `tls1` allows TLS 1.0 and weak ciphers. The other"
        " values exist for compatibility and have no effect.",
        default="",
        advanced=True,
    )
    timeout: int = setting(
        "The number of seconds to wait for a response.",
        default=120,
        advanced=True,
        parse=at_least(1),
    )
    retries: int = setting(
        "The number of retries for a request when the server is unreachable or overloaded.",
        default=5,
        advanced=True,
        parse=at_least(0),
    )
