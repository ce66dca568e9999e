"""TLS contexts, tried on real handshakes: who is trusted, and how old a protocol may be."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lib.connection import ConnectionSettings
from lib.errors import ConfigurationError
from lib.tls import client_context
from tests.certificates import Certificates, issue


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def served(certificates: Certificates) -> ssl.SSLContext:
    """What the server does; a test may change it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates.server)
    return context


@pytest.fixture
def greet(served: ssl.SSLContext) -> Iterator[Callable[..., str | None]]:
    """Connect with a context, to a host of this name; the protocol that was agreed upon."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                try:
                    served.wrap_socket(peer, server_side=True).close()
                except OSError:
                    peer.close()

        threading.Thread(target=serve, daemon=True).start()

        def greet(context: ssl.SSLContext, host: str = "localhost") -> str | None:
            with (
                socket.create_connection(listener.getsockname(), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname=host) as secure,
            ):
                return secure.version()

        yield greet
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_an_authority_of_ones_own_is_trusted(
    greet: Callable[..., str | None], certificates: Certificates, host: str
) -> None:
    settings = ConnectionSettings(cacert_file=certificates.ca)
    assert greet(client_context(settings), host) == "TLSv1.3"


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_a_folder_of_authorities_is_trusted(
    greet: Callable[..., str | None], certificates: Certificates, tmp_path: Path
) -> None:
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(certificates.ca)]
    name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / f"{name}.0").write_bytes(certificates.ca.read_bytes())
    assert greet(client_context(ConnectionSettings(cacert_dir=tmp_path)))


@pytest.mark.parametrize("protocol", ["", "ssl", "sslv23", "sslv3", "tls", "tls1"])
def test_nobody_else_is_trusted(
    greet: Callable[..., str | None], tmp_path: Path, protocol: str
) -> None:
    stranger = issue(tmp_path).ca
    for settings in (
        ConnectionSettings(ssl_protocol=protocol),
        ConnectionSettings(ssl_protocol=protocol, cacert_file=stranger),
        ConnectionSettings(ssl_protocol=protocol, cacert_dir=tmp_path),
    ):
        with pytest.raises(ssl.SSLCertVerificationError):
            greet(client_context(settings))


@pytest.mark.parametrize("host", ["directory.example.com", "127.0.0.2"])
def test_a_certificate_counts_for_its_host_only(
    greet: Callable[..., str | None], certificates: Certificates, host: str
) -> None:
    context = client_context(ConnectionSettings(cacert_file=certificates.ca))
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        greet(context, host)


def test_without_checks_anyone_is_trusted(greet: Callable[..., str | None], tmp_path: Path) -> None:
    stranger = issue(tmp_path).ca
    context = client_context(ConnectionSettings(verify_ssl=False, cacert_file=stranger))
    assert greet(context, "directory.example.com")


@pytest.mark.parametrize("text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_certificates_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ca.pem"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        client_context(ConnectionSettings(cacert_file=file))
    assert caught.value.where == str(file)
    assert "cacert_file" in caught.value.what
    assert "PEM" in caught.value.fix


@pytest.fixture
def outdated(served: ssl.SSLContext) -> None:
    """Make the server speak nothing later than TLS 1.0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        served.minimum_version = ssl.TLSVersion.TLSv1
        served.maximum_version = ssl.TLSVersion.TLSv1
    served.set_ciphers("ALL:@SECLEVEL=0")


@pytest.mark.usefixtures("outdated")
def test_a_server_that_is_out_of_date_is_met_with_tls1_only(
    greet: Callable[..., str | None], certificates: Certificates
) -> None:
    for protocol in ("", "ssl", "sslv23", "sslv3", "tls"):
        settings = ConnectionSettings(cacert_file=certificates.ca, ssl_protocol=protocol)
        with pytest.raises(ssl.SSLError):
            greet(client_context(settings))
    settings = ConnectionSettings(cacert_file=certificates.ca, ssl_protocol="tls1")
    assert greet(client_context(settings)) == "TLSv1"


def test_a_server_that_is_up_to_date_is_met_with_the_best_in_any_case(
    greet: Callable[..., str | None], certificates: Certificates
) -> None:
    for protocol in ("", "ssl", "sslv23", "sslv3", "tls", "tls1"):
        settings = ConnectionSettings(cacert_file=certificates.ca, ssl_protocol=protocol)
        assert greet(client_context(settings)) == "TLSv1.3"
