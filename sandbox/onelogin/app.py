"""The mock server for OneLogin: its switches, what it has seen, and the Flask app behind them."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from flask import Response
from werkzeug.exceptions import HTTPException

from sandbox.mock import MockServer, ServerMapping
from sandbox.onelogin.json_apis import Api1, Api2
from sandbox.onelogin.state import State
from sandbox.onelogin.tokens import envelope_error
from sandbox.onelogin.xml_api import XmlApi


class OneLogin(State, MockServer):
    """An account at OneLogin; its switches are those of its `State`."""

    name = "onelogin"
    server_mapping: ClassVar[ServerMapping] = {
        "OneLogin": {"title": "POSITION", "department": "DEPARTMENT"}
    }

    def __init__(self, people: int = 300, **state: Any) -> None:
        MockServer.__init__(self)
        State.__init__(self, people, **state)
        self._api_1 = Api1(self)
        self._add_routes()

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

    def dress(self, answer: Response) -> Response:
        answer.headers["X-Request-Id"] = secrets.token_hex(16)
        return answer

    def explain(self, fault: HTTPException) -> Response:
        if fault.code == 404:
            return envelope_error(404, "not found", "No Route Exists")
        return envelope_error(fault.code or 500, "error", fault.name)

    def _add_routes(self) -> None:
        app = self.app
        app.post("/auth/oauth2/v2/token")(self.tokens.issue)
        app.post("/auth/oauth2/token")(self.tokens.issue_enveloped)
        app.get("/auth/rate_limit")(self._api_1.rate_limit)
        app.get("/api/1/users", endpoint="1")(self._api_1.users)
        app.get("/api/2/users", endpoint="2")(Api2(self).users)
        xml_api = XmlApi(self)
        for version in ("v1", "v2", "v3"):
            app.get(f"/api/{version}/users.xml", endpoint=version)(xml_api.users)
