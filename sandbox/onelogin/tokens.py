"""How OneLogin lets programs in: OAuth 2 for API /1 and /2, documented as "Generate Tokens v2"."""

from __future__ import annotations

import base64
import re
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify, request

BEARER = re.compile(r"bearer(:|\s)\s*(?P<token>\S+)", re.IGNORECASE)
PAIR = re.compile(r"client_id:\s*(?P<id>[^,\s]+)\s*,\s*client_secret:\s*(?P<secret>\S+)")


class Tokens:
    """One pair of credentials and its token, which stays the same until its life is over.

    `lifetime` in seconds; `age` by how many seconds the next token is older than it should be;
    `scope` what the pair may do.
    """

    def __init__(self, client_id: str, client_secret: str) -> None:
        self.client_id, self.client_secret = client_id, client_secret
        self.lifetime: float = 36000
        self.age: float = 0
        self.scope = "Read Users"
        self._token = ""
        self._made = 0.0

    @property
    def may_read(self) -> bool:
        return self.scope in ("Read Users", "Read All", "Manage Users", "Manage All")

    def revoke(self) -> None:
        self._token = ""

    def issue(self) -> Response:
        """Answer `POST /auth/oauth2/v2/token`."""
        return self._refused() or jsonify(self._current())

    def issue_enveloped(self) -> Response:
        """Answer `POST /auth/oauth2/token`, the first version."""
        return self._refused() or enveloped([self._current()])

    def accepted(self) -> bool:
        """Whether the request bears the token; the colon is how OneLogin's pages write it."""
        match = BEARER.fullmatch(request.headers.get("Authorization", ""))
        return bool(match and match["token"] == self._token and not self._over)

    @property
    def _over(self) -> bool:
        return not self._token or time.time() >= self._made + self.lifetime

    def _refused(self) -> Response | None:
        body = request.get_json(silent=True) if request.is_json else request.form.to_dict()
        if not isinstance(body, dict) or body.get("grant_type") != "client_credentials":
            return envelope_error(400, "bad request", "grant_type is incorrect/absent")
        if self._credentials() != (self.client_id, self.client_secret):
            return envelope_error(401, "Unauthorized", "Authentication Failure")
        return None

    def _credentials(self) -> tuple[str | None, str | None]:
        """Id and secret, in any of the three ways: a header of OneLogin's own, Basic, a form."""
        header = request.headers.get("Authorization", "")
        match = PAIR.fullmatch(header)
        if match:
            return match["id"], match["secret"]
        if header.startswith("Basic "):
            try:
                name, _, word = base64.b64decode(header[6:]).decode().partition(":")
            except ValueError:
                return None, None
            return name, word
        return request.form.get("client_id"), request.form.get("client_secret")

    def _current(self) -> dict[str, Any]:
        if self._over:
            self._token, self._made = secrets.token_hex(32), time.time() - self.age
            self.age = 0
        made = datetime.fromtimestamp(self._made, UTC)
        return {
            "access_token": self._token,
            "created_at": made.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "expires_in": int(self.lifetime),
            "refresh_token": secrets.token_hex(32),
            "token_type": "bearer",
            "account_id": 555001,
        }


def enveloped(data: Any, **more: Any) -> Response:
    """A success in the envelope of API /1."""
    status = {"error": False, "code": 200, "type": "success", "message": "Success"}
    return jsonify({"status": status, **more, "data": data})


def envelope_error(code: int, kind: str, message: str) -> Response:
    """A refusal in the envelope of API /1."""
    status = {"error": True, "code": code, "type": kind, "message": message}
    answer = jsonify({"status": status})
    answer.status_code = code
    return answer
