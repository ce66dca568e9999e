"""A mock Jamf Pro on a loopback port, and a client that has signed in to it."""

from collections.abc import Iterator

import pytest

from sandbox.jamf import JamfPro
from tests.sandbox.session import Session


class Client(Session):
    """A session that asks for JSON, with paths in place of addresses."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.headers["Accept"] = "application/json"

    def sign_in(self, jamf: JamfPro) -> None:
        login = (jamf.username, jamf.password)
        answer = self.post("/api/v1/auth/token", auth=login)
        self.headers["Authorization"] = f"Bearer {answer.json()['token']}"


@pytest.fixture
def jamf(stage) -> JamfPro:
    made = JamfPro(computers=40, mobile_devices=12)
    stage.app = made.app
    return made


@pytest.fixture
def stranger(stage, jamf) -> Iterator[Client]:
    """A client without credentials."""
    with Client(stage.url) as client:
        yield client


@pytest.fixture
def client(stranger, jamf) -> Client:
    """A client with an account's token."""
    stranger.sign_in(jamf)
    return stranger
