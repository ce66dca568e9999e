"""Who may ask AirWatch: administrators with Basic and a REST API key, and OAuth clients."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from flask import Request, Response, jsonify
from werkzeug.datastructures import Authorization

from sandbox.airwatch.answers import refuse


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
        self._tokens: dict[str, float] = {}  # when each ends, in seconds since 1970

    def revoke_tokens(self) -> None:
        self._tokens.clear()

    def require(self, request: Request) -> None:
        """End the request unless it is signed; one with a token needs no API key."""
        login = request.authorization
        if login is not None and login.type == "bearer":
            if self._tokens.get(login.token or "", 0) <= time.time():
                refuse(401, "The access token is not valid.")
            return
        key = request.headers.get("aw-tenant-code")
        if not key:
            refuse(401, "The request has no aw-tenant-code.")
        if key != self.api_token:
            refuse(403, f"Tenant code {key} belongs to no Organization Group.", 1013)
        if not (self.basic and self._is_administrator(login)):
            name = login.username if login else "Unknown"
            refuse(401, f"Invalid user credentials for {name}.", 1005)

    def issue(self, request: Request) -> Response:
        """The token endpoint: client credentials in the form, or in a Basic header."""
        form, login = request.form, request.authorization
        if form.get("grant_type") != "client_credentials":
            return _oauth_error("unsupported_grant_type")
        given = (form.get("client_id"), form.get("client_secret"))
        if login is not None and login.type == "basic":
            given = (login.username, login.password)
        if given != (self.client_id, self.client_secret):
            return _oauth_error("invalid_client")
        token = f"eyJ{secrets.token_urlsafe(40)}"
        self._tokens[token] = time.time() + self.token_lifetime
        return jsonify(
            access_token=token,
            expires_in=int(self.token_lifetime),
            token_type="Bearer",
            scope="api",
        )

    def _is_administrator(self, login: Authorization | None) -> bool:
        return (
            login is not None
            and login.type == "basic"
            and (login.username, login.password) == (self.username, self.password)
        )


def _oauth_error(error: str) -> Response:
    """RFC 6749, section 5.2."""
    answer = jsonify(error=error)
    answer.status_code = 400
    return answer
