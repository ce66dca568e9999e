"""Who may ask: tokens of accounts and of API clients, Basic on old servers, and privileges.

Documented at developer.jamf.com: "Classic API Authentication Changes" (tokens from 10.35.0 on, the
end of Basic on the Classic API in 11.5.0) and "Client Credentials" (10.49.0).
"""

from __future__ import annotations

import secrets
from typing import Literal

from flask import Flask, Response, request

from sandbox.jamf.answers import api_error, pro, refuse, status_page
from sandbox.jamf.moments import instant
from sandbox.jamf.state import State
from sandbox.signin import BearerTokens, basic_login, is_bearer

Holder = Literal["account", "client"]

ROLE = "api-role:2"
"""The one API role of the sandbox, which its one API client has."""


class SignIn:
    """The sign-in endpoints, and the door at which every other endpoint asks."""

    def __init__(self, jamf: State) -> None:
        self._jamf = jamf
        self.tokens = BearerTokens[Holder]()

    def add_routes(self, app: Flask) -> None:
        app.post("/api/v1/auth/token")(self._token)
        app.post("/api/v1/auth/keep-alive")(self._keep_alive)
        app.post("/api/v1/auth/invalidate-token")(self._invalidate)
        app.get("/api/v1/auth")(self._account)
        app.post("/api/oauth/token", endpoint="oauth")(self._client_token)
        app.post("/api/v1/oauth/token", endpoint="v1_oauth")(self._versioned_client_token)

    def classic(self, *privileges: str) -> None:
        """Let pass who may use the Classic API with these privileges, and refuse anyone else.

        A token that is not valid gets the ApiError of the Jamf Pro API here too, all else a page.
        """
        if is_bearer():
            holder = self.tokens.holder()
            if holder is None:
                refuse(_invalid_token())
        elif self._jamf.takes_basic and self._is_account():
            holder = "account"
        else:
            refuse(status_page(401, "The request needs a user who is signed in."))
        if not self._jamf.privileges.issuperset(privileges):
            status = 403 if holder == "client" else 401
            refuse(status_page(status, "You are not authorized to read this."))

    def pro(self, *privileges: str) -> Holder:
        """Let pass who may use the Jamf Pro API with these privileges: with a token only."""
        self._jamf.require(10, 35)
        holder = self.tokens.holder()
        if holder is None:
            refuse(_invalid_token())
        if not self._jamf.privileges.issuperset(privileges):
            refuse(api_error(403, "INVALID_PRIVILEGE", description="Forbidden", field=""))
        return holder

    def _token(self) -> Response:
        self._jamf.require(10, 35)
        if not self._is_account():
            return api_error(401)
        if self._jamf.password_expired:
            return api_error(401, "USER_EXPIRED_PASSWORD", description="The password has expired")
        return self._account_token()

    def _keep_alive(self) -> Response:
        """Exchange a token of an account; those of API clients cannot be kept alive."""
        if self.pro() == "client":
            return _invalid_token()
        self.tokens.forget()
        return self._account_token()

    def _invalidate(self) -> Response:
        self.pro()
        self.tokens.forget()
        return Response(status=204)

    def _account(self) -> Response:
        self.pro()
        granted = sorted(self._jamf.privileges)
        account: dict[str, object] = {
            "id": "1",
            "username": self._jamf.username,
            "realName": "Sandbox Reader",
            "email": None,
            "multiSiteAdmin": False,
            "accessLevel": "FullAccess",
            "privilegeSet": "CUSTOM",
            "privilegesBySite": {"-1": granted},
            "groupIds": [],
            "currentSiteId": "-1",
        }
        around = {"accountGroups": [], "sites": [], "authenticationType": "JSS"}
        return pro({"account": account} | around)

    def _versioned_client_token(self) -> Response:
        """Answer like the path without a version; known to the schema of 11.23, not of 11.7."""
        self._jamf.require(11, 23)
        return self._client_token()

    def _client_token(self) -> Response:
        self._jamf.require(10, 49)
        form = request.form
        if "grant_type" not in form:
            return _oauth_error(400, "invalid_request", "grant_type is missing")
        if form["grant_type"] != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "only client_credentials will do")
        expected = (self._jamf.client_id, self._jamf.client_secret)
        if (form.get("client_id"), form.get("client_secret")) != expected:
            return _oauth_error(401, "invalid_client", "Client authentication failed")
        if not {ROLE}.issuperset(form.get("scope", ROLE).split()):
            return _oauth_error(400, "invalid_scope", "the client does not have this role")
        lifetime = self._jamf.client_token_lifetime
        answer = {
            "access_token": self._issue("client", lifetime)[0],
            "scope": ROLE,
            "token_type": "Bearer",
            "expires_in": max(int(lifetime) - 1, 0),
        }
        return pro(answer)

    def _account_token(self) -> Response:
        token, ends = self._issue("account", self._jamf.token_lifetime)
        return pro({"token": token, "expires": instant(int(ends * 1000))})

    def _issue(self, holder: Holder, lifetime: float) -> tuple[str, float]:
        token = secrets.token_urlsafe(24)
        return token, self.tokens.give(token, holder, lifetime)

    def _is_account(self) -> bool:
        return basic_login() == (self._jamf.username, self._jamf.password)


def _invalid_token() -> Response:
    return api_error(401, "INVALID_TOKEN", description="Unauthorized", id="0")


def _oauth_error(status: int, error: str, description: str) -> Response:
    """Answer as RFC 6749 section 5.2 says."""
    uri = "https://datatracker.ietf.org/doc/html/rfc6749#section-5.2"
    return pro({"error": error, "error_description": description, "error_uri": uri}, status)
