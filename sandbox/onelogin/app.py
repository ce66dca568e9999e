"""The stand-in for OneLogin: its switches, what it has seen, and the Flask app behind them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, ClassVar

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox.onelogin.json_apis import Api1, Api2
from sandbox.onelogin.state import State
from sandbox.onelogin.tokens import envelope_error
from sandbox.onelogin.xml_api import XmlApi
from sandbox.outages import Outages


class OneLogin(State):
    """An account at OneLogin: serve `app` with `sandbox.web.WebServer`.

    Switches, to be set before or during a run, beside those of its `State`:
        on_request: called with (method, path) of each request before it is answered.
        outages: answers that come from before the application.

    Observations:
        requests: (method, path with query) of each request.
    """

    server_mapping: ClassVar[dict[str, dict[str, str | list[str]]]] = {
        "OneLogin": {"title": "POSITION", "department": "DEPARTMENT"}
    }

    def __init__(self, people: int = 300, **state: Any) -> None:
        super().__init__(people, **state)
        self.on_request: Callable[[str, str], None] | None = None
        self.outages = Outages()
        self.requests: list[tuple[str, str]] = []
        self._api_1 = Api1(self)
        self.app = self._application()

    def section(self, url: str, api: str = "2") -> str:
        """A section of an ini for this account, served at that address; `api` is 2, 1 or xml."""
        login = f"client_id = {self.tokens.client_id}\nclient_secret = {self.tokens.client_secret}"
        address = f"{url}/api/{api}/users"
        if api == "xml":
            login, address = f"api_token = {self.api_key}", f"{url}/api/v2/users.xml"
        return (
            f"[onelogin]\nenable = True\nurl = {address}\n{login}\n"
            "default_role = 25\ndefault_position = Employee\n"
        )

    def refill(self) -> None:
        """Begin another hour."""
        self._api_1.refill()

    def _application(self) -> Flask:
        app = Flask(__name__)
        app.before_request(self._arrive)
        app.after_request(_dress)
        app.register_error_handler(HTTPException, _explain)
        app.post("/auth/oauth2/v2/token")(self.tokens.issue)
        app.post("/auth/oauth2/token")(self.tokens.issue_enveloped)
        app.get("/auth/rate_limit")(self._api_1.rate_limit)
        app.get("/api/1/users", endpoint="1")(self._api_1.users)
        app.get("/api/2/users", endpoint="2")(Api2(self).users)
        xml_api = XmlApi(self)
        for version in ("v1", "v2", "v3"):
            app.get(f"/api/{version}/users.xml", endpoint=version)(xml_api.users)
        return app

    def _arrive(self) -> Response | None:
        query = request.query_string.decode()
        path = f"{request.path}?{query}" if query else request.path
        self.requests.append((request.method, path))
        if self.on_request:
            self.on_request(request.method, path)
        return self.outages.answer(request.path)


def _dress(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = secrets.token_hex(16)
    return answer


def _explain(error: HTTPException) -> Response:
    """Answer what no view has answered."""
    if error.code == 404:
        return envelope_error(404, "not found", "No Route Exists")
    return envelope_error(error.code or 500, "error", error.name)
