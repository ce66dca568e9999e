"""Servers that several test files of lib/ share, and a clean memory of secrets for each test."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from werkzeug.wrappers import Request, Response

from lib import secrets
from lib.oomnitza.target import Oomnitza as Target
from lib.oomnitza.target import OomnitzaSettings
from sandbox.oomnitza import Oomnitza
from sandbox.web import WebServer


class Asked(NamedTuple):
    """A request as it came in; `headers` by their names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Scripted:
    """A web server that gives its `answers` in their order, the last one again and again.

    An answer is (status, body) or (status, body, headers); `asked` are the requests so far.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[tuple] = [(200, "{}")]
        self.asked: list[Asked] = []

    def __call__(self, environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.get_data()
        self.asked.append(Asked(request.method, request.path, dict(request.args), headers, body))
        status, text, *more = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return Response(text, status, *more)(environ, respond)


class Stage:
    """One running web server for all tests, since stopping one takes a while; `app` may change."""

    app: WSGIApplication
    url: str

    def __call__(self, environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        return self.app(environ, respond)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    made = Stage()
    with WebServer(made) as web:
        made.url = web.url
        yield made


@pytest.fixture
def server(stage: Stage) -> Scripted:
    stage.app = scripted = Scripted(stage.url)
    return scripted


@pytest.fixture
def oomnitza(stage: Stage) -> Iterator[Oomnitza]:
    """The sandbox's Oomnitza, at `stage.url`; its token is "sandbox-token"."""
    made = Oomnitza()
    stage.app = made.app
    yield made
    made.close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that it would have been slept between two attempts; it is not."""
    slept: list[float] = []
    monkeypatch.setattr("lib.retry.pause", lambda seconds: slept.append(seconds or 0.0))
    return slept


@pytest.fixture
def connect(stage):
    """Make a client for the stage; settings by name, else those of the sandbox's token."""
    made: list[Target] = []

    def connect(**given: Any) -> Target:
        settings = {"url": stage.url, "api_token": "sandbox-token", "retries": 0, "timeout": 5}
        made.append(Target(OomnitzaSettings(**(settings | given))))
        return made[-1]

    yield connect
    for client in made:
        client.close()


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> Iterator[None]:
    yield
    secrets.forget_all()
