"""A Jamf Pro stand-in on a loopback port, and a client that has signed in to it."""

from collections.abc import Iterator

import pytest
import requests

from sandbox.jamf import JamfPro
from sandbox.web import WebServer


class Host:
    """One web server for all tests, since stopping one takes long; each test has its own app."""

    def __init__(self) -> None:
        self.jamf = JamfPro(computers=0, mobile_devices=0)

    def __call__(self, environ, start_response):
        return self.jamf.app(environ, start_response)


class Client(requests.Session):
    """A session that asks for JSON, with paths in place of addresses."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.trust_env = False
        self.headers["Accept"] = "application/json"

    def request(self, method, url, **options):
        return super().request(method, self.url + url, **{"timeout": 10, **options})

    def sign_in(self, jamf: JamfPro) -> None:
        login = (jamf.username, jamf.password)
        answer = self.post("/api/v1/auth/token", auth=login)
        self.headers["Authorization"] = f"Bearer {answer.json()['token']}"


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[Host, str]]:
    host = Host()
    with WebServer(host) as server:
        yield host, server.url


@pytest.fixture
def jamf(host) -> JamfPro:
    host[0].jamf = JamfPro(computers=40, mobile_devices=12)
    return host[0].jamf


@pytest.fixture
def stranger(host, jamf) -> Iterator[Client]:
    """A client without credentials."""
    with Client(host[1]) as client:
        yield client


@pytest.fixture
def client(stranger, jamf) -> Client:
    """A client with an account's token."""
    stranger.sign_in(jamf)
    return stranger
