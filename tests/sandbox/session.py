"""How the mock servers are asked: over a socket, by a client that knows the server's address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import requests


class Stage:
    """What a running web server serves is the `app` of the current test."""

    app: WSGIApplication
    url: str

    def __call__(self, environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        return self.app(environ, respond)


class Session(requests.Session):
    """Takes paths in place of addresses, and addresses too."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.trust_env = False

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        address = url if "://" in url else self.url + url
        return super().request(method, address, **{"timeout": 10, **options})
