"""A web server for all tests of a file, since stopping one takes long."""

from collections.abc import Iterator

import pytest

from sandbox.web import WebServer
from tests.sandbox.session import Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage()
    with WebServer(stage) as server:
        stage.url = server.url
        yield stage
