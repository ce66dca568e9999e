"""What all mock systems have in common; each is a file or a folder of `sandbox/`, and is found.

A mock system stands in for Oomnitza or for one source. Most are a `MockServer`, which speaks HTTP.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox.outages import Outages
from sandbox.running import Running
from sandbox.web import WebServer

ServerMapping = dict[str, dict[str, str | list[str]]]

SERIAL_NUMBER = "24DCF85294E411E38A52066B556BA4EE"
"""The id of Oomnitza's field for it."""

PASSWORD = "a password for the sandbox"


class MockSystem(Running):
    """One system, which runs for the length of a `with` block.

    Attributes:
        name: what it is called where the sandbox tells its address.
        server_mapping: what an administrator of Oomnitza has mapped for it, beside the defaults:
            mapping name -> source path -> a field id or a list of them.
        url: its address while it runs, without a trailing slash; empty if it has none.
    """

    name: ClassVar[str]
    server_mapping: ClassVar[ServerMapping] = {}
    url: str = ""

    @classmethod
    def for_sandbox(cls, folder: Path) -> Self:
        """The one of the sandbox's company; what it keeps on disk is in that folder."""
        return cls()

    @abstractmethod
    def section(self, url: str) -> str:
        """The section of an ini that reads it at this address, with its credentials."""

    def sections(self, url: str) -> list[str]:
        """All sections for it in the sandbox's ini."""
        return [self.section(url)]

    def start(self) -> Self:
        return self

    def stop(self) -> None:
        """Close its port, if it has one; a second call does nothing."""


class MockServer(MockSystem):
    """A system that speaks HTTP: it adds its routes to `app`, and says in hooks what is special.

    Switches, to be set before or during a run:
        on_request: called with (method, path with query) of each request before it is answered.
        outages: answers that come from before the application; `fail_next` plans them.

    Observations:
        requests: (method, path with query) of each request.
    """

    def __init__(self, outages: Outages | None = None) -> None:
        self.on_request: Callable[[str, str], None] | None = None
        self.outages = outages or Outages()
        self.fail_next = self.outages.fail_next
        self._requests: list[tuple[str, str]] = []
        self._server: WebServer | None = None
        self.app = Flask(type(self).__module__)
        self.app.before_request(self._arrive)
        self.app.after_request(self.dress)
        self.app.register_error_handler(HTTPException, self.explain)

    @property
    def requests(self) -> Sequence[tuple[Any, ...]]:
        return self._requests

    def admit(self) -> Response | None:
        """Hook: refuse a request for any path, for its signature or its number."""
        return None

    def dress(self, answer: Response) -> Response:
        """Hook: add what each answer has, such as headers."""
        return answer

    def explain(self, fault: HTTPException) -> ResponseReturnValue:
        """Hook: answer what no view has answered: no such path, a mistake in here."""
        return fault

    def remember(self, method: str, path: str) -> None:
        """Hook: write down a request."""
        self._requests.append((method, path))

    def start(self, port: int = 0, certificate: tuple[Path, Path] | None = None) -> Self:
        """Serve it on a port of this machine, with a certificate by TLS; see `WebServer`."""
        self._server = WebServer(self.app, port, certificate).start()
        self.url = self._server.url
        return self

    def stop(self) -> None:
        if self._server:
            self._server.stop()
            self._server = None

    def _arrive(self) -> Response | None:
        query = request.query_string.decode()
        path = f"{request.path}?{query}" if query else request.path
        self.remember(request.method, path)
        if self.on_request:
            self.on_request(request.method, path)
        return self.outages.answer(request.path) or self.admit()
