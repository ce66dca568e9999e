"""The mock server for Zendesk Support: its switches, what it has seen, and its endpoints.

Documented at developer.zendesk.com, Ticketing API: Users, Organizations, Side-Loading, Rate limits.
"""

from __future__ import annotations

import threading
import time
from typing import Any, ClassVar

from flask import Response, request
from werkzeug.exceptions import HTTPException

from sandbox.mock import MockServer, ServerMapping
from sandbox.zendesk.account import Record
from sandbox.zendesk.answers import as_json, refuse, refuse_by_title
from sandbox.zendesk.paging import paged
from sandbox.zendesk.signin import SignIn
from sandbox.zendesk.state import State

ANONYMOUS = {"id": None, "name": "Anonymous user", "email": "invalid@example.com"}


class Zendesk(State, MockServer):
    """One account.

    Switches, to be set before or during a run, beside those of its `State`:
        per_minute: how many requests the plan allows in each window of `window` seconds.
        exists: False answers as if no account had this name.
    """

    name = "zendesk"
    server_mapping: ClassVar[ServerMapping] = {
        "Zendesk": {"organization.name": "COMPANY", "external_id": "EMPLOYEE_NUMBER"}
    }

    def __init__(self, **state: Any) -> None:
        MockServer.__init__(self)
        State.__init__(self, **state)
        self.per_minute = 700
        self.window = 60
        self.exists = True
        self._used: dict[int, int] = {}  # requests by window
        self._lock = threading.Lock()
        self._sign_in = SignIn(self)
        self._add_routes()

    def section(self, url: str) -> str:
        """The section of an ini that reads this mock server, served at `url`."""
        return (
            "[zendesk]\n"
            "enable = True\n"
            f"url = {url}\n"
            f"system_name = {self.system_name}\n"
            f"api_token = {self.api_token}\n"
            f"username = {self.username}\n"
            "load_organizations = True\n"
            "default_role = 25\n"
            "default_position = Employee\n"
        )

    def revoke_tokens(self) -> None:
        """Make every OAuth token issued so far worthless."""
        self._sign_in.tokens.clear()

    def _add_routes(self) -> None:
        self.app.post("/oauth/tokens")(self._sign_in.new_token)
        for name, view in (
            ("users", self._list_users),
            ("users/me", self._me),
            ("users/count", self._count),
            ("organizations", self._list_organizations),
        ):
            for path in (f"/api/v2/{name}", f"/api/v2/{name}.json"):
                self.app.add_url_rule(path, path, view)

    def admit(self) -> None:
        if not self.exists:
            title = f"No help desk at {request.host}"
            refuse_by_title(404, title, "There is no help desk configured at this address.")
        if not self._within_quota():
            reset = str(self._seconds_left())
            refuse(
                429,
                "APIRateLimitExceeded",
                "Number of allowed requests exceeded",
                Retry_After=reset,
            )

    def explain(self, fault: HTTPException) -> Response:
        code = fault.code or 500
        if code == 404:
            return as_json({"error": "InvalidEndpoint", "description": "Not found"}, 404)
        body: dict[str, Any] = {"error": {"title": fault.name, "message": fault.description}}
        return as_json(body, code)

    def _list_users(self) -> Response:
        self._sign_in.require("users:read")
        page, answer = paged("users", _listed(self.users))
        if "organizations" in request.args.get("include", "").split(","):
            named = {each["organization_id"] for each in page}
            answer["organizations"] = [each for each in self.organizations if each["id"] in named]
        return as_json(answer)

    def _list_organizations(self) -> Response:
        self._sign_in.require("organizations:read")
        return as_json(paged("organizations", self.organizations)[1])

    def _me(self) -> Response:
        """Whoever asks: without credentials, or with a wrong password, the anonymous user."""
        login = request.authorization
        if login is None or not (login.username or "/token").endswith("/token"):
            return as_json({"user": ANONYMOUS})
        self._sign_in.require("users:read")
        return as_json({"user": {"id": 1, "name": "The account", "email": self.username}})

    def _count(self) -> Response:
        self._sign_in.require("users:read")
        return as_json({"count": {"value": len(_listed(self.users)), "refreshed_at": None}})

    def _within_quota(self) -> bool:
        """Count the request against the window of time that the clock is in."""
        window = int(time.time() // self.window)
        with self._lock:
            self._used[window] = self._used.get(window, 0) + 1
            return self._used[window] <= self.per_minute

    def _seconds_left(self) -> int:
        return self.window - int(time.time()) % self.window

    def dress(self, answer: Response) -> Response:
        used = self._used.get(int(time.time() // self.window), 0)
        left = str(max(0, self.per_minute - used))
        for family in ("X-Rate-Limit", "RateLimit-Limit"):
            answer.headers[family] = str(self.per_minute)
        for family in ("X-Rate-Limit-Remaining", "RateLimit-Remaining"):
            answer.headers[family] = left
        answer.headers["RateLimit-Reset"] = str(self._seconds_left())
        answer.headers["X-Zendesk-API-Version"] = "v2"
        answer.headers["Cache-Control"] = "max-age=0, private, must-revalidate"
        return answer


def _listed(users: list[Record]) -> list[Record]:
    """The users that were not deleted and pass the filters of the request."""
    roles = [*request.args.getlist("role"), *request.args.getlist("role[]")]
    external = request.args.get("external_id", "").lower()
    permission_set = request.args.get("permission_set", "")
    return [
        each
        for each in users
        if each["active"]
        and (not roles or each["role"] in roles)
        and (not external or (each["external_id"] or "").lower() == external)
        and (not permission_set or str(each["custom_role_id"]) == permission_set)
    ]
