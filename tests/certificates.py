"""Certificates for servers on this machine: a CA of the test run, and what it signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """PEM files: a CA, and the chain and key of a server that is localhost and 127.0.0.1."""

    ca: Path
    chain: Path
    key: Path

    @property
    def server(self) -> tuple[Path, Path]:
        """The chain and its key, as `sandbox.web.WebServer` takes them."""
        return self.chain, self.key


def issue(folder: Path) -> Certificates:
    """Write a new CA and a server certificate of it; each call makes a CA no other one trusts."""
    folder.mkdir(parents=True, exist_ok=True)
    certificates = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    ca = trustme.CA()
    server = ca.issue_cert("localhost", "127.0.0.1")
    ca.cert_pem.write_to_path(certificates.ca)
    certificates.chain.write_bytes(b"".join(pem.bytes() for pem in server.cert_chain_pems))
    server.private_key_pem.write_to_path(certificates.key)
    return certificates
