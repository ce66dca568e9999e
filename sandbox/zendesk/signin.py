"""Who may ask: API tokens over HTTP Basic, and tokens of OAuth clients.

Documented at developer.zendesk.com: Security and authentication, and Grant-type tokens.
"""

from __future__ import annotations

import secrets

from flask import Response, request

from sandbox.signin import BearerTokens, basic_login, is_bearer
from sandbox.zendesk.answers import as_json, refuse, refuse_by_title, refuse_token
from sandbox.zendesk.state import SCOPES, State

SHORTEST_LIFE, LONGEST_LIFE = 300, 172_800


class SignIn:
    """The token endpoint, and the door at which every list asks."""

    def __init__(self, zendesk: State) -> None:
        self._zendesk = zendesk
        self.tokens = BearerTokens[frozenset[str]]()

    def require(self, scope: str) -> None:
        """Let pass who may read what the scope names, and refuse anyone else."""
        if is_bearer():
            self._require_token(scope)
        elif not self._has_api_token():
            refuse(401, "Couldn't authenticate you", WWW_Authenticate='Basic realm="Web Password"')
        if self._zendesk.role == "end-user":
            refuse_by_title(403, "Forbidden", "You do not have access to this page.")

    def _has_api_token(self) -> bool:
        """Whether the user is the mail address with /token, and the password an API token."""
        expected = (f"{self._zendesk.username}/token", self._zendesk.api_token)
        return self._zendesk.token_access and basic_login() == expected

    def new_token(self) -> Response:
        zendesk = self._zendesk
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            refuse_token(400, "invalid_request", "The body has to be a JSON object")
        if body.get("grant_type") in ("authorization_code", "refresh_token"):
            refuse_token(400, "invalid_grant", "The grant is invalid, expired or revoked")
        if body.get("grant_type") != "client_credentials":
            refuse_token(400, "unsupported_grant_type", "The grant type is not supported")
        expected = (zendesk.client_id, zendesk.client_secret)
        if (body.get("client_id"), body.get("client_secret")) != expected:
            refuse_token(401, "invalid_client", "Client authentication failed")
        scopes = frozenset(str(body.get("scope") or "read").split())
        if not (scopes & SCOPES) <= zendesk.client_scopes:
            refuse_token(400, "invalid_scope", "The requested scope is not allowed to this client")
        life = body.get("expires_in", zendesk.token_lifetime)
        if not isinstance(life, int) or not SHORTEST_LIFE < life < LONGEST_LIFE:
            refuse_token(400, "invalid_request", "expires_in is out of range")
        return as_json(self._issue(scopes, min(life, zendesk.token_lifetime)), 201)

    def _issue(self, scopes: frozenset[str], life: float) -> dict[str, object]:
        value = secrets.token_hex(32)
        self.tokens.give(value, scopes, life)
        scope = " ".join(sorted(scopes))
        return {
            "access_token": value,
            "token_type": "bearer",
            "scope": scope,
            "expires_in": int(life),
        }

    def _require_token(self, scope: str) -> None:
        scopes = self.tokens.holder()
        if scopes is None:
            refuse_token(401, "invalid_token", "The access token is invalid, expired or revoked.")
        if not scopes & {"read", scope}:
            refuse(403, "Forbidden", "You are missing the following required scopes: read")
