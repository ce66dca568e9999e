"""Who may ask AirWatch: administrators with Basic and a REST API key, and OAuth clients."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import Request, Response, jsonify

from sandbox.airwatch.answers import refuse
from sandbox.signin import BearerTokens, basic_login, is_bearer


@dataclass
class SignIn:
    """The credentials that count; `basic` is False where a tenant takes OAuth alone.

    token_lifetime: seconds, for tokens issued from now on.
    """

    username: str
    password: str
    api_token: str
    client_id: str
    client_secret: str
    basic: bool = True
    token_lifetime: float = 3600

    def __post_init__(self) -> None:
        self._tokens = BearerTokens[str]()

    def revoke_tokens(self) -> None:
        self._tokens.clear()

    def require(self, request: Request) -> None:
        """End the request unless it is signed; one with a token needs no API key."""
        if is_bearer():
            if not self._tokens.holder():
                refuse(401, "The access token is not valid.")
            return
        key = request.headers.get("aw-tenant-code")
        if not key:
            refuse(401, "The request has no aw-tenant-code.")
        if key != self.api_token:
            refuse(403, f"Tenant code {key} belongs to no Organization Group.", 1013)
        if not (self.basic and basic_login() == (self.username, self.password)):
            login = request.authorization
            name = login.username if login else "Unknown"
            refuse(401, f"Invalid user credentials for {name}.", 1005)

    def issue(self, request: Request) -> Response:
        """The token endpoint: client credentials in the form, or in a Basic header."""
        form = request.form
        if form.get("grant_type") != "client_credentials":
            return _oauth_error("unsupported_grant_type")
        given = basic_login() or (form.get("client_id"), form.get("client_secret"))
        if given != (self.client_id, self.client_secret):
            return _oauth_error("invalid_client")
        token = f"eyJ{secrets.token_urlsafe(40)}"
        self._tokens.give(token, self.client_id, self.token_lifetime)
        return jsonify(
            access_token=token,
            expires_in=int(self.token_lifetime),
            token_type="Bearer",
            scope="api",
        )


def _oauth_error(error: str) -> Response:
    """RFC 6749, section 5.2."""
    answer = jsonify(error=error)
    answer.status_code = 400
    return answer
