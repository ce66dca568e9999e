"""Authentication of HTTP requests: HTTP Basic, a fixed header, a token that is renewed."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from lib import secrets
from lib.errors import SignInError

# A token is renewed this many seconds before its end, or after four fifths of a shorter life.
MARGIN = 60.0


def basic(username: str, password: str) -> HTTPBasicAuth:
    """Return HTTP Basic authentication in UTF-8 (RFC 7617); requests alone would use Latin-1."""
    secrets.remember_login(username, password)
    return HTTPBasicAuth(username.encode(), password.encode())


def basic_by_key(key: str) -> AuthBase:
    """Return HTTP Basic authentication with an API key as the username and x as the password."""
    login = base64.b64encode(f"{key}:x".encode()).decode()
    secrets.remember(login)
    return HeaderAuth("Authorization", f"Basic {login}")


class Unsigned(AuthBase):
    """No credentials at all, not even those that a .netrc file would add."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


UNSIGNED = Unsigned()


class HeaderAuth(AuthBase):
    """A fixed secret in a header, in UTF-8."""

    def __init__(self, header: str, secret: str) -> None:
        secrets.remember(secret)
        self._header = header
        self._secret = secret.encode().decode("latin-1")  # as which it will be sent

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[self._header] = self._secret
        return request


@dataclass(frozen=True)
class Token:
    """A token from a sign-in; `life` in seconds since `born`, None if it never expires."""

    value: str
    life: float | None = None
    born: float = field(default_factory=time.monotonic)

    @property
    def fresh(self) -> bool:
        if self.life is None:
            return True
        return time.monotonic() - self.born < self.life - min(MARGIN, self.life / 5)


class TokenAuth(AuthBase):
    """Authentication by a token: made when first needed, renewed before it expires or after a 401.

    Thread-safe: one thread signs in, the others wait for the new token. A refused sign-in is never
    repeated, so that the account is not locked.
    """

    def __init__(
        self,
        sign_in: Callable[[], Token],
        header: str = "Authorization",
        prefix: str = "Bearer ",
        token: Token | None = None,
    ) -> None:
        self._sign_in = sign_in
        self._header = header
        self._prefix = prefix
        self._token = token
        self._refusal: SignInError | None = None
        self._lock = threading.Lock()

    def current(self) -> Token:
        with self._lock:
            if self._token is None or not self._token.fresh:
                self._renew()
            assert self._token  # noqa: S101
            return self._token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[self._header] = self._prefix + self.current().value
        return request

    def renew(self, refused: PreparedRequest) -> None:
        """Make a new token, unless that was done since this request was signed."""
        with self._lock:
            used = refused.headers.get(self._header)
            if self._token is None or used == self._prefix + self._token.value:
                self._renew()

    def _renew(self) -> None:
        if self._refusal:
            raise self._refusal
        try:
            self._token = self._sign_in()
        except SignInError as error:
            self._refusal = error
            raise
        secrets.remember(self._token.value)
