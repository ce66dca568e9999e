"""Create TLS contexts from the settings of a connection."""

from __future__ import annotations

import ssl
import warnings

from lib.connection import ConnectionSettings
from lib.errors import ConfigurationError


def client_context(settings: ConnectionSettings) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name, unless the settings disable it.

    Raises ConfigurationError for a cacert_file that holds no certificate.
    """
    cafile = str(settings.cacert_file) if settings.cacert_file else None
    capath = str(settings.cacert_dir) if settings.cacert_dir else None
    try:
        context = ssl.create_default_context(cafile=cafile, capath=capath)
    except OSError as error:
        raise ConfigurationError(
            f"cacert_file cannot be used ({error})",
            where=str(cafile),
            fix="It has to hold certificates in the PEM format",
        ) from None
    if not settings.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.ssl_protocol == "tls1":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context
