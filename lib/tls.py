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
    except ssl.SSLError:
        raise ConfigurationError(
            "cacert_file does not contain a valid certificate",
            where=cafile or "",
            fix="Set cacert_file to a file with certificates in PEM format",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"cannot read cacert_file ({error.strerror})",
            where=cafile or "",
            fix="Check that the file exists and that the connector is allowed to read it",
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
